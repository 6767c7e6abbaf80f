#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --trace FILE: what is decided and why, for a bug report.  Called by tools/run-tests, or alone
# from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

@test "a trace has a head, the configuration, and every event with its actions" {
	ini '--first 1 --crash-after 0ms' restart_delay=70ms
	start --trace "$here/trace"
	ready 2
	stop
	[ "$(head -n 1 trace)" = 'mcinit-trace 1 0 1' ] || [ "$(head -n 1 trace)" = 'mcinit-trace 1 0 0' ]
	seen trace 'conf server:server.restart_delay=70ms'
	for event in CONF SPAWNED EXEC_DONE ENDED TREE SIGNAL TICK; do
		grep -qE "^@[0-9]+ $event -?[0-9]+ -?[0-9]+$" trace || { echo "no $event"; return 1; }
	done
	for action in SPAWN LOOK SIGNAL_GROUP FINISH; do
		grep -qE "^ -> $action -?[0-9]+ " trace || { echo "no $action"; return 1; }
	done
	grep -qE '^ -> SAY 0 CRASHED ' trace
	for state in starting backoff stopping stopped; do
		grep -qx " = 0 $state" trace || { echo "never $state"; return 1; }
	done
	# Nothing else is in it.
	run -1 grep -vE '^(mcinit-trace 1 |conf |@[0-9]+ [A-Z_]+ | -> [A-Z_]+ | = [0-9]+ [a-z]+$)' trace
}

@test "the times of a trace never go back" {
	ini '--first 2 --crash-after 0ms' restart_delay=1ms
	start --trace trace
	ready 3
	stop
	sed -n 's/^@\([0-9]*\) .*/\1/p' trace >times
	[ -s times ]
	sort -nc times
}

@test "a trace holds no password, no environment and no run_dir" {
	ini '' env=FAKE_SECRET=hush rcon_password=hushhush
	start --trace trace
	ready
	stop
	never_seen trace hush
	never_seen trace run_dir
}

@test "a trace of process 1 tells so" {
	ini ''
	start_pid1 --trace "$here/trace"
	ready
	stop
	[ "$(head -n 1 trace)" = 'mcinit-trace 1 1 1' ]
}

@test "a trace replaces an older one, and only we can read it" {
	ini ''
	echo old >trace
	chmod 600 trace
	start --trace trace
	ready
	stop
	never_seen trace old
	rm trace
	ini '--exit-on-start 0'
	start --trace trace
	expect_exit 0
	[ "$(stat -c %a trace)" = 600 ]
}

@test "a trace that cannot be written: 71 before anything starts" {
	ini ''
	start --trace "$here/no/such/trace"
	expect_exit 71
	seen log "$here/no/such/trace"
	expect_count journal ' start ' 0
}
