/* SPDX-License-Identifier: MIT */
/*
 * act_in: what the parts of act share with each other and with nobody else: act.c (what is done),
 * act_news.c (what is heard), act_console.c (consoles), act_rcon.c (RCON), act_health.c (health_command),
 * act_control.c (verbs), act_report.c (status), act_reload.c (the INI), act_reexec.c (another program in our place).
 */
#ifndef ACT_IN_H
#define ACT_IN_H

#include "act.h"
#include "ctl.h"

/* The server that a client means by `name`, "-" for the only one: its slot, or -1. */
int act_slot_of(const struct act_scope *scope, const char *name, size_t bytes);

/* What to say to one who means no server by it. */
const char *act_no_such(const char *name);

/* The name of a slot's server for the log, or NULL for -1. */
const char *act_name(const struct act_scope *scope, int slot);

/* act.c: for the news of children. */
enum step_failure act_judge(const struct act_scope *scope, int slot, const struct proc_report *r);
void act_warn_once(const struct act_scope *scope, int slot, const struct proc_report *r);
int act_start_sweep(struct act_scope *scope, int slot, int signal, bool next);

/* act_console.c: one for each action, and the end of a console process. */
void act_command(struct act_scope *scope, const struct step_act *a);
void act_drain(struct act_scope *scope, const struct step_act *a);
void act_abandon(struct act_scope *scope, const struct step_act *a);
void act_quote(struct act_scope *scope, const struct step_act *a);
void act_unplug(struct act_scope *scope, const struct step_act *a);
void act_helper(struct act_scope *scope, const struct step_act *a);
void act_close(struct act_scope *scope, const struct step_act *a);
void act_rotate(struct act_scope *scope, const struct step_act *a);
void act_resize(struct act_scope *scope, const struct step_act *a);
void act_tell_console(struct act_scope *scope, const struct console_report *report);
void act_helper_ended(struct act_scope *scope, const struct proc_end *end);

/*
 * act_equip.c: before a server is forked, and when it leaves, what is known of its RCON is forgotten;
 * and what its child has to say about its directory.
 */
void act_equip(const struct act_scope *scope, int slot);
void act_note_once(const struct act_scope *scope, int slot, const struct proc_report *r);

/* act_reexec.c */
void act_reexec_asked(struct act_scope *scope, int client, const char *path);
void act_prove(struct act_scope *scope, const struct step_act *a);
void act_unprove(struct act_scope *scope, const struct step_act *a);
void act_reexec(struct act_scope *scope, const struct step_act *a);
void act_answer(struct act_scope *scope, const struct step_act *a);
void act_trial_ended(struct act_scope *scope, int status);

/* act_news.c: what the connection before had to say is not told any more. */
void act_untell_rcon(struct act_scope *scope, int slot);

/* act_rcon.c */
void act_rcon_open(struct act_scope *scope, const struct step_act *a);
void act_rcon_close(struct act_scope *scope, const struct step_act *a);
void act_ask(struct act_scope *scope, const struct step_act *a);
void act_refuse(struct act_scope *scope, const struct step_act *a);
void act_warn(struct act_scope *scope, const struct step_act *a);
void act_save_on(struct act_scope *scope, const struct step_act *a);
void act_settle(struct act_scope *scope, const struct step_act *a);
void act_attend(struct act_scope *scope, const struct step_act *a);
void act_rcon_asked(struct act_scope *scope, int client, const struct ctl_request *request);
void act_rcon_client(struct act_scope *scope, int client, int slot);
/* Of the last question that was answered here: how many ms it took, and who was online, "" unknown. */
int64_t act_rcon_took(int slot);
size_t act_rcon_names(int slot, char *names, size_t room);

/*
 * What a client that is kept waits for (control_keep): an answer of the server in slot 0 and so on, the end of what
 * keeps it from saving, our end.
 */
enum { ACT_MATTER_HOLD = CONF_SERVERS, ACT_MATTER_END = 2 * CONF_SERVERS };
_Static_assert(ACT_MATTER_END <= INT8_MAX, "a matter is kept in a byte");

/* act_report.c */
void act_report(struct act_scope *scope, int client, const struct ctl_request *request);
void act_report_end(struct act_scope *scope, int exit_code);	/* to who waits for our end */
void act_metrics(struct act_scope *scope, const struct step_act *a);
void act_metrics_ended(struct act_scope *scope, int status);

/* act_health.c */
void act_check(struct act_scope *scope, const struct step_act *a);
void act_uncheck(struct act_scope *scope, const struct step_act *a);
void act_check_ended(struct act_scope *scope, int slot, int status);

/* act_reload.c */
void act_reload(struct act_scope *scope, const struct step_act *a);
void act_take_text(struct act_scope *scope);	/* the incoming one is in force with the commit */
void act_reader_ended(struct act_scope *scope, int status);

#endif
