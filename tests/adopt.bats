#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# mcinit is killed, and the next one takes its servers over: the same processes, with their consoles,
# counters and deadlines.  Called by tools/run-tests, or alone from the top of the tree; with SOAK=1
# the counts are those promised.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# killed: mcinit ends as if the kernel had been short of memory.
killed()
{
	tell KILL
	until_true gone "$pid"
}

# kill_and_start [COMMAND [ARG]...]: the next mcinit runs, and has the servers; COMMAND runs between.
kill_and_start()
{
	killed
	"${@:-:}"
	count "$log" "*still runs (pid $server); taken over*"
	start
	wait_for "$log" "still runs (pid $server); taken over" $((count + 1))
}

# Of all processes that were started here.
carriers()
{
	local one
	carriers=0
	for one in /proc/[0-9]*; do
		{ IFS= read -r -d '' _ && IFS= read -r -d '' role && IFS= read -r -d '' _; } 2>/dev/null \
		    <"$one/cmdline" || continue
		[[ $role == --role=carrier && $(readlink "$one/fd/3" 2>/dev/null) == "$here"/* ]] &&
		    carriers=$((carriers + 1))
	done
	:
}

one_carrier()
{
	carriers
	[ "$carriers" -eq 1 ]
}

# A log of a thousand lives would be read from its start for each of them.
set_log_aside()
{
	cat "$log" >>lives
	: >"$log"
}

@test "under a flood: same server, each line once, one carrier, nothing leaks" {
	local i before
	ini_flood
	start
	ready
	until_true test -s logs/server.log
	kill_and_start
	look
	before=$kept
	for ((i = 0; i < $(soak 1000 20); i++)); do
		kill_and_start set_log_aside
		kill -0 "$server"
	done
	same_as_before "$before"
	until_true one_carrier
	stop
	expect_count journal ' start ' 1
	expect_count journal ' saved ' 1
	no_line 'in use by another' lives "$log"
	each_line_once
}

@test "a server that ended while no mcinit was there is judged by how it ended" {
	local i
	for ((i = 0; i < $(soak 100 4); i++)); do
		: >journal >log
		ini '' restart_delay=0
		start
		ready
		killed
		kill -KILL "$server"
		until_true ended "$server"
		start
		ready 2
		seen log "ended (pid *) while no mcinit was there"
		seen log 'ended: * (*)'
		stop
		expect_count journal ' start ' 2
		expect_count journal ' saved ' 1
	done
}

@test "a server that was stopped while no mcinit was there stays stopped" {
	ini_java '--save-time 20ms' type=vanilla
	start
	ready
	killed
	echo stop >run/server/stdin
	until_true ended "$server"
	start
	wait_for log 'ended by itself ('
	expect_exit 0
	expect_count journal ' start ' 1
	expect_count journal ' saved ' 1
}

@test "an adopted server that crashes is started again, and its crashes are counted on" {
	ini '' restart_delay=0 crash_limit=3
	start
	ready
	kill -KILL "$server"
	ready 2
	kill_and_start
	kill -KILL "$server"
	ready 3
	wait_for log 'ended: crashed (SIGKILL)' 2
	kill_and_start
	kill -KILL "$server"
	wait_for log 'gave up after 3 crashes'
	expect_exit 1
	expect_count journal ' start ' 3
}

@test "an adopted server is stopped by command, signal and SIGKILL, with all that it started" {
	ini_java '--save-time 20ms' type=vanilla
	start
	ready
	kill_and_start
	stop
	expect_count journal ' command stop' 1
	expect_count journal ' saved ' 1
	: >journal >log
	ini '--ignore-term --daemon 10m --daemon-ignore-term' stop_timeout=1s
	start
	ready
	wait_for journal ' daemon '
	kill_and_start
	stop 137
	until_true ended "$server"
	daemon_ended
}

daemon_ended()
{
	local number
	number=$(awk '$2 == "daemon" { print $3; exit }' journal)
	until_true ended "$number"
}

@test "what an adopted server leaves behind is ended before it starts again" {
	ini '--daemon 10m --crash-after 10m' restart_delay=0 stop_timeout=5s
	start
	ready
	wait_for journal ' daemon '
	kill_and_start
	kill -KILL "$server"
	wait_for log 'left processes behind; ending them first'
	ready 2
	daemon_ended
	tell TERM
	wait_for log 'stopping; it has'
	expect_exit 0
}

@test "a stop that had begun goes on and is not begun twice; a start of mcinit is a start" {
	ini_java '--save-time 300ms' type=vanilla
	start
	ready
	tell TERM
	wait_for journal ' saving '
	killed
	start
	ready 2
	stop
	expect_count journal ' start ' 2
	expect_count journal ' command stop' 2
	expect_count journal ' saved ' 2
	never_seen log 'in use by another'
}

@test "today's INI is in force, and what waits for the next start is said" {
	ini '' restart_delay=0
	start
	ready
	killed
	ini '' restart=no nice=5
	start
	wait_for log "still runs (pid $server); taken over"
	wait_for log 'server.nice changed, in force at the next start'
	kill -KILL "$server"
	wait_for log 'not starting again (restart = no)'
	expect_exit 137
}

@test "a console is typed on as before, and followed by who comes then" {
	ini '--clock 20ms' type=generic
	start
	ready
	kill_and_start
	"$MCINIT" -c mcinit.ini logs -f >followed 2>&1 3>&- {idle}>&- &
	started="$started $!"
	"$MCINIT" -c mcinit.ini send say hello
	wait_for followed '\[Server] hello'
	wait_for journal ' command say hello'
	stop
}

@test "another mcinit's fault behind an adoption is survived, too" {
	ini '--clock 20ms'
	start
	ready
	kill_and_start
	tell SEGV
	wait_for log 'mcinit itself failed (*'
	kill -0 "$server"
	kill_and_start
	tell SEGV
	wait_for log 'mcinit itself failed (*' 2
	stop
	expect_count journal ' start ' 1
	expect_count journal ' saved ' 1
}

@test "a state of another boot, an empty one and a broken one: mcinit starts all the same" {
	local what
	for what in boot empty short broken link fifo directory; do
		: >journal >log
		ini ''
		start
		ready
		killed
		kill -KILL "$server"
		until_true ended "$server"
		case $what in
		boot) grep -q "$(cat /proc/sys/kernel/random/boot_id)" run/state && sed -i "s/$(cat /proc/sys/kernel/random/boot_id)/01234567-89ab-cdef-0123-456789abcdef/" \
		    run/state ;;
		empty) : >run/state ;;
		short) truncate -s 5000 run/state ;;
		broken) dd if=/dev/urandom of=run/state bs=1k seek=1 count=100 conv=notrunc status=none ;;
		link) mv run/state other && ln -s "$here/other" run/state ;;
		fifo) rm run/state && mkfifo run/state ;;
		directory) rm run/state && mkdir run/state ;;
		esac
		start
		ready 2
		if [ "$what" = boot ]; then
			never_seen log 'while no mcinit was there'
		else
			seen log 'cannot be read; it is kept as'
		fi
		stop
		rm -rf run
	done
}

@test "a clean end leaves nothing to take over" {
	ini ''
	start
	ready
	stop
	[ ! -e run/state ]
	start
	ready 2
	never_seen log 'taken over'
	stop
}

@test "with a broken state servers are known by the locks of their worlds" {
	local first
	ini_java '--save-time 20ms --clock 20ms' type=vanilla restart_delay=0
	start
	ready
	killed
	dd if=/dev/urandom of=run/state bs=1k seek=1 count=100 conv=notrunc status=none
	start
	wait_for log "still runs (pid $server); taken over"
	seen log 'cannot be read; it is kept as'
	[ -s run/state.bad ]
	expect_count journal ' start ' 1
	kill_and_start
	first=$server
	kill -KILL "$server"
	ready 2
	until_true ended "$first"
	stop
	expect_count journal ' saved ' 1
	never_seen log 'left alone'
}

@test "with a broken state a server of somebody else is named and left alone" {
	ini '--clock 20ms' restart_delay=1m crash_window=1h
	start
	ready
	mkdir other
	(cd other && sed "s,^run_dir = .*,run_dir = $here/other/run," ../mcinit.ini >mcinit.ini)
	mkdir -m 700 other/run
	echo broken >other/run/state
	chmod 600 other/run/state
	"$MCINIT" -c other/mcinit.ini 2>other/log &
	started="$! $started"
	wait_for other/log "in use by a server (pid $server) that is left alone"
	wait_for other/log "is in use by another server (pid $server)"
	kill -TERM "${started%% *}"
	until_true gone "${started%% *}"
	kill -0 "$server"
	stop
	expect_count journal ' start ' 1
}

@test "a server that this kernel cannot look after is left alone, and taken over by who can" {
	ini ''
	start
	ready
	killed
	under_strace -e trace=pidfd_open -e inject=pidfd_open:error=ENOSYS --
	expect_exit 71
	seen log "cannot be taken over (Linux before 5.3*kill $server"
	never_seen log 'ended (pid'
	kill -0 "$server"
	: >log
	under_strace -e trace=pidfd_open -e inject=pidfd_open:error=EMFILE --
	expect_exit 71
	seen log 'cannot be taken over: pid'
	kill -0 "$server"
	start
	wait_for log "still runs (pid $server); taken over"
	stop
	lived_well 1
}
