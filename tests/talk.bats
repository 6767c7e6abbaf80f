#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How people talk with a server: the verbs logs, send and console, its FIFO, and what comes on
# mcinit's own standard input.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

teardown()
{
	end_everything
	[ -z "${public:-}" ] || rm -r "$public"
}

verb()
{
	"$MCINIT" -c mcinit.ini "$@"
}

# follow VERB...: in the background, to the file `followed`; its pid in $follower.
follow()
{
	"$MCINIT" -c mcinit.ini "$@" >>followed 2>&1 3>&- {idle}>&- &
	follower=$!
	started="$follower $started"
}

# expect_end CODE: the follower ends by itself, with this code.
expect_end()
{
	local code=0
	until_true gone "$follower"
	wait "$follower" || code=$?
	[ "$code" -eq "$1" ] || { echo "the follower's code is $code, not $1"; return 1; }
}

# start_fed: mcinit's standard input is what is written to descriptor $feed, until that is closed.
start_fed()
{
	mkfifo feed
	exec {feed}<>feed
	# Behind & a shell without job control gives /dev/null, so that is redirected further in.
	launch sh -c 'exec "$@" <feed' - "$MCINIT" -c mcinit.ini
}

# command_is LINE [N]: the server has read exactly this line, N times (1) in all.
command_is()
{
	[ "$(grep -cxE "[0-9]+ command $1" "$journal")" -eq "${2:-1}" ]
}

wait_for_command()
{
	until_true command_is "$@"
}

# shellcheck disable=SC2086  # words
input_processes()
{
	console_processes "$pid" input
	set -- "$1" $children
	[ $(($# - 1)) -eq "$1" ]
}

# ends_with FILE TEXT: its last line has TEXT.  (seen is slow where there are many lines.)
ends_with()
{
	[[ $(tail -n 1 "$1") == *"$2"* ]]
}

# script: the command of the server, from standard input.
script()
{
	{ echo '#!/bin/bash'; cat; } >serve
	chmod +x serve
}

# full: nothing more can be typed for the server.
full()
{
	dd if=/dev/zero of=run/server/stdin bs=4096 oflag=nonblock 2>/dev/null || :
	dd if=/dev/zero of=run/server/stdin bs=1 oflag=nonblock 2>/dev/null || :
}

stopped_server()
{
	kill -STOP "$server"
	until_true state_is "$server" T
}

# --- logs ---

@test "a FIFO that somebody put in the place of another mcinit's lock holds nobody up" {
	mkdir -m 700 mcinit
	mkfifo mcinit/lock
	cd /
	XDG_RUNTIME_DIR=$here run -3 timeout 10 "$MCINIT" logs 3>&-
}

@test "logs prints all there is, the last lines, or none" {
	local n
	ini '--flood 0 --flood-lines 100'
	start
	wait_for out 'flood 0000000100'
	verb logs | cmp - out
	verb logs server | cmp - out
	verb logs -n 1000000000000 | cmp - out
	for n in 1 2 50; do
		verb logs -n $n | cmp - <(tail -n $n out)
	done
	verb logs -n 0 | cmp - /dev/null
	for words in '-n' '-n x' '-n -5' '-x' 'server server'; do
		# shellcheck disable=SC2086  # words
		run -64 verb logs $words
		[[ $output == 'mcinit: logs [-f] [-n LINES] [NAME], and not: '* ]]
	done
	run -1 verb logs other
	[ "$output" = 'mcinit: no server has that name. There is: server' ]
	stop
}

@test "logs of a server that printed more than is held: whole lines, up to the last one" {
	ini '--flood 0 --flood-lines 30000' log.on_full=block
	start
	until_true ends_with out 'flood 0000030000'
	verb logs >printed
	[ "$(stat -c %s printed)" -gt 500000 ]
	[ "$(stat -c %s printed)" -le 524288 ]
	tail -c "$(stat -c %s printed)" out | cmp - printed
	head -n 1 printed | grep -qE '^\[.*flood [0-9]{10} x+$'
	stop
}

@test "logs -f goes on across a restart, and ends with mcinit and 0" {
	ini ''
	start
	ready
	wait_for out 'Done ('
	follow logs -f -n 3
	wait_for followed 'Done ('
	kill -KILL "$server"
	ready 2
	wait_for followed 'Done (' 2
	stop
	expect_end 0
	seen followed 'All dimensions are saved'
	tail -c "$(stat -c %s followed)" out | cmp - followed
}

@test "logs -f that nobody reads any more ends with 0, however quiet the server is" {
	ini ''
	start
	wait_for out 'Done ('
	run -0 timeout "$DEADLINE" bash -c '"$@" | head -n 1; exit ${PIPESTATUS[0]}' - \
	    "$MCINIT" -c mcinit.ini logs -f
	[ "${#lines[@]}" -eq 1 ]
	stop
}

@test "with several servers a name is needed, and the names are said" {
	several a: b:
	start
	wait_for journal.a ' ready '
	wait_for journal.b ' ready '
	for words in logs 'logs -f' send console; do
		# shellcheck disable=SC2086  # words
		run -64 verb $words
		[ "$output" = 'mcinit: say for which server: a b' ]
	done
	for words in 'logs c' 'send c list' 'console c'; do
		# shellcheck disable=SC2086  # words
		run -1 verb $words
		[ "$output" = 'mcinit: no server has that name. There is: a b' ]
	done
	run -0 verb logs -n 1 b
	[[ $output == *'] [Server thread/INFO]: '* ]]
	run -0 verb send b say b only
	wait_for journal.b ' command say b only'
	never_seen journal.a ' command '
	stop
}

@test "control bytes do no harm on a terminal, and come as they are anywhere else" {
	script <<-END
	printf 'a\033[2Jb\033]0;title\007c\bd\302\233e\177f\n\033[31mred\033[0m\n'
	exec "$FAKE" --journal $journal
	END
	ini '' command="$here/serve"
	start
	ready
	verb logs >printed
	printf 'a\033[2Jb\033]0;title\007c\bd\302\233e\177f\n\033[31mred\033[0m\n' >expected
	head -n 2 printed | cmp - expected
	run -0 "$HELPERS/helper_tty" -- "$MCINIT" -c mcinit.ini logs
	[ "${lines[0]}" = 'a^[[2Jb^[]0;title^Gc^Hd\x9be^?f' ]
	[ "${lines[1]}" = $'\e[31mred\e[0m' ]
	stop
}

@test "logs and send work while mcinit is stopped" {
	ini ''
	start
	wait_for out 'Done ('
	tell STOP
	until_true state_is "$pid" T
	verb logs | cmp - out
	run -0 verb send say hello
	wait_for_command 'say hello'
	tell CONT
	stop
}

@test "a follower that is too slow says how many lines it missed, and holds up nobody" {
	local missed
	script <<-END
	echo first
	read -r line
	exec "$FAKE" --journal $journal --flood 0 --flood-lines 30000
	END
	ini '' command="$here/serve" log.on_full=block
	start
	wait_for out first
	follow logs -f
	wait_for followed first
	kill -STOP "$follower"
	until_true state_is "$follower" T
	verb send go
	until_true ends_with out 'flood 0000030000'
	kill -CONT "$follower"
	until_true ends_with followed 'flood 0000030000'
	missed=$(sed -n 's/^-- \([0-9]*\) lines were skipped --$/\1/p' followed)
	[ "$missed" -gt 20000 ]
	# What it printed and what it missed are all there is.
	verb send say last
	until_true ends_with followed '[Server] last'
	until_true ends_with out '[Server] last'
	[ $(($(wc -l <followed) - 1 + missed)) -eq "$(wc -l <out)" ]
	stop
	expect_end 0
}

# --- send ---

@test "send types its words as one command" {
	local most
	ini ''
	start
	ready
	verb send list
	verb send server list
	wait_for_command list 2
	verb send say one two '  three'
	wait_for_command 'say one two   three'
	verb send 'say a	tab'
	wait_for_command 'say a.tab'
	verb send 'say ä'
	wait_for journal ' command say ä'
	most=$(printf '%4095s' say | tr ' ' x)
	verb send "$most"
	wait_for journal "$most"
	stop
}

@test "send refuses what is no single command, and types nothing of it" {
	local word
	ini ''
	start
	ready
	for word in $'say a\nstop' $'stop\n' $'say \r' $'\e[A' $'\3' $'say \177'; do
		run -64 verb send "$word"
		[ "$output" = 'mcinit: server: a command has no control bytes' ]
	done
	run -64 verb send say "$(printf '%4092s' x)"
	[ "$output" = 'mcinit: server: a command has 4095 bytes at most' ]
	run -64 verb send
	[ "$output" = 'mcinit: send: the command is missing' ]
	run -64 verb send server
	verb send say end
	wait_for_command 'say end'
	expect_count journal ' command ' 1
	stop
}

@test "send to a server that does not run is an error" {
	ini '--stop-after 0ms' mcinit.when_all_stopped=stay
	start
	wait_for log 'ended by itself'
	run -1 verb send list
	[ "$output" = 'mcinit: server: is not running, or has tty = inherit' ]
	run -1 verb console <<<list
	[[ $output == *'mcinit: server: is not running'* ]]
	# What it printed can still be read.
	verb logs | cmp - out
	stop
}

@test "send to a server that does not read its console is an error, and waits for nothing" {
	ini ''
	start
	ready
	stopped_server
	full
	run -1 timeout "$DEADLINE" "$MCINIT" -c mcinit.ini send list
	[ "$output" = 'mcinit: server: does not read its console; not typed' ]
	stop
	never_seen journal ' command list'
}

@test "behind the stop command nothing is typed any more, whoever tries" {
	ini '--stop-hang' type=paper
	start_fed
	ready
	wait_for log 'running after'
	tell TERM
	wait_for_command stop
	until_true [ ! -e run/server/stdin ]
	run -1 verb send list
	[ "$output" = 'mcinit: server: is not running, or has tty = inherit' ]
	echo list >&"$feed"
	wait_for log 'server: is not running; a line of standard input was not typed'
	tell TERM
	wait_for journal ' signal 15'
	until_true gone "$outer"
	expect_count journal ' command ' 1
}

@test "stop_command is typed once, instead of what the type needs" {
	ini '--stop-command quit' type=paper stop_command='quit'
	start
	ready
	wait_for log 'running after'
	stop
	command_is quit
	expect_count journal ' command ' 1
	never_seen journal ' signal '
}

# --- console ---

@test "console types its input, shows what comes, and ends when both have" {
	ini ''
	start
	wait_for out 'Done ('
	printf 'say one\r\nsay t\0wo\nlist' | verb console server >printed
	grep -q 'Done (' printed
	grep -q '\[Server\] one$' printed
	grep -q '\[Server\] two$' printed
	grep -q 'There are 0 of a max' printed
	expect_count journal ' command ' 3
	# Nothing to type is no error.
	run -0 verb console </dev/null
	[ "${#lines[@]}" -le 20 ]
	stop
}

@test "console says which line was not typed, types the others, and ends with 1" {
	ini ''
	start
	ready
	run -1 verb console < <(printf '%5000s\nsay after\n' x)
	[[ $output == *'mcinit: server: a command has 4095 bytes at most'* ]]
	command_is 'say after'
	stop
}

# at_terminal STEP...: the verb console at a terminal, in $output; the terminal is then as it was.
at_terminal()
{
	# shellcheck disable=SC2016  # for the inner shell
	run "$HELPERS/helper_tty" "$@" -- sh -c 'stty rows 30 cols 100; stty -g >before; trap : INT
	    "$0" -c mcinit.ini console; echo "code $?"; stty -g >after' "$MCINIT"
	[ "$status" -eq 0 ] || { echo "$status: $output" | cat -v; return 1; }
	cmp before after
}

@test "console on a terminal: typed until Ctrl-D or Ctrl-C, neither of which stops the server" {
	ini ''
	start
	wait_for out 'Done ('
	at_terminal 'wait:Done (' 'wait:server> ' 'send:say hi^M' 'wait:[Server] hi' 'wait:server> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	at_terminal 'wait:[Server] hi' 'send:say ho^M' 'wait:[Server] ho' 'wait:server> ' 'send:say no^C' 'wait:server> ' \
	    'send:say yes^Csay really^M' 'wait:[Server] really' 'wait:server> ' 'send:^C'
	[[ $output == *'code 0'* ]]
	never_seen journal ' signal '
	never_seen journal 'say no'
	verb send list
	wait_for_command list
	stop
}

@test "console on a terminal: earlier lines come back, and what comes is printed above the line" {
	local supervisor
	ini ''
	start
	supervisor=$pid
	wait_for out 'Done ('
	at_terminal 'wait:server> ' 'send:say one^M' 'wait:[Server] one' 'wait:server> ' 'send:say two^M' \
	    'wait:[Server] two' 'wait:server> ' send:$'\e[A\e[A' 'wait:say one' 'send:!^M' 'wait:[Server] one!' \
	    'wait:server> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	command_is 'say one!'
	# Half a line stands there when a line of the server comes, and is whole behind it.
	launch "$HELPERS/helper_tty" 'wait:server> ' 'send:say half' 'wait:say half' 'wait:[Server] elsewhere' \
	    'wait:server> say half' 'send: whole^M' 'wait:[Server] half whole' 'wait:server> ' 'send:^D' -- \
	    "$MCINIT" -c mcinit.ini console
	wait_for out 'say half'
	verb send say elsewhere
	until_true gone "$pid"
	command_is 'say half whole'
	pid=$supervisor
	outer=$supervisor
	stop
}

@test "console on a terminal: a long line is typed whole or not at all" {
	local long
	long=$(printf '%3000s' x | tr ' ' a)
	ini ''
	start
	wait_for out 'Done ('
	at_terminal 'wait:server> ' "send:say $long^M" 'wait:[Server] a' 'wait:server> ' "send:say $long$long^M" \
	    'wait:a command has 4095 bytes at most' 'wait:server> ' 'send:^D'
	[[ $output == *'code 1'* ]]
	command_is "say $long"
	expect_count journal ' command ' 1
	stop
}

@test "console on a terminal: Ctrl-Z stops it, and fg goes on with it" {
	ini ''
	start
	wait_for out 'Done ('
	# shellcheck disable=SC2016  # for the inner shell
	run -0 "$HELPERS/helper_tty" 'wait:server> ' 'send:say be^Z' 'wait:stopped 148' 'wait:again' 'wait:server> say be' \
	    'send:fore^M' 'wait:[Server] before' 'wait:server> ' 'send:^D' 'wait:code 0' -- bash -c 'set -m; stty -g >before
	    "$0" -c mcinit.ini console; echo "stopped $?"; stty -g >between; echo again; fg %1; echo "code $?"; stty -g >after' "$MCINIT"
	cmp before between
	cmp before after
	command_is 'say before'
	stop
}

@test "console in the background does not touch the terminal" {
	ini ''
	start
	wait_for out 'Done ('
	# shellcheck disable=SC2016  # for the inner shell
	run -0 "$HELPERS/helper_tty" 'wait:was stopped' 'wait:server> ' 'send:^D' 'wait:code 0' -- bash -c 'set -m; stty -g >before
	    "$0" -c mcinit.ini console & until jobs %1 | grep -q Stopped; do :; done; stty -g >between
	    echo was stopped; fg %1; echo "code $?"; stty -g >after' "$MCINIT"
	cmp before between
	cmp before after
	stop
}

@test "console that is stopped in the background ends by a signal" {
	ini ''
	start
	wait_for out 'Done ('
	# shellcheck disable=SC2016  # for the inner shell
	run "$HELPERS/helper_tty" 'wait:code 143' -- bash -c 'set -m; stty -g >before
	    "$0" -c mcinit.ini console & until jobs %1 | grep -q Stopped; do :; done
	    kill %1; while kill -0 $! 2>/dev/null; do :; done; wait $!; echo "code $?"; stty -g >after' "$MCINIT"
	[ "$status" -eq 0 ] || { echo "$status: $output" | cat -v; return 1; }
	cmp before after
	stop
}

@test "console on a terminal that nobody reads can be ended" {
	local how
	ini '--flood 0' log.stdout=no
	start
	ready
	for how in TERM:143 INT:0 key:0; do
		stalled "$how"
	done
	stop
}

# stalled HOW:CODE: by this signal, or by Ctrl-C; its code.
stalled()
{
	python3 - "$MCINIT" "$1" <<-'END'
	import fcntl, os, pty, signal, struct, sys, termios, time
	signal.alarm(30)
	pid, terminal = pty.fork()
	if pid == 0:
	    os.execv(sys.argv[1], [sys.argv[1], '-c', 'mcinit.ini', 'console'])
	def keys():
	    return not termios.tcgetattr(terminal)[3] & termios.ICANON
	def waiting():
	    return struct.unpack('i', fcntl.ioctl(terminal, termios.FIONREAD, bytes(4)))[0]
	while not keys():
	    time.sleep(0.01)
	# Nobody reads: it is full when it does not grow any more.
	seen, same = 0, 0
	while same < 30:
	    time.sleep(0.01)
	    now = waiting()
	    same = same + 1 if now == seen and now > 2000 else 0
	    seen = now
	how, code = sys.argv[2].split(':')
	if how == 'key':
	    os.write(terminal, b'\x03')
	else:
	    os.kill(pid, getattr(signal, 'SIG' + how))
	_, status = os.waitpid(pid, 0)
	assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == int(code), (how, status)
	assert not keys()
	END
}

@test "console on a terminal shows a question, and an empty line answers it" {
	ini '' command="sh -c 'printf \"Go on? \"; read -r a; echo \"went on\"; exec sleep 1000'"
	start
	wait_for log 'running after'
	at_terminal 'wait:Go on?' 'wait:server> ' 'send:^M' 'wait:went on' 'wait:server> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	tell TERM
}

@test "console on a terminal ends with a signal and with mcinit; the terminal is as it was" {
	local supervisor
	ini ''
	start
	supervisor=$pid
	wait_for out 'Done ('
	# shellcheck disable=SC2016  # for the inner shells
	launch "$HELPERS/helper_tty" -- sh -c 'stty -g >before; sh -c "$1" "$0"; echo "code $?"; stty -g >after' "$MCINIT" \
	    'echo $$ >asker; exec "$0" -c mcinit.ini console'
	wait_for out 'server> '
	tell TERM "$(<asker)"
	wait_for out 'code 143'
	until_true gone "$pid"
	cmp before after
	: >out
	# shellcheck disable=SC2016  # for the inner shell
	launch "$HELPERS/helper_tty" -- sh -c 'stty -g >before; "$0" -c mcinit.ini console; echo "code $?"; stty -g >after' "$MCINIT"
	wait_for out 'server> '
	tell TERM "$supervisor"
	wait_for out 'code 0'
	until_true gone "$pid"
	cmp before after
}

@test "console ends with mcinit" {
	ini ''
	mkfifo typed
	exec {typed}<>typed
	start
	wait_for out 'Done ('
	follow console <typed
	wait_for followed 'Done ('
	echo 'say hi' >&"$typed"
	wait_for followed '[[]Server[]] hi'
	stop
	expect_end 0
	seen followed 'All dimensions are saved'
}

# --- who may ---

@test "without an mcinit the verbs end with 3, also where one was killed" {
	local words
	ini ''
	for words in logs 'send list' console; do
		# shellcheck disable=SC2086  # words
		run -3 verb $words
		[[ $output == *"no mcinit runs here, run_dir $here/run."* ]]
	done
	start
	ready
	tell KILL
	until_true gone "$pid"
	for words in logs 'send list' console; do
		# shellcheck disable=SC2086  # words
		run -3 verb $words
	done
	kill -TERM "$server"
	until_true ended "$server"
}

@test "the consoles are for mcinit's own user and root" {
	local as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	need_root
	# A directory that anybody may enter, unlike that of the test.
	public=$(mktemp -d)
	cp "$MCINIT" "$FAKE" "$public"
	mkdir "$public/world"
	chmod 755 "$public"
	chown 65534:65534 "$public" "$public/world"
	(cd / && "${as_nobody[@]}" "$public/mcinit" --version) || skip 'nobody may not run anything here'
	ini ''
	start
	ready
	for words in logs 'send list' console; do
		# shellcheck disable=SC2086  # words
		run -3 "${as_nobody[@]}" "$public/mcinit" -S "$here/run/control" $words
		[[ $output == *', which this user may not look into.'* ]]
	done
	never_seen journal ' command '
	stop
	# The other way round.
	: >out
	ini '' mcinit.run_dir="$public/run" dir="$public/world" command="$public/fakeserver"
	chmod 644 mcinit.ini
	cp mcinit.ini "$public"
	launch sh -c 'cd "$0" && exec "$@"' "$public" "${as_nobody[@]}" ./mcinit -c mcinit.ini
	wait_for out 'Done ('
	run -0 verb logs -n 1
	run -0 verb send say root
	wait_for out '[[]Server[]] root'
	(cd "$public" && "${as_nobody[@]}" ./mcinit -c mcinit.ini send say nobody)
	wait_for out '[[]Server[]] nobody'
	run -3 setpriv --reuid=65533 --clear-groups "$public/mcinit" -S "$public/run/control" logs
	stop
}

# --- the FIFO ---

@test "run_dir/NAME/stdin takes lines from several at once, and none is torn" {
	local one pids=()
	ini ''
	start
	ready
	[ -p run/server/stdin ]
	[ "$(stat -c %a run/server/stdin run/server/stdout run/server run)" = $'600\n600\n700\n700' ]
	for one in {1..4}; do
		for i in {1..25}; do
			echo "say $one-$i-$one$one$one$one$one$one$one$one"
		done >run/server/stdin &
		pids+=($!)
	done
	wait "${pids[@]}"
	wait_for journal ' command ' 100
	[ "$(grep -oE ' command say ([0-9])-[0-9]+-\1{8}$' journal | sort -u | wc -l)" -eq 100 ]
	stop
	[ ! -e run/server/stdin ]
	[ ! -e run/server/stdout ]
}

@test "what was sent to a server that never read it does not reach its next start" {
	ini ''
	start
	ready
	# Somebody who keeps it open types for nobody.
	exec {kept}>run/server/stdin
	stopped_server
	verb send say lost
	kill -KILL "$server"
	ready 2
	verb send say found
	wait_for_command 'say found'
	never_seen journal 'say lost'
	[ "$(stat -Lc %i "/proc/self/fd/$kept")" != "$(stat -c %i run/server/stdin)" ]
	exec {kept}>&-
	stop
}

# --- our own standard input ---

@test "standard input is typed line by line, and its end stops nobody" {
	local most
	ini ''
	start_fed
	ready
	until_true input_processes 1
	most=$(printf '%4095s' say | tr ' ' x)
	printf 'say a\r\n\nsay b\0c\033\003d\n%sx\n%s\nsay e' "$most" "$most" >&"$feed"
	exec {feed}>&-
	wait_for_command 'say e'
	command_is 'say a'
	command_is ''
	command_is 'say bcd'
	command_is "$most"
	expect_count journal ' command ' 5
	expect_count log 'a line of standard input is too long (4095 bytes); it was not typed' 1
	until_true input_processes 0
	never_seen log 'console process'
	[ "$(grep -c ' eof' journal)" -eq 0 ]
	stop
}

@test "with several servers a line begins with a name" {
	several a: b:
	start_fed
	wait_for journal.a ' ready '
	wait_for journal.b ' ready '
	printf 'a: say to: a\nlist\nc: list\n\nb:list\n' >&"$feed"
	wait_for journal.b ' command list'
	wait_for journal.a ' command say to: a'
	wait_for log "begin the line with the server's name: NAME: command" 2
	expect_count log 'begin the line with' 2
	expect_count journal.a ' command ' 1
	expect_count journal.b ' command ' 1
	stop
}

@test "nobody reads where nobody types: /dev/null, a closed input, a directory" {
	local from
	command -v strace >/dev/null || skip 'no strace'
	ini '' type=paper
	for from in '</dev/null' '<&-' '</'; do
		: >log
		launch sh -c "exec \"\$@\" $from" - strace -DD -f -qq -o strace \
		    -e trace=execve "$MCINIT" -c mcinit.ini
		# It would have been started before, and be gone again by now.
		wait_for log 'running after'
		never_seen strace role=input
		stop
		seen strace role=carrier
	done
}

@test "lines for a server that does not read are refused, and it is stopped all the same" {
	ini ''
	start_fed
	ready
	stopped_server
	full
	printf 'say one\nsay two\n' >&"$feed"
	wait_for log 'does not read its console; a line of standard input was not typed' 2
	stop
	never_seen journal ' command say'
	seen journal ' exit 143'
}

@test "lines that wait while the input process is killed are typed once each" {
	local i
	ini ''
	start_fed
	ready
	until_true input_processes 1
	echo 'say before' >&"$feed"
	wait_for_command 'say before'
	kill -STOP "$children"
	until_true state_is "$children" T
	for i in {1..50}; do
		echo "say $i"
	done >&"$feed"
	kill -KILL "$children"
	wait_for_command 'say 50'
	expect_count journal ' command ' 51
	[ "$(sed -n 's/.* command say //p' journal | tail -n +2 | tr '\n' ' ')" = "$(echo {1..50}) " ]
	seen log 'a console process (input) ended (signal 9)'
	stop
}

# The bytes that the input process has read, ever.
has_read()
{
	[ "$(sed -n 's/^rchar: //p' "/proc/$children/io")" -ge "$1" ]
}

@test "the rest of a line whose beginning went with the input process is not typed" {
	local before
	ini ''
	start_fed
	ready
	until_true input_processes 1
	before=$(sed -n 's/^rchar: //p' "/proc/$children/io")
	printf 'say never ' >&"$feed"
	until_true has_read $((before + 10))
	kill -KILL "$children"
	wait_for log 'a console process (input) ended (signal 9)'
	printf 'stop\nsay after\n' >&"$feed"
	wait_for_command 'say after'
	expect_count journal ' command ' 1
	never_seen log 'too long'
	stop
}
