#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What each signal to mcinit means, that none is lost, and which code it ends with.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# HUP INT QUIT USR1 USR2 TERM WINCH PWR RTMIN+3 mean something; KILL and STOP nobody can hear; ILL
# TRAP ABRT BUS FPE SEGV SYS are faults (crash.bats).
without_meaning=(13 14 16 17 18 20 21 22 23 24 25 26 27 29 32 33 34 35 36 {38..64})

# Whether mcinit has taken the signal: it waits for nobody.
heard()
{
	local pending
	pending=$(sed -n 's/^ShdPnd:\t//p' "/proc/$pid/status") && (((0x$pending >> ($1 - 1) & 1) == 0))
}

# --- without meaning ---

every_signal_without_meaning()
{
	local number said=0
	ini ''
	start_as "$1"
	ready
	for number in "${without_meaning[@]}"; do
		tell "$number"
		case $number in
		13 | 17) ;;		# the kernel's word on our own doing: nothing is said
		*)
			said=$((said + 1))
			wait_for log 'has no meaning here' "$said"
			;;
		esac
		state_is "$pid" '[SR]'
	done
	kill -0 "$server" || [ "$1" = pid1 ]
	never_seen journal ' signal '
	expect_count journal ' start ' 1
	stop
}

@test "all signals without a meaning are ignored, and the server hears none of them" {
	every_signal_without_meaning service
}

@test "all signals without a meaning are ignored by process 1, too" {
	every_signal_without_meaning pid1
}

@test "a storm of real-time signals ends, and mcinit still hears" {
	local i
	ini '' mcinit.log_level=info
	start
	ready
	for ((i = 0; i < 2000; i++)); do
		tell 50
	done
	stop
}

@test "SIGTSTP and SIGTTOU do not stop mcinit" {
	ini ''
	start
	ready
	tell TSTP
	tell TTOU
	tell TTIN
	wait_for log 'has no meaning here' 3
	state_is "$pid" '[SR]'
	stop
}

# --- those that stop ---

@test "TERM, INT, PWR and RTMIN+3 stop the server and mcinit, as service and as process 1" {
	local mode number
	for mode in service pid1; do
		for number in 15 2 30 37; do
			: >journal >log
			ini ''
			start_as $mode
			ready
			tell $number
			expect_exit 0
			seen log ': stopping all servers'
			seen journal ' signal 15'
			seen journal ' saved '
			seen journal ' exit 143'
		done
	done
	seen log 'SIGRTMIN+3: stopping'
}

@test "a second TERM, INT or PWR does not kill: the server saves" {
	ini '--save-time 700ms'
	start
	ready
	tell TERM
	wait_for journal ' saving '
	tell TERM
	wait_for log 'SIGTERM again'
	tell INT
	tell 30
	wait_for log ' again' 3
	expect_exit 0
	seen journal ' saved '
	seen journal ' exit 143'
	never_seen log 'SIGKILL to'
}

@test "a second TERM reaches a server that missed the first" {
	ini '' command="$here/deaf.sh"
	# Deaf to the first, as a start script that handles it wrongly.
	cat >deaf.sh <<-END
	#!/bin/bash
	trap 'echo 0 heard >>$journal; trap "echo 0 again >>$journal; exit 143" TERM' TERM
	echo 0 start \$\$ >>$journal
	echo 0 ready \$\$ >>$journal
	while :; do read -rt 0.05 <> <(:); done
	END
	chmod +x deaf.sh
	start
	ready
	tell TERM
	wait_for journal ' heard'
	tell TERM
	wait_for journal ' again'
	expect_exit 0
}

@test "further TERMs neither shorten nor lengthen the time until SIGKILL" {
	ini '--ignore-term' stop_timeout=1s
	start
	ready
	tell TERM
	wait_for journal ' signal 15'
	until_true again
	expect_exit 137
	local asked killed
	asked=$(stamp 'SIGTERM: stopping')
	killed=$(stamp 'SIGKILL to all')
	[ $((killed - asked)) -ge 990 ]
	[ $((killed - asked)) -lt 3000 ]
}

# Asks again and again, until mcinit is gone.
again()
{
	tell TERM 2>/dev/null || gone "$pid"
	gone "$pid"
}

# The time of the first line with TEXT in the log, in ms.
stamp()
{
	local time
	time=$(grep -m 1 -- "$1" log)
	time=${time%% *}
	echo $(($(date -d "$time" +%s%N) / 1000000))
}

@test "Ctrl-C on mcinit's terminal is one TERM for the server, and no INT" {
	ini '' mcinit.log_level=info
	run -0 "$HELPERS/helper_tty" 'wait:running' 'send:^C' -- "$MCINIT" -c mcinit.ini
	[[ $output == *"SIGINT: stopping all servers"* ]]
	expect_count journal ' signal 15' 1
	never_seen journal ' signal 2'
	seen journal ' saved '
}

@test "the terminal hangs up: mcinit and the server live on" {
	ini ''
	launch "$HELPERS/helper_tty" 'wait:running' hangup -- "$MCINIT" -c mcinit.ini
	ready
	pid=$(<run/lock)
	started="$pid $started"
	# The kernel tells the leader of the session, and HUP means reload.
	wait_for out 'running'
	until_true no_terminal
	tell USR1
	[ "$(<run/lock)" = "$pid" ]
	kill -0 "$server"
	tell TERM
	until_true ended "$server"
	seen journal ' saved '
	until_true ended "$pid"
}

# The seventh field of stat behind the name: the terminal's number.
no_terminal()
{
	local stat
	IFS= read -r stat <"/proc/$pid/stat"
	# shellcheck disable=SC2086  # words
	set -- ${stat##*) }
	[ "$5" -eq 0 ]
}

@test "TERM at any moment after the signals are blocked is never lost, as a service" {
	ini ''
	run -0 "$HELPERS/helper_race" "$(soak 2000 80)" 20000 15 "$MCINIT" -c mcinit.ini 3>&-
	every_start_has_its_exit
}

@test "TERM at any moment after the signals are blocked is never lost, as process 1" {
	may_be_pid1
	ini ''
	run -0 "$HELPERS/helper_race" -1 "$(soak 2000 80)" 20000 15 "$MCINIT" -c mcinit.ini 3>&-
	every_start_has_its_exit
}

@test "TERM at any moment of a start from an INI with a JVM line" {
	ini_java '--start-delay 10ms'
	run -0 "$HELPERS/helper_race" "$(soak 2000 60)" 20000 15 "$MCINIT" -c mcinit.ini 3>&-
	every_start_has_its_exit
}

# The fake server says `start` when it can hear a signal, and `exit` when it has saved.
every_start_has_its_exit()
{
	count journal '* start *'
	expect_count journal ' exit ' "$count"
}

# --- the others ---

@test "HUP, USR1, USR2 and QUIT do not end mcinit, and the server does not hear them" {
	ini ''
	start_pid1
	ready
	for number in 1 10 12 3; do
		tell $number
	done
	wait_for log 'reload done'
	wait_for log 'orphans reaped'
	wait_for log 'debug messages are'
	never_seen journal ' signal '
	stop
}

@test "USR1 logs the statistics, of mcinit and of each server" {
	ini ''
	start
	ready
	wait_for log 'running after'
	tell USR1
	wait_for log 'up *, 0 orphans reaped, 0 log lines lost'
	wait_for log "server: running for *, pid $server, 0 restarts, last end: none"
	stop
}

@test "USR2 turns debug messages on and off" {
	ini '' mcinit.log_level=info
	start
	ready
	tell 14
	until_true heard 14
	tell USR2
	wait_for log 'debug messages are on'
	tell 16
	wait_for log 'SIGSTKFLT has no meaning here'
	tell USR2
	wait_for log 'debug messages are off'
	tell 23
	until_true heard 23
	stop
	never_seen log 'SIGALRM has'
	never_seen log 'SIGURG has'
}

@test "USR2 turns debug messages off where the INI has them on" {
	ini ''
	start
	ready
	tell USR2
	wait_for log 'debug messages are off'
	tell 23
	until_true heard 23
	stop
	never_seen log 'SIGURG has'
}

@test "QUIT makes a JVM print its threads, and it goes on" {
	need_java
	ini_jvm ''
	start
	ready
	tell QUIT
	wait_for out 'Full thread dump OpenJDK'
	kill -0 "$server"
	never_seen journal ' saving '
	stop
}

@test "QUIT does not reach a command, which it might kill" {
	ini '' type=paper
	start
	ready
	tell QUIT
	tell 45
	wait_for log 'SIGRTMIN+11 has no meaning'
	never_seen out 'Full thread dump'
	stop
}

@test "QUIT while the server waits to be restarted harms nothing" {
	ini_java '--first 1 --crash-after 0ms' restart_delay=300ms
	start
	wait_for log 'starting again in'
	tell QUIT
	ready 2
	stop
}

# --- exit codes ---

@test "restart = no and one server: every exit code of the server is mcinit's" {
	local code got
	ini '' restart=no mcinit.log_level=error command="$FAKE"
	for code in $(seq 0 255); do
		got=0
		FAKESERVER_OPTIONS="--exit-on-start $code" "$MCINIT" -c mcinit.ini >out 2>log 3>&- ||
		    got=$?
		[ "$got" -eq "$code" ] || { echo "$code became $got"; return 1; }
	done
}

@test "restart = no and one server: death by any signal is 128+signal" {
	local number got
	ini '' restart=no mcinit.log_level=error command="$FAKE"
	for number in $(seq 1 16) 24 25 26 27 $(seq 29 64); do
		got=0
		FAKESERVER_OPTIONS="--crash-after 0ms --crash-signal $number" \
		    "$MCINIT" -c mcinit.ini >out 2>log 3>&- || got=$?
		[ "$got" -eq $((128 + number)) ] || { echo "$number became $got"; return 1; }
	done
}

@test "the same codes come out of process 1" {
	local code
	for code in 0 1 42 255; do
		ini "--exit-on-start $code" restart=no
		start_pid1
		expect_exit $code
	done
	ini '--crash-after 0ms --crash-signal 11' restart=no
	start_pid1
	expect_exit 139
}

@test "a requested stop is 0, whatever the server makes of it" {
	local options
	for options in '' '--after-save 1ms'; do
		: >journal
		ini "$options" restart=no
		start
		ready
		stop 0
	done
	: >journal
	printf '#!/bin/bash\ntrap "exit 77" TERM\necho 0 ready 0 >>%s\n%s\n' "$journal" \
	    'while :; do read -rt 0.05 <> <(:); done' >seventy.sh
	chmod +x seventy.sh
	ini '' restart=no command="$here/seventy.sh"
	start
	wait_for journal ' ready '
	stop 0
}

@test "stopped by SIGTERM itself, without a handler: still 0" {
	ini '' command='/bin/sleep 1000'
	start
	wait_for log 'running after'
	stop 0
	seen log 'stopped (SIGTERM)'
}
