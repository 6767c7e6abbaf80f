#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Log files of servers: what is in them, how they become old ones, what may stand in their way, and
# what a reload changes.  Disks that fail and processes that are killed are in logs_soak.bats.
# Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# script NAME: an executable from standard input, in the directory of the INI.
script()
{
	{ echo '#!/bin/bash'; cat; } >"$1"
	chmod +x "$1"
}

# taps [KEY=VALUE]...: an INI with a log file of a server that prints what is written to $tap.
taps()
{
	[ -p tap ] || mkfifo tap
	[ -n "${tap:-}" ] || exec {tap}<>tap
	script printer <<-END
	echo "0 start \$\$" >>$journal
	exec cat $here/tap
	END
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

# rotated_line N LINE: the server prints it, and it becomes part of the old log N.
rotated_line()
{
	line_in logs/server.log "$2"
	tell USR1
	until_true [ -e "logs/server.log.$1" -o -e "logs/server.log.$1.gz" ]
	until_true [ -e logs/server.log ]
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
	numbered_lines | head -c "$(($1 * 1048576))" | tee sent >&"$tap"
	echo | tee -a sent >&"$tap"
}

numbered_lines()
{
	awk 'BEGIN {
		for (pad = "."; length(pad) < 3000;) pad = pad pad
		for (;;) printf "%d %s\n", ++n, substr(pad, 1, n * n % (n % 100 ? 200 : 3000))
	}' 2>/dev/null || :
}

# flood_until FILE: the same in the background, until there is FILE.
flood_until()
{
	awk -v file="$1" 'BEGIN {
		while ((getline line <file) < 0)
			for (i = 0; i < 1000; i++) printf "%d %s\n", ++n, substr("............", n % 10)
	}' </dev/null 2>/dev/null 3>&- | tee sent >&"$tap" 3>&- {idle}>&- &
	flood=$!
	started="$started $flood"
}

flood_ends()
{
	: >enough
	wait "$flood"
}

# generations [DIR]: the old logs by their number, in $generation.
generations()
{
	local file n
	generation=()
	for file in "${1:-logs}"/server.log.*; do
		n=${file#*/server.log.}
		[ ! -e "$file" ] || generation[${n%%.*}]=$file
	done
}

# all_together [DIR]...: all that was logged there, in order.
all_together()
{
	local dir
	for dir in "${@:-logs}"; do
		generations "$dir"
		for file in "${generation[@]}" "$dir/server.log"; do
			if [[ $file == *.gz ]]; then gzip -dc "$file"; else cat "$file"; fi
		done
	done
}

# Looks at sizes first: a comparison takes long.
all_is_there()
{
	[ "$(all_together "$@" 2>/dev/null | wc -c)" -ge "$(stat -c %s sent)" ] &&
	    all_together "$@" | cmp - sent
}

# --- what is in a file ---

@test "a log has the bytes that the server printed, byte for byte; stdout shows them harmless" {
	taps log.stdout=yes
	{
		printf '%b' "$(printf '\\x%02x' {0..255})"
		printf 'a\0b\0\0\n\e[31mred\e[0m\e[2J\e]0;title\a\r\n\r\rbell\a\177\n\303\n\237\n'
		head -c 204800 /dev/zero | tr '\0' L
		printf '\n\n\n> no end'
	} >sent
	start
	cat sent >&"$tap"
	until_true cmp -s sent logs/server.log
	until_true grep -qa '^> no end' out
	# Nothing there moves the cursor of the one who reads it.
	LC_ALL=C no_line -a $'[\x01-\x08\x0b-\x1f\x7f]' out
	stop
	# The next start is not to be glued to it.
	echo >>sent
	cmp sent logs/server.log
}

@test "each server has a file of its own, and what mcinit says is in none" {
	local name long=a234567890123456789012345678901
	mcinit_keys=('[log]' "dir = $here/logs" 'prefix = yes')
	several 'A-b_9:--ready-line =A=' '_:--ready-line =B=' 'a:--ready-line =C=' \
	    'a-log:--ready-line =D=' "$long:--ready-line =E="
	start
	for name in A-b_9 _ a a-log $long; do
		wait_for "journal.$name" ' ready '
	done
	stop
	for name in A-b_9=A _=B a=C a-log=D $long=E; do
		expect_count "logs/${name%=*}.log" '=[A-E]=' 1
		seen "logs/${name%=*}.log" "=${name#*=}="
		never_seen "logs/${name%=*}.log" mcinit
	done
	[ "$(find logs -type f | wc -l)" -eq 5 ]
}

@test "the last lines before the end are in the file when mcinit has ended" {
	local mode
	for mode in service pid1; do
		ini "--last-line 'the very last, $mode' --crash-after 0ms" restart=no \
		    log.dir="$here/logs"
		start_as $mode
		expect_exit 1
		[ "$(tail -n 1 logs/server.log)" = "the very last, $mode" ]
	done
}

@test "a log that is there is continued, not begun anew" {
	mkdir logs
	echo before >logs/server.log
	taps
	start
	line_in logs/server.log after
	stop
	[ "$(<logs/server.log)" = $'before\nafter' ]
}

@test "two mcinits may have the same log.dir" {
	local one
	for one in one two; do
		mcinit_keys=("run_dir = $here/run.$one" '[log]' "dir = $here/logs")
		several "$one:--ready-line $one"
		# The first key counts no more.
		sed -i "0,/^run_dir/{/^run_dir/d}" mcinit.ini
		mv mcinit.ini $one.ini
		launch "$MCINIT" -c $one.ini
	done
	for one in one two; do
		wait_for journal.$one ' ready '
	done
	for pid in $started; do
		outer=$pid
		stop
	done
	expect_count logs/one.log 'INFO\]: one' 1
	expect_count logs/two.log 'INFO\]: two' 1
}

@test "format = json: each line is an object with time, server and line, whatever bytes it has" {
	taps log.format=json
	printf '%s\n' plain 'with "quotes" \ and \u0041' '{"time":"1","server":"x","line":"y"}' >sent
	printf 'odd \0\1\2\33[31m\a\177\200\303\n\377\376 \303\244\342\202\254 end\n' >>sent
	{ head -c 100000 /dev/zero | tr '\0' L; echo; } >>sent
	start
	cat sent >&"$tap"
	line_in logs/server.log last
	python3 - <<-'END'
	import json
	lines = open("logs/server.log", "rb").read().decode().split("\n")
	assert lines.pop() == ""
	objects = [json.loads(line) for line in lines]
	for one in objects:
	    assert list(one) == ["time", "server", "line"] and one["server"] == "server", one
	    assert one["time"][:2] == "20", one
	sent = open("sent", "rb").read().split(b"\n")
	assert len(objects) == len(sent), len(objects)
	for i in 0, 1, 2:
	    assert objects[i]["line"] == sent[i].decode(), objects[i]
	assert objects[3]["line"].startswith("odd \0\1\2\a\x7f"), objects[3]
	assert objects[4]["line"].endswith(" \u00e4\u20ac end"), objects[4]
	assert objects[5]["line"] == sent[5].decode()
	END
	stop
}

# --- rotation ---

@test "all generations together are what was sent, their numbers count up, and no line is cut" {
	local last=0
	taps log.rotate_size=1M log.rotate_keep=1000
	start
	send_megabytes "$(soak 500 12)"
	until_true all_is_there
	generations
	[ "${#generation[@]}" -gt 5 ]
	for n in "${!generation[@]}"; do
		[ "$n" -eq $((last + 1)) ]
		[ "$(stat -c %s "${generation[n]}")" -ge 1048576 ]
		[ "$(tail -c 1 "${generation[n]}")" = '' ]
		last=$n
	done
	stop
	all_together | cmp - sent
}

@test "the highest number is the newest, whatever gaps there are and what touch says" {
	mkdir logs
	echo three >logs/server.log.3
	echo seven >logs/server.log.7.gz
	touch -d 2030-01-01 logs/server.log.3
	touch -d 2001-01-01 logs/server.log.7.gz
	taps
	start
	rotated_line 8 eight
	touch -d 2001-01-01 logs/server.log.8
	rotated_line 9 nine
	stop
	[ "$(<logs/server.log.3)" = three ]
	[ "$(<logs/server.log.7.gz)" = seven ]
	[ "$(<logs/server.log.8)" = eight ]
	[ "$(<logs/server.log.9)" = nine ]
}

@test "rotate_keep removes the oldest only, and nothing that has no number of ours" {
	local others=(server.log.old server.log.1x server.log.bak.1 server.log. server.log.0
	    server.log.01 server.log.-1 'server.log. 1' server.log server.log1 serverx.log.1
	    xserver.log.1 server.log.x.1 server.lo.1 .server.log.1 server.logs.1
	    server.log.99999999999999999999)
	mkdir logs logs/server.log.2
	for n in "${others[@]}" server.log.{1,3,4.gz,5,6.xz}; do
		echo x >"logs/$n"
	done
	taps log.rotate_keep=2
	start
	rotated_line 7 seven
	until_true [ ! -e logs/server.log.5 ]
	run ls -d logs/server.log.[1-8]*
	[ "${lines[*]##*.log}" = '.1x .2 .6.xz .7' ]
	for n in "${others[@]}"; do
		[ -e "logs/$n" ] || { echo "gone: $n"; return 1; }
	done
	rotated_line 8 eight
	until_true [ ! -e logs/server.log.6.xz ]
	[ -e logs/server.log.7 ]
	stop
}

@test "rotate_keep = 0 keeps none" {
	taps log.rotate_keep=0
	start
	line_in logs/server.log one
	tell USR1
	until_true [ ! -s logs/server.log ]
	line_in logs/server.log two
	until_true only_log two
	stop
}

only_log()
{
	[ "$(ls logs)" = server.log ] && [ "$(<logs/server.log)" = "$1" ]
}

@test "USR1 rotates, and an empty log makes no generation" {
	taps
	start
	line_in logs/server.log one
	tell USR1
	until_true [ -e logs/server.log.1 ]
	until_true [ -e logs/server.log ]
	tell USR1
	wait_for log 'orphans reaped' 2
	line_in logs/server.log two
	tell USR1
	until_true [ -e logs/server.log.2 ]
	stop
	[ "$(<logs/server.log.1)" = one ]
	[ "$(<logs/server.log.2)" = two ]
	[ ! -s logs/server.log ]
	[ ! -e logs/server.log.3 ]
}

@test "rotation waits for the end of a line that is open, asleep" {
	taps
	start
	printf 'prompt> ' >&"$tap"
	until_true log_is 'prompt> '
	tell USR1
	wait_for log 'orphans reaped'
	the_writer
	until_true state_is "$writer" S
	[ ! -e logs/server.log.1 ]
	say command
	until_true [ -e logs/server.log.1 ]
	[ "$(<logs/server.log.1)" = 'prompt> command' ]
	stop
}

log_is()
{
	[ "$(cat logs/server.log 2>/dev/null)" = "$1" ]
}

# --- compression ---

@test "compress: an old log becomes .gz with the same content" {
	taps log.rotate_size=1M log.rotate_keep=1000 'log.compress=gzip -1'
	start
	send_megabytes 3
	until_true no_plain_generation
	until_true all_is_there
	generations
	[ "${#generation[@]}" -ge 2 ]
	[[ ${generation[1]} == *.gz ]]
	stop
	never_seen log 'failed'
}

no_plain_generation()
{
	[ -e logs/server.log.1.gz ] && [ -z "$(find logs -name 'server.log.*[0-9]')" ]
}

@test "a compressor that fails is said once per file, with its status, and the file stays" {
	script compressor <<-'END'
	echo x >>"${1%/logs/*}/tries"
	exit 3
	END
	taps log.compress="$here/compressor"
	start
	rotated_line 1 one
	wait_for log "server: $here/compressor failed (exit 3) for its log number 1, which stays"
	rotated_line 2 two
	wait_for log "failed (exit 3) for its log number 2, which stays"
	stop
	expect_count log 'for its log number 1' 1
	expect_count tries x 2
	[ "$(<logs/server.log.1)" = one ]
	[ "$(<logs/server.log.2)" = two ]
}

@test "a compressor that is not there is said, and the file stays" {
	taps log.compress="$here/no-such"
	start
	rotated_line 1 one
	wait_for log "no-such failed (exit 127) for its log number 1"
	stop
	[ "$(<logs/server.log.1)" = one ]
}

@test "a compressor that hangs holds up neither logging, nor rotation, nor the end" {
	script compressor <<-END
	cd $here
	echo "0 start \$\$" >>$journal
	exec sleep 1000
	END
	taps log.compress="$here/compressor" log.rotate_keep=2
	start
	rotated_line 1 one
	until_true seen journal ' start ' 2
	rotated_line 2 two
	rotated_line 3 three
	until_true [ ! -e logs/server.log.1 ]
	stop
	expect_count journal ' start ' 2
	[ "$(<logs/server.log.3)" = three ]
}

@test "what a compressor left unfinished when it was killed is done anew by the next start" {
	script compressor <<-'END'
	echo partial >"$1.gz"
	kill -9 $$
	END
	taps log.compress="$here/compressor"
	start
	rotated_line 1 one
	wait_for log 'failed (SIGKILL) for its log number 1'
	stop
	[ -e logs/server.log.1.gz ]
	taps log.compress=gzip
	start
	until_true [ ! -e logs/server.log.1 ]
	stop
	[ "$(gzip -dc logs/server.log.1.gz)" = one ]
	expect_count log 'failed' 1
}

@test "a compressor whose file writer was killed ends, before another does its work anew" {
	local first
	script compressor <<-END
	cd $here
	echo "0 start \$\$" >>$journal
	until [ -e $here/go ]; do sleep 0.05; done
	exec gzip "\$1"
	END
	taps log.compress="$here/compressor"
	start
	rotated_line 1 one
	until_true seen journal ' start ' 2
	newest
	first=$server
	the_writer
	kill -KILL "$writer"
	until_true seen journal ' start ' 3
	until_true ended "$first"
	: >go
	until_true [ ! -e logs/server.log.1 ]
	[ "$(gzip -dc logs/server.log.1.gz)" = one ]
	line_in logs/server.log two
	stop
	never_seen log 'log number'
}

# --- moved and removed ---

@test "a log that was moved away or removed is made anew, and no line is lost" {
	taps
	start
	line_in logs/server.log one
	mv logs/server.log logs/moved
	line_in logs/server.log two
	rm logs/server.log
	line_in logs/server.log three
	stop
	[ "$(<logs/moved)" = one ]
	[ "$(<logs/server.log)" = three ]
	never_seen log 'cannot be written'
}

@test "a log directory that was removed or moved is made anew" {
	taps
	start
	line_in logs/server.log one
	rm -r logs
	line_in logs/server.log two
	[ "$(<logs/server.log)" = two ]
	mv logs moved
	line_in logs/server.log three
	[ "$(<logs/server.log)" = three ]
	[ "$(<moved/server.log)" = two ]
	stop
}

@test "log.dir may be a symbolic link, and is followed where it points to now" {
	mkdir first second
	ln -s first logs
	taps
	start
	line_in first/server.log one
	rotated_line 1 two
	ln -sfn second logs
	line_in second/server.log three
	tell USR1
	until_true [ -e second/server.log.1 ]
	stop
	[ "$(<first/server.log.1)" = $'one\ntwo' ]
	[ "$(<second/server.log.1)" = three ]
}

# --- what must not be written to ---

@test "a link, a FIFO, a directory, somebody's file: refused as a log, said, and overcome" {
	local name
	mkdir logs logs/directory.log
	echo precious | tee target >other
	ln -s ../target logs/link.log
	ln other logs/hard.log
	mkfifo logs/fifo.log logs/read.log
	exec {reader}<>logs/read.log
	mcinit_keys=('[log]' "dir = $here/logs" 'on_full = block')
	several link:"--clock 50ms" hard:"--clock 50ms" fifo:"--clock 50ms" read:"--clock 50ms" \
	    directory:"--clock 50ms"
	start
	for name in link hard fifo read directory; do
		wait_for log "$name: its log in $here/logs cannot be written; 0 lines"
		wait_for "journal.$name" ' ready '
	done
	seen log 'link: its log *: Symbolic link loop'
	seen log 'hard: its log *: Too many links'
	seen log 'directory: its log *: Is a directory'
	# Not a byte.
	run ! read -rt 0 -u "$reader"
	rm -r logs/{link,hard,fifo,read,directory}.log
	for name in link hard fifo read directory; do
		wait_for log "$name: its log in $here/logs is written again; 0 lines are missing"
		wait_for "logs/$name.log" 'clock'
		# From the first line on.
		[[ $(head -n 1 "logs/$name.log") == *'Starting minecraft server'* ]]
		expect_count log "$name: its log in * cannot be written" 1
	done
	exec {reader}>&-
	stop
	[ "$(<target)" = precious ]
	[ "$(<other)" = precious ]
}

# --- reload ---

@test "a reload with another size and directory, under a flood, loses no byte and cuts no line" {
	taps log.rotate_keep=1000
	start
	flood_until enough
	until_true [ -s logs/server.log ]
	the_writer
	taps log.rotate_keep=1000 log.rotate_size=1M
	tell HUP
	until_true ended "$writer"
	until_true [ -e logs/server.log.1 ]
	the_writer
	taps log.rotate_keep=1000 log.dir="$here/more"
	tell HUP
	until_true ended "$writer"
	until_true [ -s more/server.log ]
	flood_ends
	until_true all_is_there logs more
	for n in logs/* more/*; do
		[ "$(tail -c 1 "$n")" = '' ] || { echo "cut: $n"; return 1; }
	done
	stop
	all_together logs more | cmp - sent
}

@test "a reload with another format takes effect at the beginning of a line" {
	taps
	start
	line_in logs/server.log one
	the_writer
	taps log.format=json
	tell HUP
	until_true ended "$writer"
	line_in logs/server.log two
	stop
	[ "$(head -n 1 logs/server.log)" = one ]
	tail -n +2 logs/server.log >rest
	[ "$(python3 -c 'import json; print(json.load(open("rest"))["line"])')" = two ]
}

@test "log.dir removed by a reload ends the writer, set again it begins with what comes then" {
	taps log.stdout=yes
	start
	line_in logs/server.log one
	the_writer
	taps log.stdout=yes log.dir=
	tell HUP
	until_true ended "$writer"
	line_in out two
	console_processes "$pid" files
	[ -z "$children" ]
	taps log.stdout=yes
	tell HUP
	until_true the_writer
	line_in logs/server.log three
	stop
	[ "$(<logs/server.log)" = $'one\nthree' ]
}
