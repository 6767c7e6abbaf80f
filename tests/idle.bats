#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# mcinit over time and with nobody listening: no wake-ups, no growth, and a reader of its log that
# stopped reading stops nothing.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# Everything that a wake-up would change.
activity()
{
	local voluntary forced
	field "$1" voluntary_ctxt_switches
	voluntary=$field
	field "$1" nonvoluntary_ctxt_switches
	forced=$field
	activity="$voluntary $forced $(cut -d ' ' -f 14,15 "/proc/$1/stat")"
}

# nothing_happens SECONDS: they are real ones; that nothing happens in them is what is tested.
nothing_happens()
{
	local before
	until_true state_is "$pid" S
	activity "$pid"
	before=$activity
	read -rt "$1" -u "$idle" || :
	activity "$pid"
	[ "$activity" = "$before" ] || { echo "$before became $activity"; return 1; }
}

# The descriptors of mcinit, without what a moment brings.
descriptors()
{
	descriptors=$(ls "/proc/$pid/fd" | wc -l)
}

@test "while a server runs mcinit makes no system call" {
	ini ''
	start
	ready
	wait_for log 'running after'
	nothing_happens 3
	stop
}

@test "while nothing runs any more mcinit makes no system call" {
	ini '--exit-on-start 0' mcinit.when_all_stopped=stay
	start_pid1
	wait_for log 'waiting for signals'
	nothing_happens 1.5
	stop
}

@test "while a restart is far away mcinit makes no system call" {
	ini '--exit-on-start 1' restart_delay=1h restart_delay_max=1h crash_limit=2 crash_window=2h
	start
	wait_for log 'starting again in'
	nothing_happens 1.5
	stop
}

@test "after 30 restarts: no descriptor more, no memory more, no child left" {
	local i before_fds before_dirty
	ini '' restart_delay=0 crash_limit=32 crash_window=1s mcinit.log_level=info
	start
	ready
	for i in {1..30}; do
		kill -KILL "$server"
		ready $((i + 1))
		[ "$i" -ne 3 ] || { descriptors; before_fds=$descriptors; private_dirty
		    before_dirty=$private_dirty; }
	done
	wait_for log 'running after'
	descriptors
	private_dirty
	[ "$descriptors" -le "$before_fds" ]
	[ "$private_dirty" -le "$before_dirty" ] || { echo "$before_dirty $private_dirty"; return 1; }
	has_children "$pid" 1
	stop
}

@test "after 30 reloads: no descriptor more, no memory more, no child left" {
	local i before_fds before_dirty
	ini '' mcinit.log_level=info
	start
	ready
	wait_for log 'running after'
	for i in {1..30}; do
		ini '' stop_timeout="$((i + 20))s" mcinit.log_level=info
		tell HUP
		wait_for log 'reload done' "$i"
		[ "$i" -ne 3 ] || { descriptors; before_fds=$descriptors; private_dirty
		    before_dirty=$private_dirty; }
	done
	until_true has_children "$pid" 1
	descriptors
	private_dirty
	[ "$descriptors" -le "$before_fds" ]
	[ "$private_dirty" -le "$before_dirty" ] || { echo "$before_dirty $private_dirty"; return 1; }
	stop
}

@test "the private memory of mcinit is below its budget" {
	ini ''
	start
	ready
	wait_for log 'running after'
	private_dirty
	[ "$private_dirty" -le 100 ] || { echo "$private_dirty KiB"; return 1; }
	stop
}

@test "the private memory of each console process is below its budget" {
	ini '--flood 0 --flood-lines 20000' log.dir="$here/logs" log.on_full=block
	start
	wait_for journal ' flooded '
	until_true written 2000000
	console_processes "$pid"
	[ "$(wc -w <<<"$children")" -eq 3 ]
	for child in $children; do
		private_dirty "$child"
		[ "$private_dirty" -le 40 ] || { tr '\0' ' ' <"/proc/$child/cmdline"
		    echo "$private_dirty KiB"; return 1; }
	done
	stop
}

# written BYTES: so much at least is in the server's log.
written()
{
	[ "$(stat -c %s "$here/logs/server.log" 2>/dev/null || echo 0)" -ge "$1" ]
}

@test "while nobody prints anything the console processes make no system call" {
	local before processes
	ini '' log.dir="$here/logs"
	start
	ready
	wait_for log 'running after'
	console_processes "$pid"
	read -ra processes <<<"$children"
	until_true all_sleep "${processes[@]}"
	before=$(activities "${processes[@]}")
	read -rt 1.5 -u "$idle" || :
	[ "$(activities "${processes[@]}")" = "$before" ]
	stop
}

all_sleep()
{
	local one
	for one; do
		state_is "$one" S || return 1
	done
}

activities()
{
	local one
	for one; do
		activity "$one"
		echo "$activity"
	done
}

# unread_pipe: a pipe that is full and that nobody reads, as descriptor $full.
unread_pipe()
{
	mkfifo pipe
	exec {full}<>pipe
	dd if=/dev/zero of=pipe bs=4096 oflag=nonblock 2>/dev/null || :
	dd if=/dev/zero of=pipe bs=1 oflag=nonblock 2>/dev/null || :
}

@test "nobody reads stderr: signals are served, crashes restarted, and the stop saves" {
	ini '--first 2 --crash-after 0ms'
	unread_pipe
	launch sh -c 'exec "$@" 2>pipe' - "$MCINIT" -c mcinit.ini
	ready 3
	for number in 10 10 50 51 52 1; do
		tell $number
	done
	tell TERM
	expect_exit 0
	seen journal ' saved '
}

@test "nobody read stderr for a while: afterwards it is said how much was lost" {
	local i
	ini ''
	unread_pipe
	launch sh -c 'exec "$@" 2>pipe' - "$MCINIT" -c mcinit.ini
	ready
	for ((i = 0; i < 1500; i++)); do
		tell 50
	done
	until_true all_heard
	cat <pipe >drained 3>&- {idle}>&- &
	started="$started $!"
	exec {full}>&-
	wait_for drained 'are missing here: the reader of standard error was too slow'
	wait_for drained 'lines were dropped on the way to standard error'
	stop
}

all_heard()
{
	field "$pid" SigQ
	[ "${field%/*}" -eq 0 ] || state_is "$pid" S
}

@test "the reader of stderr leaves: mcinit goes on, and no SIGPIPE reaches the server" {
	ini '' mcinit.log_level=info
	mkfifo pipe
	cat <pipe >first 3>&- {idle}>&- &
	reader=$!
	started=$reader
	launch sh -c 'exec "$@" 2>pipe' - "$MCINIT" -c mcinit.ini
	ready
	kill -KILL "$reader"
	until_true gone "$reader"
	tell USR1
	tell USR1
	wait_for first 'starting'
	kill -KILL "$server"
	ready 2
	kill -0 "$pid"
	stop
	seen journal ' saved '
}

@test "the log goes to a full disk: mcinit goes on" {
	[ -w /dev/full ] || skip 'no /dev/full'
	ini '--first 1 --crash-after 0ms'
	launch sh -c 'exec "$@" 2>/dev/full' - "$MCINIT" -c mcinit.ini
	ready 2
	stop
	seen journal ' saved '
}

@test "stderr shared with the server is not made non-blocking for it" {
	ini '--report'
	mkfifo pipe
	cat <pipe >piped 3>&- {idle}>&- &
	started=$!
	launch sh -c 'exec "$@" >pipe 2>&1' - "$MCINIT" -c mcinit.ini
	ready
	# O_NONBLOCK is 04000.
	[ "$(grep -cE ' report fd [12] .* flags=0[0-9]*[4-7][0-9]{3}$' journal)" -eq 0 ]
	[ "$(grep -cE ' report fd [12] ' journal)" -eq 2 ]
	stop
}
