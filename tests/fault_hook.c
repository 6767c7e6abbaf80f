/* SPDX-License-Identifier: MIT */
/*
 * fault_hook: makes an mcinit that fails by itself, for the scenarios of its recovery.
 *
 * Linked into build/faults/mcinit alone, whose functions call it at their beginning and end.  In
 * the supervisor, once it can recover, it causes a real fault as the environment says:
 *
 *	MCINIT_FAULTS=every=MEAN,seed=S[,kinds=K+K...][,after=FILE]
 *		at random, on average at one of MEAN boundaries of functions; each image differs.  Only
 *		one in 16 fails while it recovers, and none after two such, for with the third in a row mcinit
 *		gives up what it was at, and with the fifth itself
 *	MCINIT_FAULTS=at=N,kinds=K[,once=FILE][,after=FILE]
 *		at the N-th boundary of each image; with "once" of the first only, which makes FILE
 *
 *	MCINIT_FAULTS=in=ADDRESS,times=N,once=FILE,kinds=K
 *		N times when the function is called that nm shows at ADDRESS; makes FILE.1 to FILE.N
 *
 * With "after" nothing happens before FILE is there (with "at" the count starts then).  Kinds: read
 * write null stack abort ill div jump smash trap bus sys.
 *
 * It must never act in a child, in a helper, before mcinit can recover, nor while it recovers.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

void __cyg_profile_func_enter(void *function, void *caller);

/* crash.h: it is weak, because an mcinit that cannot recover is to be left alone. */
bool crash_armed(void) __attribute__((weak));
int world_faults(void) __attribute__((weak));	/* world.h: 0 from the first completed turn on */

static struct {
	bool busy, off, waiting, calm;
	pid_t pid;
	uint64_t mean, left, random;
	uint32_t kinds;
	uint64_t in;
	int times;
	const char *once, *after;
} hook;

/* Where the linker put our head. */
extern const char __ehdr_start __attribute__((visibility("hidden")));

/* ---- the faults ---- */

enum kind { READ, WRITE, CALL_NULL, STACK, ABORT, ILL, DIV, JUMP, SMASH, TRAP, BUS, SYS, KINDS };

static const char kind_words[KINDS][8] = { "read", "write", "null", "stack", "abort", "ill", "div",
	"jump", "smash", "trap", "bus", "sys" };
static volatile int zero;
static volatile char *volatile wild;

/* Through a pointer, and with a use of the frame afterwards: else the compiler makes it a loop. */
static int exhaust_stack(volatile char *above);
static int (*volatile deeper)(volatile char *) = exhaust_stack;

static int
exhaust_stack(volatile char *above)
{
	volatile char frame[1024];

	frame[0] = *above;
	return deeper(frame) + frame[0];
}

__attribute__((noinline)) static void
smash_stack(void)
{
	volatile char buffer[16];
	volatile char *volatile to = buffer;

	for (int i = 0; i < 128; i++)
		to[i] = 'x';
}

/* What only x86 does by itself is raised elsewhere. */
static void
cause(enum kind kind)
{
	static const int raised[KINDS] = { [ABORT] = SIGABRT, [ILL] = SIGILL, [DIV] = SIGFPE,
		[TRAP] = SIGTRAP, [SYS] = SIGSYS };
	void (*volatile function)(void) = NULL;

	switch (kind) {
	case READ:
		wild = (volatile char *)(uintptr_t)0x10;
		*wild;
		break;
	case WRITE:
		wild = (volatile char *)(uintptr_t)exhaust_stack;
		*wild = 1;
		break;
	case JUMP:
		function = (void (*)(void))(uintptr_t)&zero;
		__attribute__((fallthrough));
	case CALL_NULL:
		function();
		break;
	case STACK:
		exhaust_stack(&(volatile char){ 1 });
		break;
	case SMASH:
		smash_stack();
		break;
	case BUS:
		wild = mmap(NULL, 1, PROT_READ, MAP_SHARED, memfd_create("fault", MFD_CLOEXEC), 0);
		*wild;
		break;
#if defined(__x86_64__) || defined(__i386__)
	case ILL:
		__asm__ volatile("ud2");
		break;
	case DIV:
		zero = 7 / zero;		/* 1 / x needs no division */
		break;
	case TRAP:
		__asm__ volatile("int3");
		break;
#endif
	default:
		raise(raised[kind]);
	}
}

/* ---- when ---- */

/* xorshift64*, Vigna 2014 */
static uint64_t
random_number(void)
{
	hook.random ^= hook.random >> 12;
	hook.random ^= hook.random << 25;
	hook.random ^= hook.random >> 27;
	return (hook.random * UINT64_C(2685821657736338717)) >> 16;
}

/* A misspelt word would test nothing and still be green. */
static void
read_kinds(char *text)
{
	for (char *word = strtok(text, "+"); word != NULL; word = strtok(NULL, "+")) {
		int i = 0;

		while (i < KINDS && strcmp(kind_words[i], word) != 0)
			i++;
		if (i == KINDS)
			_exit(EX_USAGE);
		hook.kinds |= UINT32_C(1) << i;
	}
}

static void
read_words(char *text)
{
	enum { EVERY, AT, SEED, KIND, ONCE, AFTER, IN, TIMES, WORDS };
	static char *const words[] = { "every", "at", "seed", "kinds", "once", "after", "in",
	    "times", NULL };
	static char none[1];
	char *value[WORDS] = { none, none, none, none, none, none, none, none };

	while (*text != '\0') {
		char *to;
		int i = getsubopt(&text, words, &to);

		if (i < 0 || to == NULL)
			_exit(EX_USAGE);
		value[i] = to;
	}
	hook.mean = strtoull(value[EVERY], NULL, 10);
	hook.left = strtoull(value[AT], NULL, 10);
	hook.random = strtoull(value[SEED], NULL, 10);
	hook.in = strtoull(value[IN], NULL, 16);
	hook.times = atoi(value[TIMES]);
	hook.once = value[ONCE];
	hook.after = value[AFTER];
	read_kinds(value[KIND]);
}

static void
begin(void)
{
	static char text[1024];		/* the next image wants the original */
	const char *asked = getenv("MCINIT_FAULTS");
	struct timespec ts;

	hook.pid = getpid();
	hook.off = asked == NULL || strlen(asked) >= sizeof(text);
	if (hook.off)
		return;
	read_words(strcpy(text, asked));
	clock_gettime(CLOCK_MONOTONIC, &ts);
	hook.random = (hook.random + 1) * UINT64_C(0x9e3779b97f4a7c15) ^
	    ((uint64_t)hook.pid << 40 | (uint64_t)ts.tv_sec << 30 | (uint64_t)ts.tv_nsec | 1);
	random_number();
	if (hook.mean > 0)
		hook.left = 1 + random_number() % (2 * hook.mean - 1);
	hook.calm = hook.mean > 0 && random_number() % 16 != 0;
	if (hook.left == 0 && (hook.in == 0 || hook.times == 0 || *hook.once == '\0'))
		_exit(EX_USAGE);
	hook.waiting = *hook.after != '\0';
}

/* Of the whole life, whichever image it is. */
static bool
may_once_more(void)
{
	char path[256];
	int fd = -1;

	if (*hook.once == '\0')
		return true;
	for (int i = 1; fd < 0 && i <= (hook.in != 0 ? hook.times : 1); i++) {
		snprintf(path, sizeof(path), hook.in != 0 ? "%s.%d" : "%s", hook.once, i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	}
	return fd >= 0;
}

static bool
due(const void *function)
{
	stack_t stack;

	if (!crash_armed())
		return false;
	if (hook.pid == 0)
		begin();
	if (hook.off || (hook.waiting && (hook.waiting = access(hook.after, F_OK) != 0)))
		return false;
	if (hook.in != 0 && hook.in != (uint64_t)((const char *)function - &__ehdr_start))
		return false;
	if (hook.mean > 0 && world_faults() > !hook.calm)
		return false;
	if (hook.in == 0 && --hook.left > 0)
		return false;
	hook.left = 1;
	hook.off = getpid() != hook.pid;
	/* On the other stack it recovers already. */
	if (hook.off || (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK)))
		return false;
	hook.off = !may_once_more();
	return !hook.off;
}

static enum kind
any_kind(void)
{
	enum kind kind;

	do
		kind = (enum kind)(random_number() % KINDS);
	while (hook.kinds != 0 && !(hook.kinds & UINT32_C(1) << kind));
	return kind;
}

/* It stays busy when it has caused one: nothing happens on the way to the next image. */
void
__cyg_profile_func_enter(void *function, void *caller)
{
	(void)caller;
	if (hook.busy || hook.off || crash_armed == NULL)
		return;
	hook.busy = true;
	if (due(function))
		cause(any_kind());
	hook.busy = false;
}

void __cyg_profile_func_exit(void *function, void *caller)
    __attribute__((alias("__cyg_profile_func_enter")));
