#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Consoles under a flood: what is killed, stuck, full or gone costs the server nothing, mcinit hears
# its signals throughout, and what is lost is counted.  Called by tools/run-tests, or alone from the
# top of the tree; with SOAK=1 all counts and times are those that are promised.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# The stalls of a soak run are as long as a deadline usually is.
DEADLINE=${SOAK:+120}
DEADLINE=${DEADLINE:-30}

# flooder LINES [KEY=VALUE]...: a server that prints numbered lines of 100 bytes, 0 = for ever.
flooder()
{
	local lines=$1
	shift
	ini "--silent --flood 0 --flood-lines $lines --clock 50ms" log.dir="$here/logs" \
	    mcinit.log_level=info "$@"
}

# All generations of the server's log together.
all_logs()
{
	local n file
	for n in $(cd logs && printf '%s\n' server.log.* | sed -n 's/^server\.log\.\([0-9]*\)$/\1/p' |
	    sort -n); do
		cat "logs/server.log.$n"
	done
	cat logs/server.log
}

# numbers: the numbers of the flood's lines in standard input.
numbers()
{
	grep -oE ' flood [0-9]{10} ' | awk '{ print $2 + 0 }'
}

# kill_now_and_then ROLE TIMES: as soon as a successor is there.
kill_now_and_then()
{
	local i last=
	for ((i = 0; i < $2; i++)); do
		until_true another "$1"
		last=$children
		kill -KILL "$children" 2>/dev/null || :
	done
}

# It is there, and reads what it is for: so a kill hits it at work.
another()
{
	console_processes "$pid" "$1"
	[ -n "$children" ] && [ "$children" != "$last" ] && [ -e "/proc/$children/fd/3" ] &&
	    { state_is "$children" R || [ "$((++looks % 20))" -eq 0 ]; }
}

# --- killed ---

@test "writers killed under a flood: each line is written, once, in order" {
	local n lines looks=0
	n=$(soak 1000 20)
	lines=$((n * 20000))
	flooder $lines log.on_full=block log.rotate_size=16M log.rotate_keep=1000
	launch sh -c 'exec "$@" >file' - "$MCINIT" -c mcinit.ini
	wait_for journal ' start '
	kill_now_and_then files "$n" &
	killers=$!
	kill_now_and_then output "$n"
	wait "$killers"
	wait_for journal ' flooded ' || :
	newest
	stop
	all_logs | numbers >written
	seq "$lines" | cmp - written
	numbers <file | cmp - written
	expect_count journal ' start ' 1
	expect_count log 'a console process (files) ended (signal 9)' "$n"
	expect_count log 'a console process (output) ended (signal 9)' "$n"
}

@test "carriers killed under a flood: at most what one read brought is lost by each" {
	local n lines lost bytes looks=0
	n=$(soak 1000 20)
	lines=$((n * 20000))
	flooder $lines log.on_full=block log.stdout=no log.rotate_keep=1000
	start
	wait_for journal ' start '
	newest
	kill_now_and_then carrier "$n"
	wait_for journal ' flooded '
	private_dirty
	[ "$private_dirty" -le 100 ]
	stop
	bytes=$(($(all_logs | numbers | wc -l) * 100))
	lost=$((lines * 100 - bytes))
	echo "# $n kills: $lost bytes of $((lines * 100)) lost" >&3
	# A quarter of a ring is the most that is read at once.
	[ "$lost" -ge 0 ]
	[ "$lost" -le $((n * 262144)) ]
	expect_count log 'a console process (carrier) ended (signal 9)' "$n"
	# What is there is there once, and in order.
	all_logs | numbers | sort -c -n -u
	expect_count journal ' start ' 1
}

# --- stuck ---

# alive_throughout COUNT: meanwhile mcinit acts on signals, and the server is not held up.
alive_throughout()
{
	local i before
	for ((i = 0; i < $1; i++)); do
		count log '*has no meaning here*'
		before=$count
		now_ms
		asked=$now
		tell 50
		wait_for log 'has no meaning here' $((before + 1))
		now_ms
		[ $((now - asked)) -le "${slowest:-0}" ] || slowest=$((now - asked))
	done
}

# The longest time in ms between two ticks of the server's clock, in $gap.
longest_gap()
{
	gap=$(awk '/ clock / { if (t && $1 - t > g) g = $1 - t; t = $1 } END { print g + 0 }' journal)
}

# no_gap STALL: the clock never stood still; how long it did is a promise for a quiet machine.
no_gap()
{
	longest_gap
	echo "# ${BATS_TEST_DESCRIPTION%%:*}: signals within ${slowest:-0} ms, clock gap $gap ms" >&3
	[ "$gap" -lt "$(soak 100 $(($1 / 2)))" ]
	[ "${slowest:-0}" -lt "$(soak 50 "$1")" ]
}

ticks()
{
	seen journal ' clock ' "$1"
}

# for_ticks N: while the clock of the server goes on N times.
for_ticks()
{
	count journal '* clock *'
	until_true ticks $((count + $1))
}

# A traced process is stopped for a moment at each call, and for long only where it is delayed.
stays_stopped()
{
	local looks
	for ((looks = 0; looks < 20; looks++)); do
		state_is "$1" t || return 1
		pause
	done
}

@test "the disk stalls: the server goes on, signals are heard, and lines are dropped by the whole" {
	local stall
	stall=$(soak 30000 2000)
	flooder 0 log.stdout=no mcinit.log_level=debug log.rotate_size=2G
	command -v strace >/dev/null || skip 'no strace'
	start
	wait_for journal ' clock ' 3
	console_processes "$pid" files
	strace -qq -o /dev/null -p "$children" -e trace=write \
	    -e "inject=write:delay_enter=${stall}000:when=5" 2>attach 3>&- &
	started="$started $!"
	until_true stays_stopped "$children"
	alive_throughout 5
	for_ticks $((stall / 100))
	alive_throughout 5
	no_gap "$stall"
	wait_for log 'lines were dropped on the way to its log file'
	stop
	all_logs >all
	grep -q 'are missing here: the disk of this log was too slow' all
	awk '/ flood / && length($0) != 99 { print; exit 1 }' all
}

@test "standard output is stuck: the server goes on, signals are heard" {
	flooder 0 log.dir= mcinit.log_level=debug
	mkfifo stuck
	exec {held}<>stuck
	launch sh -c 'exec "$@" >stuck' - "$MCINIT" -c mcinit.ini
	wait_for journal ' clock ' 3
	alive_throughout 3
	for_ticks "$(soak 600 40)"
	alive_throughout 3
	no_gap 2000
	stop
	exec {held}>&-
}

@test "the disk is full: the server goes on, signals are heard, and logging resumes by itself" {
	need_root
	unshare -m true 2>/dev/null || skip 'no mount namespaces here'
	mkdir logs
	flooder 0 log.stdout=no mcinit.log_level=debug
	launch unshare -m sh -c 'mount -t tmpfs -o size=2m none logs && exec "$@"' - \
	    "$MCINIT" -c mcinit.ini
	wait_for log 'its log in * cannot be written; * No space left on device'
	alive_throughout 3
	for_ticks "$(soak 600 40)"
	alive_throughout 3
	no_gap 2000
	expect_count log 'No space left on device' 1
	: >"/proc/$pid/root$here/logs/server.log"
	wait_for log 'is written again; * lines are missing in it'
	stop
}

@test "the directory of the logs is removed: it is made again, and the server goes on" {
	flooder 0 log.stdout=no mcinit.log_level=debug
	start
	wait_for journal ' clock ' 3
	for ((i = 0; i < 5; i++)); do
		until_true rm -rf logs 2>/dev/null
		until_true test -s logs/server.log
		alive_throughout 1
	done
	no_gap 2000
	stop
}

@test "under block a stuck disk holds the server up, and nothing else" {
	local sent=100000
	flooder $sent log.on_full=block log.stdout=no mcinit.log_level=debug
	start
	wait_for journal ' clock ' 1
	until_true has_console files
	kill -STOP "$children"
	alive_throughout 5
	never_seen journal ' flooded '
	kill -CONT "$children"
	wait_for journal ' flooded '
	stop
	all_logs | numbers | cmp - <(seq "$sent")
}

@test "standard error is stuck: standard output goes on, and under block the server, too" {
	local sent=30000
	flooder $sent log.dir= log.on_full=block
	mkfifo stuck
	exec {held}<>stuck
	dd if=/dev/zero of=stuck bs=4096 oflag=nonblock 2>/dev/null || :
	launch sh -c 'exec "$@" >file 2>stuck' - "$MCINIT" -c mcinit.ini
	wait_for journal ' flooded '
	until_true all_there
	stop
	numbers <file | cmp - <(seq "$sent")
	exec {held}>&-
}

all_there()
{
	grep -q "flood 00000$sent " file
}

@test "a line without an end does not hide what the other servers print" {
	mkdir aa bb
	cat >mcinit.ini <<-END
	[mcinit]
	run_dir = $here/run
	[log]
	on_full = block
	[server]
	type = generic
	[server:aa]
	command = cat /dev/zero
	[server:bb]
	command = $FAKE --silent --flood 0 --flood-lines 30000 --journal $journal
	END
	launch sh -c 'exec "$@" >/dev/null' - "$MCINIT" -c mcinit.ini
	wait_for journal ' flooded '
	stop
}

@test "whoever writes nonsense into the heads of the rings ends no server and not mcinit" {
	local byte
	for byte in '\377' '\177' '\0'; do
		: >journal
		flooder 0 log.on_full=block
		start
		wait_for journal ' clock ' 2
		# The page of our own ring's head, and that of the first server.
		for at in 0 17; do
			tr '\0' "$byte" </dev/zero | head -c 4096 |
			    dd of=run/console bs=4096 seek=$at conv=notrunc 2>/dev/null
		done
		tell USR1
		tell USR2
		tell 50
		newest
		kill -0 "$server"
		tell TERM
		wait_for journal ' saved '
		until_true gone "$outer"
		wait "$outer"
	done
}
