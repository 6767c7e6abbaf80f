/* SPDX-License-Identifier: MIT */
/*
 * order: the verbs that want something of an mcinit; see order.h.
 *
 * It must never say a thing twice that has been heard, unless twice is as good as once.
 */
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "fmt.h"
#include "host.h"
#include "log.h"
#include "status.h"
#include "sys.h"
#include "words.h"

enum { DONE = 0, NO = 1, NO_SUPERVISOR = 3, USAGE = 64, LATE = 75, LOOK_EACH = 100, LINE = 256,
	FREE = 2000, FREE_EACH = 2 };

/* How far it has come; TOLD: it was said. */
enum outcome { PENDING, WELL, BADLY, TOLD };

static _Alignas(64) struct {
	enum ctl_verb verb;
	const char *name;		/* NULL: none was given */
	bool no_wait, now;
	int64_t until;			/* by sys_now(), or INT64_MAX */
	struct status before, after;
	uint8_t outcome[CONF_SERVERS];	/* of the servers in `before`; TOLD: not meant, or over */
	bool progress;			/* there is a line of it on the terminal */
	int looks;			/* since it was asked for */
} my;

/* ---- words ---- */

static void
clear_progress(void)
{
	if (my.progress)
		log_print(2, "\r\033[K");
	my.progress = false;
}

static int
complain(int code, const char *of, const char *what)
{
	char text[STATUS_WHY + LINE];

	clear_progress();
	fmt_put(text, sizeof(text), "mcinit: %s%s%s\n", of, *of != '\0' ? ": " : "", what);
	log_print(2, text);
	return code;
}

static void
say(const char *of, const char *what)
{
	char text[LINE];

	clear_progress();
	fmt_put(text, sizeof(text), "%s: %s\n", of, what);
	log_print(1, text);
}

/* In the place of the line before. */
static void
show_progress(const struct report_server *s)
{
	char text[LINE], since[WORDS_SHORT], in[WORDS_SHORT];
	size_t n;

	if (!sys_is_tty(2))
		return;
	words_duration(since, s->since);
	n = fmt_put(text, sizeof(text), "\r\033[K%s: %s, %s", s->name, s->state, since);
	if (s->progress > 0)
		n += fmt_put(text + n, sizeof(text) - n, ", %lld %%", (long long)s->progress);
	if (s->next[0] != '\0') {
		words_duration(in, s->next_in);
		fmt_put(text + n, sizeof(text) - n, "; %s in %s", s->next, in);
	}
	log_print(2, text);
	my.progress = true;
}

/* ---- how it comes about ---- */

static bool
is(const char *text, const char *word)
{
	return strcmp(text, word) == 0;
}

static bool
is_at_rest(const struct report_server *s)
{
	return is(s->state, "stopped") || is(s->state, "failed");
}

/* An end that did not let it save. */
static bool
is_bad(const char *reason)
{
	return is(reason, "hung") || is(reason, "crashed") || is(reason, "oom-heap") || is(reason, "oom-killed");
}

static void
end_of(const struct report_server *s, char text[LINE], const char *what)
{
	fmt_put(text, LINE, "%s: %s%s%s%s", what, s->reason, s->status[0] != '\0' ? " (" : "", s->status,
	    s->status[0] != '\0' ? ")" : "");
}

static enum outcome
of_start(const struct report_server *before, const struct report_server *s, char text[LINE])
{
	char took[WORDS_SHORT];
	bool begun = s->starts > before->starts ||
	    (my.verb == CTL_START && (is(before->state, "starting") || is(before->state, "running")));

	if (!begun && is_at_rest(s) && !is(s->wish, "up") && !is(s->wish, "restart") && my.looks > 1) {
		fmt_put(text, LINE, "somebody else wants it down");
		return BADLY;
	}
	if (!begun)
		return PENDING;
	if (is(s->state, "running") && s->starts == before->starts && is(before->state, "running")) {
		fmt_put(text, LINE, "runs already");
		return WELL;
	}
	words_duration(took, s->up > s->since ? s->up - s->since : 0);
	if (is(s->state, "running") && my.verb == CTL_RESTART && before->pid != REPORT_UNKNOWN &&
	    s->starts == before->starts + 1 && is_bad(s->reason)) {
		fmt_put(text, LINE, "running after %s, but what it had not saved before is lost: %s", took, s->reason);
		return BADLY;
	}
	if (is(s->state, "running")) {
		fmt_put(text, LINE, "running after %s", took);
		return WELL;
	}
	if (is(s->state, "failed"))
		end_of(s, text, "could not be started");
	else if (is(s->state, "stopped"))
		end_of(s, text, "has ended again");
	return is_at_rest(s) ? BADLY : PENDING;
}

static enum outcome
of_stop(const struct report_server *before, const struct report_server *s, char text[LINE])
{
	char took[WORDS_SHORT];

	if (!is_at_rest(s)) {
		fmt_put(text, LINE, "was started again by somebody else");
		return s->starts > before->starts && is(s->wish, "up") ? BADLY : PENDING;
	}
	if (is_at_rest(before) && s->starts == before->starts) {
		fmt_put(text, LINE, "does not run");
		return WELL;
	}
	if (my.verb == CTL_STOP && s->lost == 1) {
		end_of(s, text, "has ended, and what it had not saved is lost");
		return BADLY;
	}
	words_duration(took, before->since);
	end_of(s, text, "has ended");
	return WELL;
}

static enum outcome
outcome_of(const struct report_server *before, char text[LINE])
{
	for (int i = 0; i < my.after.count; i++) {
		const struct report_server *s = &my.after.server[i];
		enum outcome outcome;

		if (!is(s->name, before->name))
			continue;
		outcome = my.verb == CTL_START || my.verb == CTL_RESTART ? of_start(before, s, text) :
		    of_stop(before, s, text);
		if (outcome == PENDING)
			show_progress(s);
		return outcome;
	}
	fmt_put(text, LINE, "is no longer in the configuration");
	return my.verb == CTL_START || my.verb == CTL_RESTART ? BADLY : WELL;
}

/* ---- saying it ---- */

static int
fetch(struct status *s)
{
	static char why[STATUS_WHY];
	int code = status_fetch(NULL, s, why);

	return code == DONE || code == NO_SUPERVISOR ? code : complain(code, "", why);
}

/* Not the one that we began with: as process 1 of a container they have all the same number. */
static bool
is_another(const struct status *look)
{
	return look->whole.pid != my.before.whole.pid || look->whole.up < my.before.whole.up;
}

static int
try_to_ask(const char *argument, char why[STATUS_WHY])
{
	struct ask asked = { .verb = my.verb, .argument = argument, .until = sys_now() + STATUS_PATIENCE,
		.why = why, .room = STATUS_WHY };
	int code;

	/* It failed before it was heard, or between that and the answer; a second shutdown would hurry it. */
	while ((code = ask_mcinit(".", &asked)) == ASK_AGAIN && sys_now() < asked.until) {
		if (my.verb != CTL_SHUTDOWN || fetch(&my.after) != DONE)
			continue;
		if (my.after.whole.stopping == 1 || is_another(&my.after))
			return DONE;
	}
	return code == ASK_AGAIN ? NO : code;
}

static int
ask(const char *argument)
{
	static char why[STATUS_WHY];
	int code = try_to_ask(argument, why);

	return code == DONE ? DONE : complain(code, "", why);
}

static int
read_words(int count, char *const words[], const char *form)
{
	char text[LINE];

	my.until = INT64_MAX;
	for (int i = 1; i < count; i++) {
		int n;

		if (is(words[i], "--no-wait")) {
			my.no_wait = true;
		} else if (is(words[i], "--now") && (my.verb == CTL_STOP || my.verb == CTL_RESTART)) {
			my.now = true;
		} else if (is(words[i], "--timeout") && i + 1 < count) {
			n = ask_duration(words[++i]);
			if (n <= 0)
				return complain(USAGE, words[i], "give a time such as 30s or 5m, up to 24h");
			my.until = sys_now() + n;
		} else if (words[i][0] != '-' && my.name == NULL && my.verb != CTL_SHUTDOWN &&
		    my.verb != CTL_RELOAD && my.verb != CTL_ROTATE) {
			my.name = words[i];
		} else {
			fmt_put(text, sizeof(text), "%s, and not %.100s", form, words[i]);
			return complain(USAGE, "", text);
		}
	}
	return DONE;
}

/* The words, the place, and how it is before. */
static int
begin(enum ctl_verb verb, const char *run_dir, int count, char *const words[], const char *form)
{
	int code, rc;

	my.verb = verb;
	code = read_words(count, words, form);
	if (code != DONE)
		return code;
	rc = sys_change_dir(run_dir);
	if (rc < 0)
		return complain(NO, run_dir, log_errno(rc));
	code = fetch(&my.before);
	return code != NO_SUPERVISOR ? code : complain(NO_SUPERVISOR, "", "no mcinit listens there any more");
}

/* ---- servers ---- */

/* Which are meant; without a name all, or the only one. */
static int
choose(bool all)
{
	char names[LINE] = "";
	size_t n = 0;
	int chosen = 0;

	for (int i = 0; i < my.before.count; i++) {
		const char *name = my.before.server[i].name;
		bool meant = my.name == NULL || is(name, my.name);

		my.outcome[i] = meant ? PENDING : TOLD;
		chosen += meant;
		if (n < sizeof(names))
			n += fmt_put(names + n, sizeof(names) - n, " %s", name);
	}
	if (my.name != NULL && chosen == 0)
		return complain(NO, "no server has that name. There is", names + (names[0] != '\0'));
	if (my.name == NULL && !all && chosen != 1)
		return complain(USAGE, "say for which server", names + (names[0] != '\0'));
	return DONE;
}

static int
wait_for_all(void)
{
	int worst = DONE, code, left;

	for (;;) {
		code = fetch(&my.after);
		if (code != DONE)
			return code != NO_SUPERVISOR ? code : complain(NO, "", "mcinit has ended meanwhile");
		if (my.after.whole.pid != my.before.whole.pid)
			return complain(NO, "", "mcinit was started anew meanwhile");
		left = 0;
		my.looks++;
		for (int i = 0; i < my.before.count; i++) {
			const struct report_server *s = &my.before.server[i];
			char text[LINE] = "";

			if (my.outcome[i] == PENDING)
				my.outcome[i] = (uint8_t)outcome_of(s, text);
			left += my.outcome[i] == PENDING;
			if (my.outcome[i] == WELL)
				say(s->name, text);
			else if (my.outcome[i] == BADLY)
				worst = complain(NO, s->name, text);
			if (my.outcome[i] != PENDING)
				my.outcome[i] = TOLD;
		}
		if (left == 0)
			return worst;
		if (sys_now() >= my.until)
			return complain(LATE, "", "not done in time; it goes on without us");
		sys_readable(-1, LOOK_EACH);
	}
}

static int
order(enum ctl_verb verb, const char *run_dir, int count, char *const words[], const char *form)
{
	char argument[REPORT_NAME + 8] = "";
	int code = begin(verb, run_dir, count, words, form);

	if (code == DONE)
		code = choose(verb == CTL_STOP);
	if (code != DONE)
		return code;
	fmt_put(argument, sizeof(argument), "%s%s", my.name != NULL ? my.name : verb == CTL_STOP ? "*" : "-",
	    my.now ? " now" : "");
	code = ask(argument);
	return code != DONE || my.no_wait ? code : wait_for_all();
}

int
order_start(const char *run_dir, int count, char *const words[])
{
	return order(CTL_START, run_dir, count, words, "start [NAME] [--no-wait] [--timeout TIME]");
}

int
order_stop(const char *run_dir, int count, char *const words[])
{
	return order(CTL_STOP, run_dir, count, words, "stop [NAME] [--now] [--no-wait] [--timeout TIME]");
}

int
order_restart(const char *run_dir, int count, char *const words[])
{
	return order(CTL_RESTART, run_dir, count, words, "restart [NAME] [--now] [--no-wait] [--timeout TIME]");
}

int
order_kill(const char *run_dir, int count, char *const words[])
{
	return order(CTL_KILL, run_dir, count, words, "kill [NAME] [--no-wait] [--timeout TIME]");
}

/* ---- the whole ---- */

/* Since we began. */
static bool
was_lost(const struct report_server *s)
{
	for (int i = 0; i < my.before.count; i++)
		if (is(s->name, my.before.server[i].name) && is_at_rest(&my.before.server[i]) &&
		    s->starts == my.before.server[i].starts)
			return false;
	return s->lost == 1;
}

static int
complain_of_lost(void)
{
	int code = DONE;

	for (int i = 0; i < my.after.count; i++)
		if (was_lost(&my.after.server[i]))
			code = complain(NO, my.after.server[i].name, "what it had not saved is lost");
	return code;
}

/*
 * It tells of its end a moment before that; who hears of it here may begin the next one, if nobody else did.  Where
 * it was process 1 its end is that of all.
 */
static void
wait_until_free(void)
{
	static struct status look;
	char why[STATUS_WHY];
	int64_t until = sys_now() + FREE;

	if (!is(my.before.whole.mode, "service"))
		return;
	while (host_find_run_dir(".", NULL) == 0 && sys_now() < until) {
		if (status_fetch(NULL, &look, why) == DONE && is_another(&look))
			return;
		sys_readable(-1, FREE_EACH);
	}
}

static int
say_end(const char *exit_code)
{
	char text[LINE];
	int code;

	fmt_put(text, sizeof(text), "has ended%s%.8s", is(exit_code, "0") ? "" : ", exit code ",
	    is(exit_code, "0") ? "" : exit_code);
	say("mcinit", text);
	code = complain_of_lost();
	wait_until_free();
	return code;
}

/* `was_to_say` how it ended.  One that ends takes its socket away. */
static int
say_gone(bool was_to_say)
{
	if (was_to_say || sys_open("control", O_RDONLY | O_NONBLOCK, 0) != -ENOENT) {
		complain_of_lost();
		return complain(NO, "", "has ended, and did not say how: it was killed, or failed. Its log has more");
	}
	say("mcinit", "has ended");
	return complain_of_lost();
}

static void
show_all(const struct status *look)
{
	for (int i = 0; i < look->count; i++)
		if (!is_at_rest(&look->server[i]))
			show_progress(&look->server[i]);
}

/*
 * `last`: the connection by which its end comes, -1: there is none.  Where it failed on the way the next image is
 * asked; of one that cannot be asked, what was seen before has to do.
 */
static int
wait_for_end(int last)
{
	static struct status look;
	char text[STATUS_WHY];
	bool was_to_say = last >= 0, is_gone;
	int code;

	for (;;) {
		if (sys_readable(last, LOOK_EACH) == 1) {
			if (status_last(last, &look, text) == DONE) {
				my.after = look;
				return say_end(text);
			}
			last = -1;
		}
		code = status_fetch(NULL, &look, text);
		is_gone = code == NO_SUPERVISOR || (code == DONE && is_another(&look));
		if (is_gone && last < 0)
			return say_gone(was_to_say);
		if (code != DONE && !is_gone)
			return complain(code, "", text);
		if (sys_now() >= my.until)
			return complain(LATE, "", "not done in time; it goes on without us");
		/* The connection tells it better, in a moment. */
		if (is_gone)
			continue;
		my.after = look;
		show_all(&look);
		if (last < 0)
			last = status_begin_last(text);
		was_to_say = was_to_say || last >= 0;
	}
}

int
order_shutdown(const char *run_dir, int count, char *const words[])
{
	int code = begin(CTL_SHUTDOWN, run_dir, count, words, "shutdown [--no-wait] [--timeout TIME]"), last = -1;
	char why[STATUS_WHY];

	if (code != DONE)
		return code;
	/* Who asks for its end first hears how it was, however soon that is. */
	if (!my.no_wait)
		last = status_begin_last(why);
	code = try_to_ask("", why);
	if (code != DONE && (code != NO_SUPERVISOR || last < 0))
		return complain(code, "", why);
	return my.no_wait ? DONE : wait_for_end(last);
}

int
order_reload(const char *run_dir, int count, char *const words[])
{
	int code = begin(CTL_RELOAD, run_dir, count, words, "reload [--no-wait] [--timeout TIME]");

	if (code == DONE)
		code = ask("");
	if (code != DONE || my.no_wait)
		return code;
	while ((code = fetch(&my.after)) == DONE) {
		if (my.after.whole.refused != my.before.whole.refused)
			return complain(NO, "", "the INI was refused; the configuration stays as it was. `mcinit check` "
			    "and the log say why");
		if (my.after.whole.reloads != my.before.whole.reloads) {
			say("mcinit", "the INI is in force");
			return DONE;
		}
		if (sys_now() >= my.until)
			return complain(LATE, "", "not read in time; it goes on without us");
		sys_readable(-1, LOOK_EACH);
	}
	return code != NO_SUPERVISOR ? code : complain(NO, "", "mcinit has ended meanwhile");
}

int
order_rotate(const char *run_dir, int count, char *const words[])
{
	int code = begin(CTL_ROTATE, run_dir, count, words, "rotate");

	if (code == DONE)
		code = ask("");
	if (code == DONE)
		say("mcinit", "goes on in new log files");
	return code;
}
