#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# After the end of a server: whether it starts again, when, how often, and what is waited for.
# Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# script NAME: an executable from standard input, in the directory of the INI.
script()
{
	{ echo '#!/bin/bash'; cat; } >"$1"
	chmod +x "$1"
}

# gap N: ms from the N-th exit to the start behind it, in $gap, by the journal's own clock.
gap()
{
	gap=$(awk -v n="$1" '$2 == "exit" { exits++; at = $1 }
	    $2 == "start" && exits == n && !done { print $1 - at; done = 1 }' journal)
}

# --- whether ---

@test "on-failure: a crash starts it again, behind the delay" {
	ini '--first 1 --crash-after 0ms' restart_delay=300ms
	start
	ready 2
	gap 1
	[ "$gap" -ge 295 ]
	seen log 'server: ended: crashed (exit 1)'
	seen log 'starting again in 300 ms'
	stop
}

@test "on-failure: an end with exit code 0 leaves it stopped" {
	ini '--stop-after 10ms'
	start
	expect_exit 0
	expect_count journal ' start ' 1
	seen log 'ended by itself (exit 0)'
}

@test "on-failure: exit code 0 of a java line before it was ready is a crash" {
	ini_java '--first 1 --exit-on-start 0'
	start
	ready
	expect_count journal ' start ' 2
	stop
}

@test "always: an end with exit code 0 starts it again, and is no crash" {
	ini '--first 4 --exit-on-start 0' restart=always restart_delay=1ms crash_limit=5
	start
	ready
	expect_count journal ' start ' 5
	never_seen log crashed
	stop
}

@test "always: what ends well before it was ready, again and again, is given up at crash_limit" {
	ini '--exit-on-start 0' restart=always restart_delay=0 crash_limit=4
	start
	expect_exit 1
	expect_count journal ' start ' 4
	seen log 'gave up after 4 starts in a row that were never ready'
}

@test "no: neither a crash nor a good end starts it again" {
	local code
	for code in 0 1 3; do
		: >journal
		ini "--exit-on-start $code" restart=no
		start
		expect_exit $code
		expect_count journal ' start ' 1
	done
}

@test "SIGKILL to the server from outside starts it again" {
	ini ''
	start
	ready
	kill -KILL "$server"
	ready 2
	seen log 'ended: crashed (SIGKILL)'
	stop
}

@test "the same below process 1" {
	ini ''
	start_pid1
	ready
	children "$pid"
	kill -KILL "$children"
	ready 2
	stop
}

@test "a real JVM that is killed starts again, and one that runs out of memory is named so" {
	need_java
	ini_jvm '-XX:+ExitOnOutOfMemoryError'
	mkfifo console
	launch sh -c 'exec "$@" <>console' - "$MCINIT" -c mcinit.ini
	ready
	kill -KILL "$server"
	ready 2
	echo oom >console
	ready 3
	seen log 'ended: oom-heap (exit 3)'
	stop
}

@test "the server has the same directory, lock and mark at each start" {
	ini '--report --first 2 --exit-on-start 1'
	start
	ready
	expect_count journal " report cwd $here/world" 3
	expect_count journal " report fd 3 $here/world/.mcinit.lock" 3
	expect_count journal ' report env MCINIT_SERVER=server/*' 3
	stop
}

# --- when ---

@test "the delay doubles, up to restart_delay_max" {
	local n least
	ini '--first 5 --exit-on-start 1' restart_delay=100ms restart_delay_max=250ms crash_limit=9
	start
	ready
	n=0
	for least in 100 200 250 250 250; do
		n=$((n + 1))
		gap $n
		[ "$gap" -ge $((least - 5)) ] || { echo "gap $n: $gap"; return 1; }
	done
	seen log 'starting again in 100 ms'
	seen log 'starting again in 200 ms'
	expect_count log 'starting again in 250 ms' 3
	stop
}

@test "restart_delay = 0 starts it again at once" {
	ini '--first 10 --exit-on-start 1' restart_delay=0 crash_limit=32
	start
	ready
	expect_count journal ' start ' 11
	expect_count log 'starting again' 10
	stop
}

@test "a crash loop is given up at exactly crash_limit starts, and the code is 1" {
	local limit
	for limit in 1 2 3 5; do
		: >journal >log
		ini '--exit-on-start 7' crash_limit=$limit restart_delay=1ms
		start
		expect_exit 1
		expect_count journal ' start ' $limit
		seen log "gave up after $limit crashes"
	done
}

@test "crashes of servers that were ready count as well" {
	ini '--crash-after 1100ms' crash_limit=2 restart_delay=1ms
	start
	expect_exit 1
	expect_count journal ' start ' 2
	expect_count log 'running after' 2
	seen log 'gave up after 2 crashes'
}

@test "crashes outside crash_window do not count, but starts that were never ready do" {
	ini '--crash-after 700ms' crash_limit=2 crash_window=1s restart_delay=1ms
	start
	wait_for log 'gave up'
	expect_exit 1
	# The second crash is within a second of the first: 700 ms.
	expect_count journal ' start ' 2
	: >journal >log
	ini '--crash-after 600ms' crash_limit=3 crash_window=1s restart_delay=1ms
	start
	expect_exit 1
	expect_count journal ' start ' 3
	seen log 'gave up after 3 starts in a row that were never ready'
}

@test "after stable_after crashes are forgotten, and delays begin anew" {
	script turns.sh <<-END
	n=\$(grep -c ' start ' $journal)
	case \$n in
	0 | 2) exec "$FAKE" --journal $journal --exit-on-start 1 ;;
	1) exec "$FAKE" --journal $journal --crash-after 2300ms ;;
	esac
	exec "$FAKE" --journal $journal
	END
	ini '' command=./turns.sh stable_after=1s crash_limit=2 restart_delay=200ms
	start
	wait_for log 'gave up'
	expect_exit 1
	expect_count journal ' start ' 3
	seen log 'crashes forgotten'
	expect_count log 'starting again in 200 ms' 2
}

@test "restart_limit: given up after so many restarts, good ends and bad" {
	ini '--exit-on-start 0' restart=always restart_limit=3 restart_delay=1ms
	start
	expect_exit 1
	expect_count journal ' start ' 4
	seen log 'gave up: restart_limit = 3'
}

@test "a server that gave up is not started again, whatever happens" {
	ini '--exit-on-start 1' crash_limit=1 mcinit.when_all_stopped=stay
	start
	wait_for log 'waiting for signals'
	tell USR1
	tell QUIT
	tell CHLD
	wait_for log 'server: failed for'
	expect_count journal ' start ' 1
	stop 1
}

# --- what is waited for ---

@test "nothing starts before the whole tree has ended: a daemon of the server" {
	ini '--first 1 --crash-after 0ms --daemon 400ms --daemon-ignore-term' restart_delay=1ms
	start
	ready 2
	# The journal is in the order of what happened.
	[ "$(awk '$2 == "daemon-exit" && !n { print n + 0; exit } $2 == "start" { s++ }
	    s == 2 { n = 1 }' journal)" = 0 ]
	seen log 'ended (exit 1) but left processes behind; ending them first'
	stop
}

@test "nothing starts before the whole tree has ended: the child of a start script that died" {
	ini '--child-saves --save-time 400ms' restart_delay=1ms
	start
	ready
	kill -KILL "$(sed -n 's/^[0-9]* parent //p' journal)"
	ready 2
	awk '$2 == "exit" { exits++ } $2 == "start" && ++starts == 2 && !exits { exit 1 }' journal
	seen journal ' saved '
	stop
}

@test "leftovers that do not end are killed, and the server starts again" {
	ini '--first 1 --crash-after 0ms --daemon forever --daemon-ignore-term' restart_delay=1ms \
	    stop_timeout=1s
	start
	ready 2
	seen log 'fake-daemon (pid *) ends by SIGTERM'
	seen log 'fake-daemon (pid *) is killed'
	never_seen journal 'daemon-exit'
	tell TERM
	expect_exit 137
}

@test "orphans that end by themselves do not hold up the restart for long" {
	ini '--first 1 --crash-after 0ms --orphans 20 --orphan-life 100ms' restart_delay=1ms
	start
	ready 2
	stop
}

# --- what prevents a start ---

@test "a busy program file is tried again, and started when it is free" {
	cp "$FAKE" world/fake
	ini '' command="$here/world/fake --journal $journal"
	exec {busy}>>world/fake
	start
	wait_for log 'cannot execute *Text file busy'
	seen log 'This may pass by itself'
	wait_for log 'starting again in'
	exec {busy}>&-
	ready
	stop
}

@test "a busy program file is tried again and again, until it can be executed" {
	cp "$FAKE" world/fake
	ini '' command="$here/world/fake --journal $journal" crash_limit=3 restart_delay=1ms
	exec {busy}>>world/fake
	start
	wait_for log 'Text file busy' 5
	never_seen log 'gave up'
	exec {busy}>&-
	ready
	stop
}

@test "a world in use is tried again, with growing delays, and started when it is free" {
	ini '' restart_delay=50ms
	exec {held}>world/.mcinit.lock
	flock "$held"
	start
	wait_for log "the world in $here/world is in use by another server" 2
	seen log 'starting again in 50 ms'
	wait_for log 'starting again in 100 ms'
	expect_count journal ' start ' 0
	exec {held}>&-
	ready
	stop
}

@test "a world in use for ever is given up at crash_limit" {
	ini '' restart_delay=1ms crash_limit=3
	exec {held}>world/.mcinit.lock
	flock "$held"
	start
	expect_exit 1
	expect_count log 'is in use by another server' 3
	exec {held}>&-
}

@test "a directory that vanishes while the server runs: given up at once, and said" {
	ini ''
	start
	ready
	rm -r world
	kill -KILL "$server"
	expect_exit 78
	seen log "cannot enter its directory $here/world"
	expect_count journal ' start ' 1
}
@test "a start that takes longer than start_timeout is ended and counts as a crash" {
	ini '' start_timeout=2s crash_limit=1
	# Slow is what only the child does: a server is ready a second after its exec.
	under_strace -e trace=setsid -e inject=setsid:delay_enter=2300000 --
	expect_exit 1
	seen log 'not ready within start_timeout = 2*s; ending this start'
	seen log 'ended: hung'
	never_seen log 'running after'
}

