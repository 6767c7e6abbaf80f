#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# mcinit -d: the background, the word back, the log; and the PID file.  Called by tools/run-tests, or
# alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# daemon [CODE] [OPTION]...: `mcinit -d` returns with CODE (0); its pid in $pid.
daemon()
{
	local code=0 want=${1:-0}
	timeout 30 "$MCINIT" -d -c mcinit.ini "${@:2}" >>"$out" 2>>"$log" 3>&- {idle}>&- || code=$?
	[ "$code" -eq "$want" ] || { echo "code $code, not $want"; cat "$log"; return 1; }
	[ "$want" -eq 0 ] || return 0
	pid=$(<run/lock)
	outer=$pid
	started="$pid $started"
	is_mcinit "$pid"
}

# What $started holds is no child of this shell.
teardown()
{
	local one
	for one in $started; do
		ended "$one" || end_tree "$one"
	done
	started=
	end_everything
}

stop_daemon()
{
	tell TERM
	until_true ended "$pid"
}

@test "it returns when the server runs, and stops like any other" {
	ini '--start-delay 200ms' type=paper
	daemon
	seen journal ' ready '
	wait_for log 'running after'
	kill -0 "$pid"
	stop_daemon
	seen journal ' saved '
	seen run/mcinit.log 'all servers have ended; leaving with exit code 0'
}

@test "a session of its own without a terminal, in /, with nothing of ours open" {
	local stat
	ini ''
	daemon 0
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	[ "$(readlink "/proc/$pid/fd/0")" = /dev/null ]
	[ "$(readlink "/proc/$pid/fd/1")" = /dev/null ]
	[ "$(readlink "/proc/$pid/fd/2")" = "$here/run/mcinit.log" ]
	stat=$(<"/proc/$pid/stat")
	read -r _ _ _ session tty _ <<<"${stat##*) }"
	[ "$session" -ne "$pid" ]
	[ "$tty" -eq 0 ]
	field "$pid" Umask
	[[ $field == 0022 || $field == 0027 || $field == 0077 ]]
	stop_daemon
}

@test "its own lines and the console go into log.dir, and the terminal sees them until it runs" {
	ini '' log.dir="$here/logs"
	daemon
	seen log 'service mode'
	seen logs/mcinit.log 'service mode'
	stop_daemon
	seen logs/mcinit.log 'leaving with exit code 0'
	never_seen log 'leaving with'
	seen logs/server.log 'Starting minecraft server'
}

@test "the code is that of what went wrong" {
	ini '' nonsense=1
	daemon 78
	seen log 'server.nonsense'
	ini '' command=
	daemon 78
	seen log 'no server.jar in'
	ini '' command="$here/nothing"
	daemon 127
	ini '--exit-on-start 3' restart=no
	daemon 3
	ini '--exit-on-start 3' restart=no mcinit.when_all_stopped=stay
	daemon 3
	pid=$(<run/lock)
	stop_daemon
}

@test "a daemon that is killed before it runs: who waits says so by the code" {
	ini '--never-ready' type=paper
	launch "$MCINIT" -d -c mcinit.ini
	wait_for journal ' start '
	newest
	until_true test -s run/lock
	kill -KILL "$(<run/lock)"
	expect_exit 137
	kill -KILL "$server"
}

@test "Ctrl-C ends the waiting, and not the daemon" {
	ini '--never-ready' type=paper
	launch "$MCINIT" -d -c mcinit.ini
	wait_for journal ' start '
	kill -INT "$pid"
	expect_exit 130
	pid=$(<run/lock)
	kill -0 "$pid"
	started=$pid
	stop_daemon
}

@test "a second one is refused with the pid of the first, and leaves it alone" {
	ini '' mcinit.pid_file="$here/pid"
	daemon
	daemon 71
	seen log "another mcinit (pid $pid) runs with run_dir"
	[ "$(<pid)" = "$pid" ]
	ini '' mcinit.pid_file="$here/pid" mcinit.run_dir="$here/other" dir="$here/other"
	mkdir -m 700 other
	daemon 71
	seen log "that of another mcinit (pid $pid), which runs"
	kill -0 "$pid"
	stop_daemon
	[ ! -e pid ]
	expect_count journal ' start ' 1
}

@test "-d beside a verb, beside -n and as process 1 is refused" {
	ini ''
	run -64 "$MCINIT" -d -n -c mcinit.ini
	run -64 "$MCINIT" -d -c mcinit.ini status
	may_be_pid1
	run -64 "${as_pid1[@]}" "$MCINIT" -d -c mcinit.ini
	[[ $output == *'no background'* ]]
}

@test "verbs do not start what does not run" {
	ini ''
	run -3 "$MCINIT" -c mcinit.ini send list
	run -3 "$MCINIT" -c mcinit.ini logs
	expect_count journal ' start ' 0
}

# --- the PID file ---

@test "the PID file is ours, locked, and in no helper; without -d too" {
	local one
	ini '' mcinit.pid_file="$here/pid"
	start
	ready
	[ "$(<pid)" = "$pid" ]
	run -1 flock -n pid true
	run -1 flock -n run/lock true
	children "$pid"
	for one in $children; do
		readlink "/proc/$one/fd/"* | no_line "^$here/(pid|run/lock)\$"
	done
	console_processes "$pid"
	for one in $children $server; do
		readlink "/proc/$one/fd/"* | no_line "^$here/(pid|run/lock)\$"
	done
	tell SEGV
	wait_for log 'mcinit itself failed'
	run -1 flock -n pid true
	run -1 flock -n run/lock true
	stop
	[ ! -e pid ]
	[ ! -e pid.new ]
}

@test "whatever a power cut left of the PID file and the state: mcinit starts" {
	local what
	for what in empty half garbage new_left new_empty dangling fifo_new gone; do
		: >journal >log
		rm -rf pid pid.new run
		mkdir -m 700 run
		: >run/state.new
		case $what in
		empty) : >pid ;;
		half) printf 12 >pid ;;
		garbage) head -c 100 /dev/urandom >pid ;;
		new_left) echo 1 >pid.new ;;
		new_empty) : >pid.new ;;
		dangling) ln -s "$here/nowhere" pid ;;
		fifo_new) mkfifo pid.new ;;
		gone) ;;
		esac
		ini '' mcinit.pid_file="$here/pid"
		start
		ready
		[ "$(<pid)" = "$pid" ]
		[ ! -e nowhere ]
		stop
	done
}

@test "a PID file that is a device is an error, and the device stays" {
	mknod null c 1 3 2>/dev/null || skip 'no device can be made here'
	ini '' mcinit.pid_file="$here/null"
	run -71 "$MCINIT" -c mcinit.ini 3>&-
	[[ $output == *"cannot write mcinit.pid_file $here/null"* ]]
	[ -c null ]
}

@test "a PID file that cannot be written is an error, before any server starts" {
	ini '' mcinit.pid_file="$here/no/such/pid"
	start
	expect_exit 71
	seen log "cannot write mcinit.pid_file $here/no/such/pid"
	expect_count journal ' start ' 0
}
