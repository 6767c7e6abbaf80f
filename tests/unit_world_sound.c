/* SPDX-License-Identifier: MIT */
/*
 * What a state may say, and what not: a case for each thing that somebody indexes by, signals or closes
 * when he goes on from it (world_sound.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "world_life.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static int
set_up(void **state)
{
	(void)state;
	world_lab_begin();
	world_lab_fill();
	return 0;
}

/* ---- what cannot be ---- */

struct wrong {
	const char *what;
	void (*make)(struct world *w);
};

#define WRONG(name, ...)	static void wrong_##name(struct world *w) { __VA_ARGS__; }
WRONG(pid_one, w->proc.main[0].pid = 1)
WRONG(pid_negative, w->proc.reader = -5)
WRONG(session_one, w->proc.main[0].session = 1)
WRONG(same_child, w->proc.reader = w->proc.main[0].pid)
WRONG(same_helper, w->proc.helper[3] = w->proc.helper[0])
WRONG(same_trial, w->proc.trial = w->proc.main[1].sweep)
WRONG(session_of_another, w->proc.main[0].session++)
WRONG(forking, w->proc.forking.whose = PROC_MAIN; w->proc.forking.number = CONF_SERVERS)
WRONG(forking_whose, w->proc.forking.whose = PROC_NO_MORE)
WRONG(sweep_signal, w->proc.main[0].sweep_signal = 65)
WRONG(flag, memset(&w->proc.main[0].failed, 2, 1))
WRONG(standard_output, w->fds.trace = 1)
WRONG(same_descriptor, w->fds.trace = w->console.slot[0].source)
WRONG(descriptor_minus_many, w->console.rings = -5000)
WRONG(descriptor_large, w->console.rings = 1 << 20)
WRONG(rcon_flag, memset(&w->rcon[0].on, 2, 1))
WRONG(rcon_family, w->rcon[0].place.family = 5)
WRONG(rcon_nowhere, w->rcon[1].place.family = 0)
WRONG(rcon_port, w->rcon[0].place.port = 0)
WRONG(rcon_password_without_end, memset(w->rcon[0].password, 'x', sizeof(w->rcon[0].password)))
WRONG(rcon_off_without_end, memset(w->rcon[9].password, 'x', sizeof(w->rcon[9].password)))
WRONG(path_without_end, memset(w->console.path, 'x', sizeof(w->console.path)))
WRONG(name_without_end, memset(w->name[15], 'x', sizeof(w->name[15])))
WRONG(name_of_another_directory, strcpy(w->name[15], "../x"))
WRONG(name_of_an_option, strcpy(w->name[15], "-x"))
WRONG(server_without_name, w->machine.server[7].used = true)
WRONG(same_name, memcpy(w->name[9], w->name[1], sizeof(w->name[9])))
WRONG(act_without_name, w->done = 0; w->acts.act[0] = (struct step_act){ ACT_SPAWN, 7, 0, 0, 0 })
WRONG(state_unknown, w->machine.server[0].is = IS_COUNT)
WRONG(wish_unknown, w->machine.server[0].wish = WISH_COUNT)
WRONG(rung_unknown, w->machine.server[0].rung = RUNG_COUNT)
WRONG(flag_of_server, memset(&w->machine.server[0].used, 7, 1))
WRONG(flag_of_whole, memset(&w->machine.whole.proving, 7, 1))
WRONG(mode_unknown, w->machine.whole.mode = MODE_APPLIANCE + 1)
WRONG(ending_unknown, w->machine.whole.how = ENDING_COUNT)
WRONG(tries, w->machine.server[0].tries = -1)
WRONG(unready, w->machine.server[0].unready = INT32_MAX)
WRONG(time_far, w->machine.server[0].stop_at = INT64_MAX)
WRONG(deadline_long_ago, w->machine.server[0].deadline[TIMER_KILL] = INT64_MIN)
WRONG(crash_far, w->machine.server[0].crash_at[31] = INT64_MIN)
WRONG(whole_deadline, w->machine.whole.deadline[0] = INT64_MIN)
WRONG(started, w->started = INT64_MIN)
WRONG(done_too_much, w->done = w->acts.count + 1)
WRONG(done_negative, w->done = -1)
WRONG(too_many_acts, w->acts.count = STEP_ACTS + 1)
WRONG(acts_negative, w->done = w->acts.count = -1)
WRONG(too_many_events, w->events = WORLD_QUEUE + 1)
WRONG(events_negative, w->events = -1)
WRONG(begun_twice, w->done = 0; w->begun = 2)
WRONG(begun_nothing, w->done = w->acts.count; w->begun = 1)
WRONG(held_twice, w->held = 2)
WRONG(text, w->text = WORLD_TEXTS)
WRONG(text_before, w->text_before = WORLD_TEXTS)
WRONG(level, w->level = 99)
WRONG(event_unknown, w->event[0].what = STEP_EVENT_COUNT)
WRONG(event_slot, w->event[0].slot = CONF_SERVERS)
#define EVENT(...)	(w->event[0] = (struct step_event){ __VA_ARGS__ })
WRONG(event_of_nobody, EVENT(STEP_SPAWNED, -1, 0))
WRONG(event_of_a_server, EVENT(STEP_CONF, 0, 0))
WRONG(event_signal, EVENT(STEP_SIGNAL, -1, 65))
WRONG(event_signal_zero, EVENT(STEP_SIGNAL, -1, 0))
WRONG(event_failure, EVENT(STEP_SPAWN_FAILED, 0, FAILURE_COUNT))
WRONG(event_failure_negative, EVENT(STEP_EXEC_FAILED, 0, -1))
WRONG(event_status, EVENT(STEP_ENDED, 0, 0x10000))
WRONG(event_status_negative, EVENT(STEP_ENDED, 0, -2))
WRONG(event_helper, EVENT(STEP_HELPER_ENDED, -1, HELPER_COUNT))
WRONG(event_helper_of_nobody, EVENT(STEP_HELPER_ENDED, -1, HELPER_FILES))
WRONG(event_helper_end, EVENT(STEP_HELPER_ENDED, 0, HELPER_END_COUNT << 8))
WRONG(event_helper_negative, EVENT(STEP_HELPER_ENDED, 0, INT32_MIN))
#define ACT(...)	(w->acts.act[0] = (struct step_act){ __VA_ARGS__ })
WRONG(act_unknown, ACT(ACT_COUNT, -1, 0, 0, 0))
WRONG(act_slot, ACT(ACT_SPAWN, CONF_SERVERS, 0, 0, 0))
WRONG(act_of_nobody, ACT(ACT_SPAWN, -1, 0, 0, 0))
WRONG(act_of_a_server, ACT(ACT_RELOAD, 0, 0, 0, 0))
WRONG(signal_zero, ACT(ACT_SIGNAL_MAIN, 0, 0, 0, 0))
WRONG(signal_large, ACT(ACT_SIGNAL_GROUP, 0, 65, 0, 0))
WRONG(sweep_large, ACT(ACT_SWEEP, 0, 65, 0, 0))
WRONG(lines, ACT(ACT_QUOTE, 0, 1000, 0, 0))
WRONG(helper_unknown, ACT(ACT_HELPER, -1, HELPER_COUNT, 0, 0))
WRONG(helper_of_nobody, ACT(ACT_HELPER, -1, HELPER_CARRIER, 0, 0))
WRONG(helper_of_a_server, ACT(ACT_HELPER, 0, HELPER_OUTPUT, 0, 0))
WRONG(message, ACT(ACT_SAY, -1, SAY_COUNT, 0, 0))
WRONG(answer, ACT(ACT_ANSWER, -1, -1, 0, 0))
WRONG(code, ACT(ACT_FINISH, -1, 256, 0, 0))
WRONG(ending, ACT(ACT_FINISH, -1, 0, ENDING_COUNT, 0))

static void
what_cannot_be_is_not_believed(void **state)
{
#define ROW(name)	{ #name, wrong_##name }
	static const struct wrong wrongs[] = { ROW(pid_one), ROW(pid_negative), ROW(session_one),
		ROW(same_child), ROW(same_helper), ROW(same_trial), ROW(session_of_another), ROW(forking), ROW(forking_whose),
		ROW(sweep_signal), ROW(flag), ROW(rcon_flag), ROW(rcon_family), ROW(rcon_nowhere), ROW(rcon_port),
		ROW(rcon_password_without_end), ROW(rcon_off_without_end), ROW(standard_output), ROW(same_descriptor),
		ROW(descriptor_minus_many), ROW(descriptor_large), ROW(path_without_end), ROW(name_without_end),
		ROW(name_of_another_directory), ROW(name_of_an_option),
		ROW(server_without_name), ROW(same_name), ROW(act_without_name),
		ROW(state_unknown), ROW(wish_unknown), ROW(rung_unknown), ROW(flag_of_server),
		ROW(flag_of_whole), ROW(mode_unknown), ROW(ending_unknown), ROW(tries), ROW(unready),
		ROW(time_far), ROW(deadline_long_ago), ROW(crash_far), ROW(whole_deadline), ROW(started),
		ROW(done_too_much), ROW(done_negative), ROW(too_many_acts), ROW(acts_negative),
		ROW(too_many_events), ROW(events_negative), ROW(begun_twice), ROW(begun_nothing),
		ROW(held_twice), ROW(text), ROW(text_before), ROW(level),
		ROW(event_unknown), ROW(event_slot), ROW(event_of_nobody),
		ROW(event_of_a_server), ROW(event_signal), ROW(event_signal_zero), ROW(event_failure),
		ROW(event_failure_negative), ROW(event_status), ROW(event_status_negative),
		ROW(event_helper), ROW(event_helper_of_nobody), ROW(event_helper_end),
		ROW(event_helper_negative), ROW(act_unknown), ROW(act_slot),
		ROW(act_of_nobody), ROW(act_of_a_server), ROW(signal_zero), ROW(signal_large),
		ROW(sweep_large), ROW(lines), ROW(helper_unknown), ROW(helper_of_nobody),
		ROW(helper_of_a_server), ROW(message), ROW(answer), ROW(code), ROW(ending) };
	static struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		w = *world_lab.w;
		assert_true(world_is_sound(&w));
		wrongs[i].make(&w);
		if (world_is_sound(&w))
			fail_msg("believed: %s", wrongs[i].what);
	}
}

/* What looks odd, and is what a real one may say. */
#define RIGHT(name, ...)	static void right_##name(struct world *w) { __VA_ARGS__; }
RIGHT(no_bell, w->console.slot[0].bell = -EMFILE)
RIGHT(unknown_marker, EVENT(STEP_MARKER, 0, INT32_MIN))
RIGHT(marker_of_nobody, EVENT(STEP_MARKER, -1, 255))
RIGHT(players, EVENT(STEP_PLAYERS, 0, INT32_MAX))
RIGHT(status_not_known, EVENT(STEP_ENDED, 0, STEP_NOT_KNOWN))
RIGHT(core_dumped, EVENT(STEP_ENDED, 0, SIGSEGV | 0x80))
RIGHT(begun, w->done = 0; w->begun = 1)
RIGHT(held, w->held = 1)
RIGHT(all_done, w->done = w->acts.count)
RIGHT(session_kept, w->proc.main[2].session = w->proc.main[0].pid)
RIGHT(said_of_one_that_left, w->done = 0; w->acts.act[0] = (struct step_act){ ACT_SAY, 9, 0, 0, 0 })
RIGHT(done_of_one_that_left, w->done = 1; w->acts.act[0] = (struct step_act){ ACT_FORGET, 9, 0, 0, 0 })
RIGHT(told_of_one_that_left, EVENT(STEP_TREE, 9, 0))
RIGHT(rcon_off, w->rcon[0].on = false; w->rcon[0].place.family = 77)
RIGHT(rcon_without_password, w->rcon[0].password[0] = '\0')
RIGHT(noted, w->proc.main[0].noted = UINT32_MAX)
RIGHT(names_of_all_letters, strcpy(w->name[15], "_09azAZ-"))

static void
what_can_be_is_believed(void **state)
{
#undef ROW
#define ROW(name)	{ #name, right_##name }
	static const struct wrong rights[] = { ROW(no_bell), ROW(unknown_marker), ROW(marker_of_nobody),
		ROW(players), ROW(status_not_known), ROW(core_dumped), ROW(begun), ROW(held),
		ROW(all_done), ROW(session_kept), ROW(said_of_one_that_left),
		ROW(done_of_one_that_left), ROW(told_of_one_that_left), ROW(rcon_off),
		ROW(rcon_without_password), ROW(noted), ROW(names_of_all_letters) };
	static struct world w;

	(void)state;
	for (size_t i = 0; i < COUNT(rights); i++) {
		w = *world_lab.w;
		rights[i].make(&w);
		if (!world_is_sound(&w))
			fail_msg("not believed: %s", rights[i].what);
	}
}

/* Its number may be another's before we are told that it has ended. */
static void
an_adopted_process_may_share_its_number(void **state)
{
	static struct world w;

	(void)state;
	w = *world_lab.w;
	w.proc.main[0].adopted = true;
	w.proc.reader = w.proc.main[0].pid;
	assert_true(world_is_sound(&w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_is_not_believed),
		cmocka_unit_test(what_can_be_is_believed),
		cmocka_unit_test(an_adopted_process_may_share_its_number),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
