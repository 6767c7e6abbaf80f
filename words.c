/* SPDX-License-Identifier: MIT */
/*
 * words: names and sentences of the decision; see words.h.
 *
 * It must never decide anything, and never write outside the room it is given.
 */
#include "words.h"

#include <signal.h>		/* numbers only */
#include <string.h>

#include "fmt.h"

/*
 * A list is one string of words with their NULs: an array of pointers would cost 32 bytes a
 * word in a position-independent binary, and pages that cannot be shared.
 */
#define X(name, text, ...) text "\0"
static const char states[] = STEP_STATES(X);
static const char wishes[] = STEP_WISHES(X);
static const char reasons[] = STEP_REASONS(X);
static const char endings[] = STEP_ENDINGS(X);
static const char rcon_ends[] = STEP_RCON_ENDS(X);
static const char refusals[] = STEP_REFUSALS(X);
static const char rcons[] = STEP_RCONS(X);
#undef X
#define X(name, ...) #name "\0"
static const char events[] = STEP_EVENTS(X);
static const char actions[] = STEP_ACTIONS(X);
static const char message_ids[] = STEP_MESSAGES(X);
#undef X
#define X(name, level, text) text "\0"
static const char message_texts[] = STEP_MESSAGES(X);
#undef X
enum { ERROR = LEVEL_ERROR, WARN = LEVEL_WARN, INFO = LEVEL_INFO, DEBUG = LEVEL_DEBUG };
#define X(name, level, text) level,
static const uint8_t message_levels[] = { STEP_MESSAGES(X) };
#undef X

/* The i-th word of a list of `count`. */
static const char *
pick(const char *list, int count, int i)
{
	if (i < 0 || i >= count)
		return "?";
	while (i-- > 0)
		list += strlen(list) + 1;
	return list;
}

const char *
words_state(int state)
{
	return pick(states, IS_COUNT, state);
}

const char *
words_wish(int wish)
{
	return pick(wishes, WISH_COUNT, wish);
}

const char *
words_reason(int reason)
{
	return pick(reasons, REASON_COUNT, reason);
}

const char *
words_event(int event)
{
	return pick(events, STEP_EVENT_COUNT, event);
}

const char *
words_action(int action)
{
	return pick(actions, ACT_COUNT, action);
}

const char *
words_ending(int ending)
{
	return pick(endings, ENDING_COUNT, ending);
}

const char *
words_refusal(int refusal)
{
	return pick(refusals, REFUSED_COUNT, refusal);
}

const char *
words_rcon(int rcon)
{
	return pick(rcons, RCON_STATE_COUNT, rcon);
}

void
words_signal(char text[WORDS_SHORT], int signal)
{
	/* 1 .. 31, the same on every machine we build for. */
	static const char names[] = "HUP\0" "INT\0" "QUIT\0" "ILL\0" "TRAP\0" "ABRT\0" "BUS\0"
	    "FPE\0" "KILL\0" "USR1\0" "SEGV\0" "USR2\0" "PIPE\0" "ALRM\0" "TERM\0" "STKFLT\0"
	    "CHLD\0" "CONT\0" "STOP\0" "TSTP\0" "TTIN\0" "TTOU\0" "URG\0" "XCPU\0" "XFSZ\0"
	    "VTALRM\0" "PROF\0" "WINCH\0" "IO\0" "PWR\0" "SYS";
	enum { RTMIN = 34, RTMAX = 64 };	/* the kernel's; a libc may begin later */

	if (signal >= 1 && signal <= 31)
		fmt_put(text, WORDS_SHORT, "SIG%s", pick(names, 31, signal - 1));
	else if (signal >= RTMIN && signal <= RTMAX)
		fmt_put(text, WORDS_SHORT, "SIGRTMIN+%d", signal - RTMIN);
	else
		fmt_put(text, WORDS_SHORT, "signal %d", signal);
}

void
words_duration(char text[WORDS_SHORT], int64_t ms)
{
	static const long long second = 1000, minute = 60000, hour = 3600000, day = 86400000;
	long long n = ms < 0 ? 0 : ms;

	if (n < second)
		fmt_put(text, WORDS_SHORT, "%lld ms", n);
	else if (n < minute && n % second >= 100)
		fmt_put(text, WORDS_SHORT, "%lld.%lld s", n / second, n % second / 100);
	else if (n < 2 * minute)
		fmt_put(text, WORDS_SHORT, "%lld s", n / second);
	else if (n < hour)
		fmt_put(text, WORDS_SHORT, "%lld min", n / minute);
	else if (n < 2 * day)
		fmt_put(text, WORDS_SHORT, "%lld h %lld min", n / hour, n % hour / minute);
	else
		fmt_put(text, WORDS_SHORT, "%lld days", n / day);
}

void
words_status(char text[WORDS_SHORT], int status)
{
	if (status == STEP_NOT_KNOWN)
		fmt_put(text, WORDS_SHORT, "exit not known");
	else if ((status & 0x7f) == 0)
		fmt_put(text, WORDS_SHORT, "exit %d", status >> 8 & 0xff);
	else
		words_signal(text, status & 0x7f);
}

static void
put_value(char text[WORDS_SHORT], char form, int64_t value)
{
	switch (form) {
	case 't':
		words_duration(text, value);
		break;
	case 'x':
		words_status(text, (int)value);
		break;
	case 's':
		words_signal(text, (int)value);
		break;
	case 'd':
		fmt_put(text, WORDS_SHORT, "%s", pick(rcon_ends, RCON_END_COUNT, (int)value));
		break;
	case 'r':
		fmt_put(text, WORDS_SHORT, "%s", words_reason((int)value));
		break;
	default:
		fmt_put(text, WORDS_SHORT, "%lld", (long long)value);
		break;
	}
}

const char *
words_message_id(int message)
{
	return pick(message_ids, SAY_COUNT, message);
}

int
words_level(int message)
{
	return message >= 0 && message < SAY_COUNT ? message_levels[message] : LEVEL_ERROR;
}

void
words_message(char *text, size_t room, int message, int64_t b, int64_t c)
{
	const char *from = pick(message_texts, SAY_COUNT, message);
	size_t used = 0;

	while (*from != '\0' && used + 1 < room) {
		char value[WORDS_SHORT];
		size_t n;

		if (from[0] != '{' || (from[1] != 'b' && from[1] != 'c')) {
			text[used++] = *from++;
			continue;
		}
		put_value(value, from[2], from[1] == 'b' ? b : c);
		n = strlen(value);
		if (n > room - used - 1)
			n = room - used - 1;
		memcpy(text + used, value, n);
		used += n;
		from += from[2] == '}' ? 3 : 4;
	}
	text[used] = '\0';
}
