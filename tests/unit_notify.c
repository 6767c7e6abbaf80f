/* SPDX-License-Identifier: MIT */
/*
 * What a service manager is told (notify.h), seen from its socket; and that nothing is due for ever that
 * nobody takes: the loop would spin.
 */
#include "rcon_decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

static int manager;
static char path[64];

/* All that came, with blanks for newlines and "|" behind each; "" nothing. */
static const char *
told(void)
{
	static char text[4096];
	size_t n = 0;
	ssize_t got;

	while ((got = recv(manager, text + n, sizeof(text) - n - 2, MSG_DONTWAIT)) > 0) {
		n += (size_t)got;
		text[n++] = '|';
	}
	text[n] = '\0';
	return text;
}

static void
tell(bool reloading)
{
	notify_tell(lab.conf, &lab.m, reloading, lab.now);
}

static void
open_manager(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, path);
	unlink(path);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void
it_is_told_as_it_comes(void **state)
{
	(void)state;
	open_manager();
	notify_open();
	lab_begin(GAME);
	lab.now = 1000000;
	tell(false);
	assert_string_equal(told(), "EXTEND_TIMEOUT_USEC=30000000|STATUS=0 of 1 server running, 0 players online|");
	assert_int_equal(notify_due(), lab.now + 10000);
	tell(false);
	assert_string_equal(told(), "");
	lab.now += 10000;
	tell(false);
	assert_string_equal(told(), "EXTEND_TIMEOUT_USEC=30000000|");
	mark(MARKER_READY);
	tell(false);
	assert_non_null(strstr(told(), "READY=1\nMAINPID="));
	assert_int_equal(notify_due(), STEP_NEVER);
	tell(true);
	assert_string_equal(told(), "RELOADING=1\nMONOTONIC_USEC=1010001000|");
	tell(true);
	tell(false);
	assert_string_equal(told(), "READY=1|");
	lab_signal(SIGTERM);
	tell(false);
	assert_non_null(strstr(told(), "STOPPING=1|EXTEND_TIMEOUT_USEC="));
	tell(false);
	assert_string_equal(told(), "");
	assert_int_equal(notify_due(), STEP_NEVER);
}

/* Gone, or it does not read; before READY, and with a stop in the place of that. */
static void
nothing_is_due_for_ever(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		open_manager();
		notify_open();
		lab_begin(GAME);
		if (how == 0)
			close(manager);
		for (int i = 0; how == 1 && i < 100; i++)
			tell(i % 2);
		lab.now += 1000000;
		if (how == 2)
			lab_signal(SIGTERM);
		tell(false);
		assert_true(notify_due() > lab.now);
		lab.now += 20000;
		tell(false);
		assert_true(notify_due() > lab.now);
		if (how != 0)
			close(manager);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_told_as_it_comes),
		cmocka_unit_test(nothing_is_due_for_ever),
	};
	int failed;

	snprintf(path, sizeof(path), "/tmp/unit_notify.%d", (int)getpid());
	setenv("NOTIFY_SOCKET", path, 1);
	unsetenv("WATCHDOG_USEC");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
