#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# mcinit is asked to go on in another binary: it is tried first, then executed, and no server notices.
# Called by tools/run-tests, or alone from the top of the tree; with SOAK=1 the counts are those
# promised.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# reexec CODE [PATH]: what it says in $output.
reexec()
{
	run -"$1" timeout 40 "$MCINIT" -S run/control reexec "${@:2}" 3>&-
}

# at_generation N: so many times another image went on, and it is the same process.
at_generation()
{
	expect_count "$log" 'going on as mcinit' "$1"
	kill -0 "$pid"
	[ "$(<"/proc/$pid/comm")" = "${name:-mcinit}" ]
}

# refused TEXT [PATH]: and nothing is other than it was.
refused()
{
	local before
	look
	before=$kept
	reexec 1 "${@:2}"
	[[ $output == "mcinit: re-exec refused: "*$1* ]] || { echo "said: $output"; return 1; }
	seen "$log" "re-exec refused: *$1"
	same_as_before "$before"
	at_generation 0
	kill -0 "$server"
}

# in_place FILE: of what mcinit runs.
in_place()
{
	[ "/proc/$pid/exe" -ef "$1" ]
}

# --- it goes on ---

goes_on()
{
	local before number
	ini ''
	start_as "$1"
	ready
	look
	before=$kept
	for number in 1 2 3; do
		reexec 0
		[[ $output == "mcinit "*" goes on, generation $number, pid "* ]]
		same_as_before "$before"
	done
	at_generation 3
	stop
	lived_well 1
}

@test "as a service: the same process, the same server, and who asked is told" {
	goes_on service
}

@test "as process 1: the same process, the same server, and who asked is told" {
	goes_on pid1
}

@test "in the background: the same process, which its PID file names" {
	ini '' mcinit.pid_file="$here/pid"
	"$MCINIT" -c mcinit.ini -d 3>&- {idle}>&-
	pid=$(<pid)
	started="$pid $started"
	ready
	reexec 0
	[ "$(<pid)" = "$pid" ]
	kill -0 "$pid" "$server"
	tell TERM
	until_true ended "$pid"
	lived_well 1
}

@test "a process 1 with a real JVM: it never notices" {
	need_java
	ini_jvm '' type=vanilla
	start_pid1
	ready
	reexec 0
	reexec 0
	at_generation 2
	stop
	seen journal ' saved '
	expect_count journal ' start ' 1
	expect_count journal ' command stop' 1
}

execs_under_flood()
{
	local before before_dirty n
	n=$(soak 10000 40)
	ini_flood
	launch_heard "$1"
	ready
	newest
	until_true test -s logs/server.log
	measure -x 1 4000 "$pid" "$MCINIT" -c mcinit.ini reexec
	look
	before=$kept
	private_dirty
	before_dirty=$private_dirty
	measure -x "$n" 4000 "$pid" "$MCINIT" -c mcinit.ini reexec
	hear_on
	same_as_before "$before"
	private_dirty
	echo "# $1: private memory $before_dirty KiB, after $n re-execs $private_dirty KiB" >&3
	[ "$private_dirty" -le 100 ]
	at_generation $((n + 1))
	[ "$1" = pid1 ] || kill -0 "$server"
	stop
	lived_well 1
	each_line_once
}

@test "under a flood, as a service: each line once, nothing leaks, signals are heard" {
	execs_under_flood service
}

@test "under a flood, as process 1: each line once, nothing leaks, signals are heard" {
	execs_under_flood pid1
}

@test "a file that was edited, or broken, since the start changes nothing" {
	ini '' stop_timeout=7s
	start
	ready
	sed -i 's/stop_timeout.*/stop_timeout = never/' mcinit.ini
	reexec 0
	rm mcinit.ini
	reexec 0
	at_generation 2
	tell TERM
	wait_for log 'stopping; it has 7*s to save'
	expect_exit 0
	lived_well 1
}

@test "a stop that goes on meanwhile goes on, and is not begun twice" {
	ini_java '--save-time 400ms' type=vanilla
	start
	ready
	tell TERM
	wait_for journal ' command stop'
	reexec 0
	expect_exit 0
	at_generation_was 1
	lived_well 1
}

at_generation_was()
{
	expect_count "$log" 'going on as mcinit' "$1"
}

@test "a server that crashes meanwhile is started again, and its crashes are counted on" {
	ini '' restart_delay=0 crash_limit=3
	start
	ready
	kill -KILL "$server"
	ready 2
	reexec 0
	kill -KILL "$server"
	ready 3
	wait_for log 'ended: crashed (SIGKILL)' 2
	reexec 0
	kill -KILL "$server"
	wait_for log 'gave up after 3 crashes'
	expect_exit 1
	expect_count journal ' start ' 3
}

@test "a console that is followed and typed on goes on" {
	ini_java '' type=vanilla
	start
	ready
	"$MCINIT" -c mcinit.ini logs -f >followed 2>&1 3>&- {idle}>&- &
	started="$started $!"
	"$MCINIT" -c mcinit.ini send say before 3>&-
	wait_for followed '\[Server] before'
	reexec 0
	"$MCINIT" -c mcinit.ini send say behind 3>&-
	wait_for followed '\[Server] behind'
	stop
	lived_well 1
}

# --- into another build ---

# another FILE: a binary that is another build of the same.
another()
{
	local at
	cp "$MCINIT" "$1.new"
	# The note has a head of 16 bytes, then the 20 of the identity, which may be any.
	at=$(readelf -SW "$MCINIT" | sed -n 's/.* \.note\.gnu\.build-id *NOTE *[^ ]* \([^ ]*\) .*/\1/p')
	[ -n "$at" ]
	id_end=$((16#$at + 16 + 19))
	printf '\x5a' | dd of="$1.new" bs=1 seek="$id_end" conv=notrunc status=none
	mv "$1.new" "$1"
}

@test "without a PATH: what stands where its own binary was, and its helpers are of that build, too" {
	local one name=mine
	cp "$MCINIT" mine
	ini '' log.dir="$here/logs"
	launch ./mine -c mcinit.ini
	ready
	another mine
	run -1 in_place mine
	reexec 0
	in_place mine
	at_generation 1
	until_true all_of mine
	# And by then nothing more is replaced.
	console_processes "$pid"
	one=$children
	reexec 0
	console_processes "$pid"
	[ "$children" = "$one" ]
	stop
	lived_well 1
}

all_of()
{
	local one
	console_processes "$pid"
	[ "$(wc -w <<<"$children")" -eq 3 ] || return 1
	for one in $children; do
		[ "/proc/$one/exe" -ef "$1" ] || return 1
	done
}

goes_into_newer()
{
	ini '' log.dir="$here/logs"
	start_as "$1"
	ready
	reexec 0 "$NEWER"
	[[ $output == "mcinit 99.0.0 goes on, generation 1, "* ]]
	in_place "$NEWER"
	until_true all_of "$NEWER"
	at_generation 1
	kill -SEGV "$pid"
	wait_for log 'mcinit itself failed'
	# An older one does not know all of its state.
	reexec 1 "$MCINIT"
	[[ $output == *'cannot go on from here: the state is of another version' ]]
	in_place "$NEWER"
	kill -0 "$pid"
	reexec 0
	stop
	lived_well 1
}

@test "as a service: into one whose state has more in it, and not back" {
	goes_into_newer service
}

@test "as process 1: into one whose state has more in it, and not back" {
	goes_into_newer pid1
}

@test "a newer mcinit takes over the servers of an older one that was killed" {
	ini ''
	start
	ready
	tell KILL
	until_true gone "$pid"
	launch "$NEWER" -c mcinit.ini
	wait_for log "still runs (pid $server); taken over"
	expect_count journal ' start ' 1
	stop
	lived_well 1
}

@test "helpers of another build take over in a flood, and each line is written once" {
	local round
	another a
	another b
	printf '\x5b' | dd of=b bs=1 seek="$id_end" conv=notrunc status=none
	ini_flood
	start
	ready
	for ((round = 0; round < $(soak 500 10); round++)); do
		reexec 0 ./a
		until_true all_of a
		reexec 0 ./b
		until_true all_of b
	done
	stop
	lived_well 1
	each_line_once
}

# --- refused ---

# Its child, in $trial.
is_tried()
{
	local one
	children "$pid"
	for one in $children; do
		[[ $(readlink "/proc/$one/exe") != */helper_hang ]] || { trial=$one; return; }
	done
	return 1
}

nothing_is_tried()
{
	! is_tried
}

@test "what is no binary, or none for this machine, is refused, and nothing has changed" {
	ini ''
	start
	ready
	refused 'cannot open '*': No such file' ./missing
	refused 'is no file' /
	refused 'is no file' /dev/null
	mkfifo pipe
	refused 'is no file' pipe
	: >empty
	chmod 755 empty
	refused 'cannot execute '*': Exec format error' empty
	head -c 100000 "$MCINIT" >truncated
	chmod 755 truncated
	refused truncated truncated
	cp "$MCINIT" foreign
	# The machine of its ELF head: SPARC.
	printf '\x02\x00' | dd of=foreign bs=1 seek=18 conv=notrunc status=none
	refused 'Exec format error' foreign
	cp "$MCINIT" "not executable"
	chmod 600 "not executable"
	refused 'cannot execute '*'/not executable: Permission denied' 'not executable'
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$MCINIT" >script
	chmod 755 script
	refused script script
	stop
	lived_well 1
}

@test "what is no mcinit, or fails at it, is refused, and nothing has changed" {
	ini ''
	start
	ready
	refused '/bin/true is no mcinit that can go on from here' /bin/true
	refused '/bin/false is no mcinit that can go on from here' /bin/false
	refused "$FAKE is no mcinit that can go on from here" "$FAKE"
	reexec 64 ''
	reexec 64 a b
	reexec 64 $'a\nb'
	at_generation 0
	stop
	lived_well 1
}

@test "the exec itself fails: all is as it was, and it may be asked for again" {
	ini ''
	command -v strace >/dev/null || skip 'no strace'
	# Without -f: in its child it works.
	launch strace -DD -qq -o strace -e trace=execveat -e inject=execveat:error=ENOMEM:when=1 \
	    "$MCINIT" -c mcinit.ini
	ready
	look
	before=$kept
	reexec 1
	[[ $output == 'mcinit: re-exec refused: cannot execute '*': '* ]]
	same_as_before "$before"
	reexec 0
	[[ $output == *', generation 1, '* ]]
	stop
	lived_well 1
}

@test "a program that hangs is given up, and until then another is refused; signals are heard" {
	ini ''
	start
	ready
	"$MCINIT" -c mcinit.ini reexec "$HELPERS/helper_hang" 2>hangs 3>&- {idle}>&- &
	asked=$!
	wait_for log 're-exec: trying *helper_hang'
	reexec 1
	[[ $output == 'mcinit: another re-exec is under way' ]]
	tell USR1
	wait_for log 'orphans reaped'
	wait "$asked" && return 1
	seen hangs 'mcinit: re-exec refused: the program did not show within 10*s that it can go on'
	expect_count log 'the program did not show within' 1
	until_true nothing_is_tried
	reexec 0
	at_generation 1
	stop
	lived_well 1
}

# late: a program that says that it can go on when there is a file late.go.
late()
{
	cp "$HELPERS/helper_late" late
	cp "$MCINIT" late.real
}

@test "a configuration that comes into force while the program is tried is tried, too" {
	late
	ini ''
	start
	ready
	"$MCINIT" -c mcinit.ini reexec "$here/late" >answer 2>&1 3>&- {idle}>&- &
	asked=$!
	wait_for log 're-exec: trying *late'
	ini '' stop_timeout=19s
	tell HUP
	wait_for log 'stop_timeout changed'
	: >late.go
	wait "$asked"
	seen answer 'goes on, generation 1'
	expect_count log 're-exec: trying *late' 2
	at_generation 1
	stop
	lived_well 1
}

@test "a program that talks without end is given up, and until then mcinit does other things" {
	late
	: >late.flood
	ini ''
	start
	ready
	look
	before=$kept
	"$MCINIT" -c mcinit.ini reexec "$here/late" >answer 2>&1 3>&- {idle}>&- &
	asked=$!
	wait_for log 're-exec: trying *late'
	tell USR1
	wait_for log 'orphans reaped'
	wait "$asked" && return 1
	seen answer 're-exec refused: the program did not show within'
	until_true nothing_is_tried
	same_as_before "$before"
	at_generation 0
	stop
	lived_well 1
}

@test "without an mcinit that runs: said, with code 3" {
	ini ''
	reexec 3
	[[ $output == *'no mcinit runs here'* ]]
	start
	ready
	stop
	reexec 3
	[ ! -e run/control ]
}

@test "mcinit fails while the program is tried: who asked is told, and may ask again" {
	ini ''
	start
	ready
	"$MCINIT" -c mcinit.ini reexec "$HELPERS/helper_hang" 2>tried 3>&- {idle}>&- &
	asked=$!
	wait_for log 're-exec: trying *helper_hang'
	tell SEGV
	wait "$asked" && return 1
	seen tried 'mcinit itself failed meanwhile; ask again'
	reexec 0
	at_generation 1
	until_true nothing_is_tried
	stop
	lived_well 1
}

@test "who asked is killed, or mcinit ends: nobody waits for anybody" {
	local asked trial
	ini ''
	start
	ready
	"$MCINIT" -c mcinit.ini reexec "$HELPERS/helper_hang" 3>&- {idle}>&- &
	asked=$!
	wait_for log 're-exec: trying *helper_hang'
	trial=
	until_true is_tried
	kill -KILL "$asked"
	tell TERM
	expect_exit 0
	lived_well 1
	until_true ended "$trial"
}
