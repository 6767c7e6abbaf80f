#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Log files of servers on disks that are full, broken or slow, and what is killed meanwhile: what is
# lost is counted, and nothing else is lost.  With SOAK=1 in long runs.  The rest is in logs.bats.
# Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# taps [KEY=VALUE]...: an INI with a log file of a server that prints what is written to $tap.
taps()
{
	[ -p tap ] || mkfifo tap
	[ -n "${tap:-}" ] || exec {tap}<>tap
	cat >printer <<-END
	#!/bin/bash
	echo "0 start \$\$" >>$journal
	exec cat $here/tap
	END
	chmod +x printer
	ini '' command="$here/printer" log.dir="$here/logs" log.on_full=block log.stdout=no "$@"
}

# say LINE: the server prints it.
say()
{
	echo "$1" >&"$tap"
}

# line_in FILE LINE: the server prints it, and it comes there.
line_in()
{
	say "$2"
	wait_for "$1" "$2"
}

# The file writer of the only server, in $writer.
the_writer()
{
	console_processes "$pid" files
	writer=$children
	[ -n "$writer" ]
}

# send_megabytes N: the server prints so much, in numbered lines of many lengths; a copy is in sent.
send_megabytes()
{
	# shellcheck disable=SC2317  # it can be reached
	numbered_lines | head -c "$(($1 * 1048576))" | tee sent >&"$tap"
	# shellcheck disable=SC2317
	echo | tee -a sent >&"$tap"
}

numbered_lines()
{
	awk 'BEGIN {
		for (pad = "."; length(pad) < 3000;) pad = pad pad
		for (;;) printf "%d %s\n", ++n, substr(pad, 1, n * n % (n % 100 ? 200 : 3000))
	}' 2>/dev/null || :
}

# Whom this test has stopped, mcinit may have left behind.
teardown()
{
	[ -z "${held:-}" ] || ended "$held" || kill -KILL "$held"
	end_everything
}

# The file writer stands still, as one does whose disk hangs.
hold()
{
	until_true the_writer
	held=$writer
	kill -STOP "$held"
	until_true state_is "$held" T
}

let_go()
{
	kill -CONT "$held"
}

# on_mount COMMANDS: mcinit in a mount namespace of its own, behind COMMANDS; what it has in its
# log directory is in $disk, also when it has ended.
on_mount()
{
	need_root
	unshare -m true || skip 'no mount namespaces'
	mkdir -p logs
	launch unshare -m sh -ec "$1; exec \"\$@\"" sh "$MCINIT" -c mcinit.ini
	until_true is_mcinit "$pid"
	exec {disk}<"/proc/$pid/root$here/logs"
	disk=/proc/self/fd/$disk
}

# there COMMAND...: in that namespace
there()
{
	nsenter -t "$pid" -m "$@"
}

# gap_of FILE: the lines and the bytes that are missing there, in $missing and $bytes.
gap_of()
{
	read -r missing bytes <<<"$(tr -d '(' <"$1" | awk '/^-- [0-9]* lines .* are missing here/ {
		lines += $2
		bytes += $4
	}
	END { print lines + 0, bytes + 0 }')"
}

# what_is_missing FILE: it has lines of `sent`, whole and in order, and says exactly how many not.
what_is_missing()
{
	gap_of "$1"
	grep -v '^-- ' "$1" >written
	[ "$missing" -gt 0 ]
	echo "$missing lines ($bytes bytes) said to be missing; $(wc <written) are there of $(wc <sent)"
	[ "$(($(wc -l <written) + missing))" -eq "$(wc -l <sent)" ]
	[ "$(($(stat -c %s written) + bytes))" -eq "$(stat -c %s sent)" ]
	awk 'NR == FNR { line[$1] = $0; next } line[$1] != $0 || $1 <= last { exit 1 } { last = $1 }' \
	    sent written
}

ends_with()
{
	[ "$(tail -n 1 "$1" 2>/dev/null)" = "$2" ]
}

# --- disks ---

@test "a full disk: all goes on, it is said once, and then how many lines are missing" {
	taps log.on_full=drop
	on_mount 'mount -t tmpfs -o size=1m none logs'
	send_megabytes 4
	wait_for log "server: its log in $here/logs cannot be written; *: No space left on device"
	tell USR2
	wait_for log 'debug messages'
	[ "$(stat -c %s $disk/server.log)" -le 1048576 ]
	there mount -o remount,size=64m "$here/logs"
	wait_for log "server: its log in $here/logs is written again; "
	echo 999999999 | tee -a sent >&"$tap"
	until_true ends_with $disk/server.log 999999999
	stop
	expect_count log 'cannot be written' 1
	what_is_missing $disk/server.log
	# What was lost before, because it came too fast, was said apart; perhaps only when it was full already.
	awk -v missing="$missing" '/cannot be written/ { full = 1 }
	    /lines were dropped on the way/ { if (full) later += $5; else n += $5 }
	    /is written again/ { match($0, /again; [0-9]+/); n += substr($0, RSTART + 7, RLENGTH - 7) }
	    END { exit missing != n && missing != n + later }' log
}

@test "a full disk under on_full = block: nothing is lost" {
	taps
	on_mount 'mount -t tmpfs -o size=1m none logs'
	send_megabytes 4 3>&- {idle}>&- &
	started="$started $!"
	wait_for log 'No space left on device'
	there mount -o remount,size=64m "$here/logs"
	until_true gone $!
	until_true cmp -s sent $disk/server.log
	stop
	seen log "is written again; 0 lines are missing in it"
}

@test "a disk that is full again and again is said once a minute" {
	local n line=0
	taps
	on_mount 'mount -t tmpfs -o size=1m none logs'
	line_in $disk/server.log 0
	the_writer
	for n in 1 2 3; do
		there dd if=/dev/zero of="$here/logs/filler" bs=4096 status=none || :
		writes=$(writes_of "$writer")
		line+=$(head -c 5000 /dev/zero | tr '\0' "$n")
		say "$line"
		# What fits into the last page, and one in vain.
		until_true has_written $((writes + 2))
		there rm "$here/logs/filler"
		until_true ends_with $disk/server.log "$line"
	done
	wait_for log 'written again'
	stop
	expect_count log 'cannot be written' 1
	expect_count log 'written again' 1
}

writes_of()
{
	awk '/^syscw/ { print $2 }' "/proc/$1/io"
}

has_written()
{
	[ "$(writes_of "$writer")" -ge "$1" ]
}

@test "log.dir moved to another disk by a reload when one is full: nothing is lost" {
	taps
	on_mount 'mount -t tmpfs -o size=1m none logs'
	send_megabytes 4 3>&- {idle}>&- &
	started="$started $!"
	wait_for log 'No space left on device'
	taps log.dir="$here/more"
	tell HUP
	until_true gone $!
	until_true [ -e more/server.log ]
	until_true all_there
	stop
}

all_there()
{
	cat $disk/server.log more/server.log | cmp -s - sent
}

@test "an I/O error is said once, and passes" {
	command -v strace >/dev/null && strace -qq -o /dev/null true || skip 'no strace'
	taps
	start
	line_in logs/server.log one
	the_writer
	strace -o faults -p "$writer" -P "$here/logs/server.log" -e trace=write \
	    -e inject=write:error=EIO 2>attach 3>&- {idle}>&- &
	started="$started $!"
	wait_for attach attached
	say two
	wait_for log "server: its log in $here/logs cannot be written; 0 lines *I/O error"
	wait_for faults INJECTED 2
	say three
	kill "$!"
	wait_for logs/server.log three
	wait_for log "is written again; 0 lines are missing in it"
	stop
	[ "$(<logs/server.log)" = $'one\ntwo\nthree' ]
	expect_count log 'cannot be written' 1
}

@test "a read-only disk is said, and written when it is no more" {
	taps
	on_mount 'mount --bind logs logs && mount -o remount,bind,ro logs'
	wait_for log "server: its log in $here/logs cannot be written; 0 lines *Read-only file system"
	say one
	there mount -o remount,bind,rw "$here/logs"
	wait_for logs/server.log one
	wait_for log "is written again; 0 lines are missing in it"
	stop
	[ "$(<logs/server.log)" = one ]
}

@test "a directory that must not be entered any more is said, and written when it may be" {
	local as=()
	taps
	if [ "$EUID" -eq 0 ]; then
		as=(setpriv "--bounding-set=-dac_override,-dac_read_search")
		"${as[@]}" true || skip 'no setpriv'
	fi
	launch "${as[@]}" "$MCINIT" -c mcinit.ini
	line_in logs/server.log one
	chmod 0 logs
	say two
	wait_for log "server: its log in $here/logs cannot be written; 0 lines *Permission denied"
	say three
	chmod 700 logs
	wait_for logs/server.log three
	stop
	[ "$(<logs/server.log)" = $'one\ntwo\nthree' ]
}

# --- a disk that hangs ---

@test "on_full = drop: a hanging disk holds nobody, and what is missing is counted everywhere" {
	taps log.on_full=drop
	start
	hold
	send_megabytes "$(soak 90 4)"
	let_go
	wait_for log "server: * lines were dropped on the way to its log file, which is too slow"
	echo 999999999 | tee -a sent >&"$tap"
	until_true ends_with logs/server.log 999999999
	what_is_missing logs/server.log
	seen log "server: $missing lines were dropped on the way to its log file"
	tell USR1
	wait_for log " $missing lines lost"
	stop
}

@test "on_full = block: a hanging disk holds the server, not mcinit, and no byte is lost" {
	local n
	taps
	start
	hold
	send_megabytes "$(soak 90 4)" 3>&- {idle}>&- &
	started="$started $!"
	until_true said_bytes 1048576
	for n in 1 2 3 4 5; do
		said_bytes 1048576 || :
	done
	[ "$said" -eq 1048576 ]
	run ! ended $!
	let_go
	until_true gone $!
	until_true cmp -s sent logs/server.log
	never_seen log dropped
	stop
}

# said_bytes N: mcinit answers a signal, and says that the server has printed N bytes; $said.
said_bytes()
{
	expect_count log 'console bytes' 0 >/dev/null || :
	tell USR1
	wait_for log 'console bytes' $((count + 1))
	said=$(sed -n 's/.* \([0-9]*\) console bytes.*/\1/p' log | tail -n 1)
	[ "$said" -ge "$1" ]
}

@test "a hanging disk does not hold up the end, and the rest is written when it hangs no more" {
	taps log.on_full=drop
	start
	hold
	say one
	until_true printed one
	stop
	[ ! -s logs/server.log ]
	let_go
	until_true ended "$held"
	[ "$(<logs/server.log)" = one ]
}

@test "under block process 1 leaves when the disk has what was printed, and not before" {
	taps
	start_pid1
	hold
	say one
	until_true printed one nsenter -t "$pid" -m -p
	tell TERM
	wait_for log 'all servers have ended'
	[ ! -s logs/server.log ]
	let_go
	expect_exit 0
	[ "$(<logs/server.log)" = one ]
	never_seen log 'leaving all the same'
}

# printed LINE [COMMAND...]: it stands in the ring, whatever the disk does.
printed()
{
	"${@:2}" "$MCINIT" -S "$here/run/control" logs | grep -qx "$1"
}

# --- what is killed ---

@test "a file writer that is killed again and again loses no line and writes none twice" {
	local n before
	ini '--flood 100000' log.dir="$here/logs" log.on_full=block log.stdout=no \
	    log.rotate_size=1M log.rotate_keep=1000
	start
	ready
	until_true grep -q flood logs/server.log
	for ((n = 0; n < $(soak 200 10); n++)); do
		until_true the_writer
		for ((before = RANDOM % 5; before > 0; before--)); do
			pause
		done
		kill -KILL "$writer"
		before=$writer
		until_true another_writer "$before"
	done
	wait_for log 'files) ended (signal 9)' "$(soak 200 10)"
	stop
	until_true ends_as_saved
	find logs -name 'server.log.*' | sort -t . -k 3n | xargs sh -c 'cat "$@" logs/server.log' sh |
	    awk '/ flood / && (length != 99 || $5 + 0 != ++n) { print "not " n ": " $0; exit 1 }
	    / flood / { next } { others[$0]++ } END { exit n == 0 }'
	expect_count journal ' start ' 1
}

@test "a file writer that is killed just before or just after a write: each line is there once" {
	local when n=0
	command -v strace >/dev/null && strace -qq -o /dev/null true || skip 'no strace'
	taps
	start
	line_in logs/server.log 0
	for when in enter exit; do
		the_writer
		strace -o "faults.$when" -p "$writer" -P "$here/logs/server.log" -e trace=write \
		    -e inject=write:delay_$when=600000000 2>"attach.$when" 3>&- {idle}>&- &
		started="$started $!"
		wait_for "attach.$when" attached
		n=$((n + 1))
		say $n
		# With what is written there is a note; and the file, if the write was let through.
		until_true [ -s "faults.$when" ]
		[ $when = enter ] || wait_for logs/server.log $n
		# In this order; the second only keeps the first from being buried.
		kill -KILL "$writer" "$!"
		until_true another_writer "$writer"
		wait_for logs/server.log $n
	done
	stop
	[ "$(<logs/server.log)" = $'0\n1\n2' ]
}

another_writer()
{
	the_writer && [ "$writer" != "$1" ]
}

ends_as_saved()
{
	tail -n 40 logs/server.log | grep -q 'All dimensions are saved'
}

@test "mcinit is killed: the file writer writes out all that was printed, and leaves" {
	taps log.stdout=yes
	start
	hold
	numbered_lines | head -n 300 | tee sent >&"$tap"
	until_true ends_with out "$(tail -n 1 sent)"
	kill -KILL "$pid"
	until_true gone "$pid"
	let_go
	until_true ended "$held"
	cmp sent logs/server.log
}

@test "mcinit is killed while a line is open and rotation was asked for: the file writer leaves" {
	taps
	start
	printf 'prompt> ' >&"$tap"
	until_true ends_with logs/server.log 'prompt> '
	tell USR1
	wait_for log 'orphans reaped'
	the_writer
	kill -KILL "$pid"
	until_true ended "$writer"
}
