#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Terminals: what of a server's output reaches one, a server that has ours (tty = inherit), and one
# in a terminal of its own (tty = pty).  Called by tools/run-tests, or alone from the top of the
# tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# The mcinit of a helper_tty that gave up is nobody's child; it lives if its run_dir is locked.
teardown()
{
	if [ -s run/lock ] && ! flock -n run/lock true; then
		end_tree "$(<run/lock)"
	fi
	end_everything
}

TTY=${HELPERS:-}/helper_tty

# on_tty STEP...: mcinit on a terminal, with these steps, until it ends with 0.  Output in $output.
on_tty()
{
	run -0 "$TTY" "$@" -- "$MCINIT" -c mcinit.ini
}

# start_on_tty STEP...: the same in the background; what comes on the terminal is in $out.  What
# the terminal was like is in `before`, and when mcinit has ended, in `after`.
start_on_tty()
{
	launch "$TTY" "$@" -- sh -c 'stty rows 33 cols 111; stty -g >before; "$@"; echo "code $?"
	    until [ -e look ]; do sleep 0.05; done; stty -g >after' - "$MCINIT" -c mcinit.ini
	until_true [ -s run/lock ]
	wait_for out 'service mode'
	pid=$(<run/lock)
}

# It ends with this code, and the terminal is then as it was before.
expect_tty_end()
{
	wait_for out "code $1"
	: >look
	until_true [ -s after ]
	cmp before after
	expect_exit 0
}

# settings WORD: the terminal of mcinit has it, as stty says it.
settings()
{
	stty -a -F "/proc/$pid/fd/0" | tr ';' ' ' | grep -qw -- "$1"
}

size_is()
{
	[ "$(stty size -F "/proc/$1/fd/0")" = "$2" ]
}

# script: the command of the server, from standard input.
script()
{
	{ echo '#!/bin/bash'; cat; } >serve
	chmod +x serve
}

# prints FORMAT: a server that prints this first.
prints()
{
	script <<-END
	printf '$1'
	exec "$FAKE" --journal $journal
	END
}

# shown LINE: it came on the terminal, exactly so.
shown()
{
	grep -qxF -- "$1" <<<"$output" || { echo "not there: $1"; return 1; }
}

# shellcheck disable=SC2086  # words
input_processes()
{
	console_processes "$pid" input
	set -- "$1" $children
	[ $(($# - 1)) -eq "$1" ]
}

# --- what a server prints ---

@test "control bytes are shown, and move nothing" {
	prints 'a\033[2Jb\033]0;title\007c\bd\302\233e\177f\033[1;1Hg\n\233h\033cj\r\n'
	ini '' command="$here/serve"
	on_tty 'wait:Done (' 'send:^C'
	shown 'a^[[2Jb^[]0;title^Gc^Hd\x9be^?f^[[1;1Hg'
	shown '\x9bh^[cj'
	[ "$(tr -d '[:print:]\n' <<<"$output")" = '' ]
}

@test "no line of a server looks like one of mcinit's own" {
	local line
	prints 'mcinit: forged\nx\rmcinit: forged 2\n\033[1mmcinit: forged 3\n\t mcinit: forged 4
2026-01-01T00:00:00.000Z mcinit: forged 5\n{"time":"forged 6"}\n'
	ini '' command="$here/serve" log.color=yes
	on_tty 'wait:Done (' 'send:^C'
	shown 'server: mcinit: forged'
	shown 'x^Mmcinit: forged 2'
	shown $'\e[1mserver: mcinit: forged 3\e[0m'
	shown $'server: \t mcinit: forged 4'
	shown 'server: 2026-01-01T00:00:00.000Z mcinit: forged 5'
	shown 'server: {"time":"forged 6"}'
	expect_count <(echo "$output") forged 6
}

@test "a line of mcinit's own ends the line that a server has not ended" {
	script <<-END
	printf half
	read -r line
	echo " a line"
	exec "$FAKE" --journal $journal
	END
	ini '' command="$here/serve"
	start_on_tty
	wait_for out half
	tell USR1
	wait_for out 'console bytes'
	"$MCINIT" -c mcinit.ini send go
	wait_for out 'Done ('
	tell TERM
	expect_tty_end 0
	no_line '^half.*mcinit' out
	no_line '^ *half a line' out
}

@test "colours: auto keeps them on a terminal alone, yes and no everywhere" {
	local color tty file
	prints '\033[31mred\033[0m plain\n\033[32mgreen\n'
	while read -r color tty file; do
		ini '' command="$here/serve" log.color="$color"
		on_tty 'wait:Done (' 'send:^C'
		colours "$tty"
		: >journal >out
		start
		ready
		stop
		output=$(<out)
		colours "$file"
	done <<-END
	auto kept gone
	yes kept kept
	no gone gone
	END
}

colours()
{
	case $1 in
	kept)
		shown $'\e[31mred\e[0m plain'
		shown $'\e[32mgreen\e[0m'
		;;
	gone)
		shown 'red plain'
		shown green
		;;
	esac
}

@test "prefix: auto with several servers alone, yes and no whatever there is" {
	ini ''
	on_tty 'wait:Done (' 'send:^C'
	no_line '^server: ' <<<"$output"
	ini '' log.prefix=yes
	on_tty 'wait:server: ' 'wait:Done (' 'send:^C'
	no_line '^\[' <<<"$output"
	several a: b:
	on_tty 'wait:Done (' 'wait:Done (' 'send:^C'
	no_line '^\[' <<<"$output"
	grep -q '^a: \[.*Done (' <<<"$output"
	grep -q '^b: \[.*Done (' <<<"$output"
	sed -i '1i [log]\nprefix = no' mcinit.ini
	on_tty 'wait:Done (' 'wait:Done (' 'send:^C'
	no_line '^[ab]: ' <<<"$output"
}

@test "log.stdout = no: nothing of the server is shown, and everything can be asked for" {
	ini '' log.stdout=no
	start
	ready
	until_true held 'Done ('
	stop
	[ ! -s out ]
	on_tty 'wait:running after' 'send:^C'
	no_line 'Done|INFO' <<<"$output"
}

held()
{
	"$MCINIT" -c mcinit.ini logs | grep -qF -- "$1"
}

@test "format = json: each line is an object, whatever is in it, and its bytes do no harm" {
	prints 'a"b\\\\c\033[2J\302\233\b\311\n\033[31mred\n'
	ini '' command="$here/serve" log.format=json
	on_tty 'wait:Done (' 'send:^C'
	[ "$(tr -d '[:print:]\n' <<<"$output")" = '' ]
	grep '^{' <<<"$output" >lines
	[ "$(grep -c 'mcinit: ' <<<"$output")" -eq "$(grep -vc '^{' <<<"$output")" ]
	grep -qF ',"line":"a\"b\\\\c\u001b[2J\u009b\u0008\ufffd"}' lines
	no_line -v '^\{"time":"[^"]*","server":"server","line":"([^"\\]|\\(["\\]|u[0-9a-f]{4}))*"\}$' lines
}

# --- tty = inherit ---

@test "inherit: the server has our terminal, but neither our session nor our Ctrl-C" {
	ini '--report' tty=inherit type=paper
	on_tty 'wait:Done (' 'send:list^M' 'wait:There are 0' 'send:^C'
	ready
	grep -o ' report fd [012] [^ ]*' journal | sort -u >fds
	[ "$(grep -c ' /dev/pts/' fds)" -eq 3 ]
	[ "$(cut -d ' ' -f 5 fds | uniq | wc -l)" -eq 1 ]
	seen journal " report sid $server"
	seen journal ' command list'
	# It gets no stop command, and no SIGINT: mcinit gets that, and tells it to save.
	expect_count journal ' command ' 1
	expect_count journal ' signal ' 1
	seen journal ' signal 15'
	seen journal ' saved '
	[[ $output == *'SIGINT: stopping all servers'* ]]
}

@test "inherit: nobody else reads the terminal, and nobody can type for the server" {
	ini '' tty=inherit
	start_on_tty
	ready
	# Whatever it has to say of the console it has said before.
	wait_for out 'running after'
	input_processes 0
	[ ! -e run/server/stdin ]
	settings icanon
	run -1 "$MCINIT" -c mcinit.ini send list
	[ "$output" = 'mcinit: server: is not running, or has tty = inherit' ]
	tell TERM
	expect_tty_end 0
	never_seen out 'console process'
}

# --- tty = pty ---

@test "pty: the server leads a session on a terminal of its own, which has the size of ours" {
	ini '--report' tty=pty
	start_on_tty
	ready
	grep -o ' report fd [012] [^ ]*' journal | sort -u >fds
	[ "$(grep -c ' /dev/pts/' fds)" -eq 3 ]
	[ "$(cut -d ' ' -f 5 fds | uniq | wc -l)" -eq 1 ]
	no_line " $(readlink "/proc/$pid/fd/0")\$" fds
	seen journal " report sid $server"
	# The seventh field of stat: it is the terminal of that session.
	read -r stat <"/proc/$server/stat"
	read -r _ _ _ _ number _ <<<"${stat##*) }"
	[ "$number" -ne 0 ]
	size_is "$server" '33 111'
	stty -F "/proc/$pid/fd/0" rows 44 cols 122
	until_true size_is "$server" '44 122'
	tell TERM
	expect_tty_end 0
	seen journal ' saved '
}

@test "pty: without a terminal of ours the server has one all the same, and is typed for" {
	ini '--report' tty=pty
	mkfifo feed
	exec {feed}<>feed
	launch sh -c 'exec "$@" <feed' - "$MCINIT" -c mcinit.ini
	ready
	seen journal ' report fd 0 /dev/pts/'
	"$MCINIT" -c mcinit.ini send say sent
	wait_for out '[[]Server[]] sent'
	echo 'say fed' >&"$feed"
	wait_for out '[[]Server[]] fed'
	echo 'say typed' >run/server/stdin
	wait_for out '[[]Server[]] typed'
	expect_count journal ' command ' 3
	stop
}

@test "pty: keys arrive one by one, also those for its line editing" {
	ini '' tty=pty
	# The pty echoes: what is not ended by Enter comes back all the same.
	on_tty 'wait:Done (' 'send:junk' wait:junk 'send:^Ulist^M' 'wait:There are 0' 'send:^C'
	seen journal ' command list'
	never_seen journal junk
}

@test "pty: Ctrl-C stops mcinit, and the server by its command, with half a line typed" {
	ini '' tty=pty type=paper
	on_tty 'wait:running after' 'send:rubbish' wait:rubbish 'send:^C'
	[[ $output == *'SIGINT: stopping all servers'* ]]
	seen journal ' command stop'
	expect_count journal ' command ' 1
	never_seen journal ' signal '
	seen journal ' saved '
}

@test "pty: what it prints is in its log file, up to its last line, and at each start" {
	ini '' tty=pty log.dir="$here/logs"
	start
	ready
	kill -KILL "$server"
	ready 2
	"$MCINIT" -c mcinit.ini send say hi
	wait_for out '[[]Server[]] hi'
	stop
	seen log 'ended: crashed (SIGKILL)'
	never_seen log 'could not be taken over'
	expect_count logs/server.log 'Done (' 2
	expect_count logs/server.log '[[]Server[]] hi' 1
	expect_count logs/server.log 'All dimensions are saved' 1
	tail -n 1 out | grep -q 'All dimensions are saved'
}

@test "pty: what is left of a server that keeps its terminal does not hold up the end" {
	ini '--daemon forever --keep-fds --daemon-ignore-term --crash-after 0ms' tty=pty restart=no \
	    stop_timeout=1s
	start
	expect_exit 1
	seen log 'is killed'
}

@test "pty: a server that does not read is stopped, with its terminal full of keys" {
	ini '' tty=pty type=paper stop_timeout=2s
	start
	ready
	kill -STOP "$server"
	until_true state_is "$server" T
	until_true full
	stop
}

# Nothing more can be typed: neither its terminal nor the FIFO takes any.  In lines: of one that never ends a
# terminal throws away what is too much, for as long as there comes more.
full()
{
	yes | dd of=run/server/stdin bs=4096 iflag=fullblock oflag=nonblock 2>/dev/null || :
	! "$MCINIT" -c mcinit.ini send list 2>/dev/null
}

# --- our terminal, in single keys ---

@test "keys: our terminal gives single keys while the server runs in a pty, and is then as it was" {
	ini '' tty=pty
	start_on_tty
	ready
	until_true settings -icanon
	settings -echo
	settings isig
	tell TERM
	expect_tty_end 0
}

@test "keys: a terminal before a server in no pty, or before several, stays as it is" {
	ini ''
	start_on_tty 'send:list^M'
	wait_for journal ' command list'
	settings icanon
	tell TERM
	expect_tty_end 0
	rm after look
	shared=('tty = pty')
	several a: b:
	: >out
	start_on_tty 'wait:Done' 'wait:Done' 'send:a: list^M'
	wait_for journal.a ' command list'
	settings icanon
	tell TERM
	expect_tty_end 0
}

@test "keys: an input process that is killed leaves to its successor how the terminal was" {
	ini '' tty=pty
	start_on_tty 'wait:input' 'wait:input' 'wait:[Server] go' 'send:list' wait:list 'send:^M'
	ready
	for i in 1 2; do
		until_true settings -icanon
		input_processes 1
		kill -KILL "$children"
		wait_for out 'console process (input) ended (signal 9)' $i
		until_true input_processes 1
	done
	until_true settings -icanon
	"$MCINIT" -c mcinit.ini send say go
	wait_for journal ' command list'
	tell TERM
	expect_tty_end 0
}

@test "keys: when mcinit is killed its input process puts the terminal in order" {
	ini '' tty=pty
	start_on_tty
	ready
	until_true settings -icanon
	input_processes 1
	tell KILL
	until_true ended "$children"
	expect_tty_end 137
	# Its terminal went with mcinit.
	until_true ended "$server"
	seen journal ' saved '
}
