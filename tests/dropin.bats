#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The drop-in mode, `mcinit [flags] -- PROGRAM`: what an image that used another small init must
# find again, and what those get wrong.  Called by tools/run-tests, or alone from the top of the
# tree.  Nothing waits for time to pass: until_true() looks for an event, with a deadline.
# shellcheck disable=SC2030,SC2031,SC2016  # each test is a process; '$$' is for an inner shell
# shellcheck disable=SC2154  # what lib sets

load lib

TTY=${HELPERS:-}/helper_tty
PROGRAM=${HELPERS:-}/helper_program
unset MCINIT_SUBREAPER MCINIT_VERBOSITY MCINIT_KILL_PROCESS_GROUP

# A program that lost its mcinit is no descendant of the test: it is known by its directory.
teardown()
{
	[[ "$(readlink "/proc/${child:-none}/cwd")" != "$here"* ]] || kill -KILL "$child"
	end_everything
}

says()
{
	until_true grep -qxF -- "$1" "$out" || { cat "$out"; return 1; }
}

# background COMMAND...: runs it so, output to $out; $pid is COMMAND's.
background()
{
	"$@" >"$out" 2>&1 3>&- &
	pid=$!
	started="$started $pid"
}

# reporting: mcinit with a program that says which signals it gets; its pid in $child.
reporting()
{
	background "$MCINIT" -- "$PROGRAM" signals
	until_true grep -q '^ready ' "$out"
	child=$(sed -n 's/^ready //p' "$out")
}

as_pid_1()
{
	unshare -pf --mount-proc --kill-child "$@"
}

# A shell with job control on a terminal of its own: on_tty STEP... types into it.
on_tty()
{
	run "$TTY" 'wait:$ ' "$@" -- env PS1='$ ' M="$MCINIT" P="$PROGRAM" \
	    bash --norc --noediting -i 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
}

# --- exit codes ---

@test "every exit code of the program is ours" {
	local code got
	for code in $(seq 0 255); do
		got=0
		"$MCINIT" -- sh -c "exit $code" || got=$?
		[ "$got" -eq "$code" ] || { echo "$code became $got"; return 1; }
	done
}

@test "every signal that kills the program gives 128+n" {
	local number got
	for number in $(seq 1 16) 24 25 26 27 $(seq 29 64); do
		[ "$number" -ne 28 ] || continue
		got=0
		"$MCINIT" -- "$PROGRAM" die "$number" || got=$?
		[ "$got" -eq $((128 + number)) ] || { echo "$number became $got"; return 1; }
	done
}

@test "the same codes come out of PID 1" {
	run -42 as_pid_1 "$MCINIT" -- sh -c 'exit 42'
	run -143 as_pid_1 "$MCINIT" -- "$PROGRAM" die 15
	run -137 as_pid_1 "$MCINIT" -- "$PROGRAM" die 9
}

@test "an inherited ignored SIGCHLD does not lose the exit code" {
	run -7 "$PROGRAM" hostile "$MCINIT" -- sh -c 'exit 7'
}

@test "a program that somebody else reaped is noticed" {
	command -v strace >/dev/null || skip "no strace"
	run -1 timeout -s KILL "$DEADLINE" strace -o /dev/null -e trace=wait4 \
	    -e inject=wait4:error=ECHILD "$MCINIT" -- true
	[[ $output == *"left no exit code"* ]]
}

@test "-e makes the codes it names a success, and no other" {
	run -0 "$MCINIT" -e 3 -- sh -c 'exit 3'
	run -0 "$MCINIT" -e 3 -e 143 -e 255 -- "$PROGRAM" die 15
	run -0 "$MCINIT" -e 3 -e 143 -e 255 -- sh -c 'exit 255'
	run -4 "$MCINIT" -e 3 -e 143 -e 255 -- sh -c 'exit 4'
	run -0 "$MCINIT" -e 127 -- ./no-such-program
}

@test "no such program: 127, and the message names it and PATH" {
	PATH=/nowhere:/usr/bin run -127 "$MCINIT" -- no-such-program
	[[ $output == *no-such-program*/nowhere:/usr/bin* ]]
	run -127 "$MCINIT" -- ./no-such-program
	[[ $output == *./no-such-program* ]]
	run -127 "$MCINIT" -- ""
	run -127 as_pid_1 "$MCINIT" -- no-such-program
}

@test "a program that may not be executed: 126" {
	echo 'exit 0' >script
	run -126 "$MCINIT" -- ./script
	[[ $output == *./script*"chmod +x"* ]]
	run -126 "$MCINIT" -- /
}

@test "a file that is no program: 126" {
	echo 'exit 0' >script
	chmod +x script
	run -126 "$MCINIT" -- ./script
	[[ $output == *./script*"#!"* ]]
}

@test "a script whose interpreter is missing: the message says so" {
	printf '#!/bin/sh\r\nexit 0\n' >script
	chmod +x script
	run -127 "$MCINIT" -- ./script
	[[ $output == *"first line"* ]]
}

@test "PATH is searched past a file that may not be executed" {
	mkdir one two
	echo >one/program
	printf '#!/bin/sh\nexit 5\n' >two/program
	chmod +x two/program
	PATH=$PWD/none:$PWD/one:$PWD/two:$PATH run -5 "$MCINIT" -- program
	PATH=$PWD/none:$PWD/one:/usr/bin:/bin run -126 "$MCINIT" -- program
}

@test "an empty element of PATH is the working directory, and no PATH is the usual one" {
	printf '#!/bin/sh\nexit 6\n' >program
	chmod +x program
	PATH=/nowhere::/none run -6 "$MCINIT" -- program
	run -3 env -u PATH "$MCINIT" -- sh -c 'exit 3'
}

# --- signals ---

@test "each signal is forwarded, once" {
	local number
	reporting
	for number in $(seq 1 8) $(seq 10 14) 16 18 20 $(seq 23 64); do
		kill -"$number" "$pid"
		says "got $number"
	done
	kill -TERM "$pid"
	says "got 15"
	wait "$pid"
	[ "$(grep -c '^got ' "$out")" -eq 59 ]
}

@test "SIGCHLD, SIGTTIN and SIGTTOU are not forwarded" {
	reporting
	kill -CHLD "$pid"
	kill -TTIN "$pid"
	kill -TTOU "$pid"
	# A real-time signal is delivered behind all of them.
	kill -64 "$pid"
	says "got 64"
	[ "$(grep -c '^got ' "$out")" -eq 1 ]
	kill -TERM "$pid"
	wait "$pid"
}

@test "a SIGPIPE of our own making does not reach the program, a sent one does" {
	mkfifo pipe
	"$MCINIT" -vvv -- "$PROGRAM" signals >"$out" 2>pipe 3>&- &
	pid=$!
	started=$pid
	# The only reader of our log leaves.
	: <pipe
	until_true grep -q '^ready ' "$out"
	kill -USR1 "$pid"
	says "got 10"
	kill -64 "$pid"
	says "got 64"
	run ! grep -qx 'got 13' "$out"
	kill -PIPE "$pid"
	says "got 13"
	kill -TERM "$pid"
	wait "$pid"
}

@test "a signal that waits from before our first instruction is not lost" {
	run -143 timeout "$DEADLINE" "$PROGRAM" pending 15 "$MCINIT" -- sleep 1000
}

@test "the program starts with an empty mask and all dispositions default" {
	run -0 --separate-stderr "$PROGRAM" hostile "$MCINIT" -- \
	    grep -E '^Sig(Blk|Ign):' /proc/self/status
	[ "${lines[0]}" = $'SigBlk:\t0000000000000000' ]
	[ "${lines[1]}" = $'SigIgn:\t0000000000000000' ]
}

@test "without -g only the program gets a signal, with -g its group does" {
	local flag
	for flag in -v -g; do
		background "$MCINIT" $flag -- "$PROGRAM" group
		until_true grep -q '^parent ready' "$out"
		until_true grep -q '^child ready' "$out"
		kill -USR1 "$pid"
		says "parent got 10"
		if [ $flag = -g ]; then says "child got 10"; fi
		kill -TERM "$pid"
		wait "$pid"
		[ $flag = -g ] || run ! grep -qx 'child got 10' "$out"
	done
}

@test "-g reaches a program that has left its group" {
	background "$MCINIT" -g -- "$PROGRAM" strayed
	until_true grep -q '^ready ' "$out"
	kill -USR1 "$pid"
	says "got 10"
	kill -TERM "$pid"
	wait "$pid"
}

@test "-p: the death of our parent reaches the program" {
	background sh -c '"$0" -p USR1 -- "$1" signals & wait' "$MCINIT" "$PROGRAM"
	until_true grep -q '^ready ' "$out"
	child=$(sed -n 's/^ready //p' "$out")
	kill -KILL "$pid"
	says "got 10"
	kill -TERM "$child"
	until_true ended "$child"
}

@test "-p: a parent that died before we asked counts too" {
	command -v strace >/dev/null || skip "no strace"
	run -138 timeout -s KILL "$DEADLINE" strace -o /dev/null -e trace=getppid \
	    -e inject=getppid:retval=1:when=2+ "$MCINIT" -p USR1 -- sleep 1000
}

@test "nobody reads our log: signals are forwarded all the same" {
	mkfifo pipe
	exec 8<>pipe
	head -c 65536 /dev/zero >&8
	"$MCINIT" -vvv -- "$PROGRAM" signals >"$out" 2>pipe 3>&- 8>&- &
	pid=$!
	started=$pid
	until_true grep -q '^ready ' "$out"
	kill -USR1 "$pid"
	says "got 10"
	kill -TERM "$pid"
	wait "$pid"
}

@test "a program frozen in the background leaves us awake" {
	background setsid "$MCINIT" -- sleep 1000
	until_true pgrep -xP "$pid" sleep
	child=$(pgrep -xP "$pid" sleep)
	kill -STOP "$child"
	until_true grep -q '^State:.T' "/proc/$child/status"
	kill -TERM "$pid"
	kill -CONT "$pid"
	got=0
	wait "$pid" || got=$?
	[ "$got" -eq 143 ]
}

# --- orphans ---

@test "orphans are reaped by PID 1" {
	run -0 as_pid_1 "$MCINIT" -- "$PROGRAM" orphans "2000${SOAK:+0}"
	[[ $output == *reaped ]] && [[ $output != *not* ]]
}

@test "orphans are reaped elsewhere too, without -s and without a word" {
	run -0 "$MCINIT" -- "$PROGRAM" orphans 200
	[ "$output" = "all 200 reaped" ]
	run -0 "$MCINIT" -s -- "$PROGRAM" orphans 200
	[ "$output" = "all 200 reaped" ]
}

@test "-w warns of each orphan" {
	run -0 "$MCINIT" -w -- "$PROGRAM" orphans 5
	[ "$(grep -c 'reaped orphan' <<<"$output")" -ge 5 ]
}

@test "when the program ends we do not wait for the others" {
	mkfifo hold
	run -3 timeout "$DEADLINE" "$MCINIT" -- \
	    sh -c 'sh -c "read x <hold" >hold.log 2>&1 & echo $!; exit 3' 3>&-
	child=${lines[0]}
	kill -0 "$child"
	run -3 timeout "$DEADLINE" unshare -pf --mount-proc --kill-child "$MCINIT" -- \
	    sh -c 'sh -c "read x <hold" >hold.log 2>&1 & exit 3' 3>&-
}

# --- command line and environment ---

@test "flags may be bundled and values may be attached" {
	run -0 "$MCINIT" -gsw -pTERM -e1 -- sh -c 'exit 1'
	run -0 "$MCINIT" -gse 1 -p SIGTERM -- sh -c 'exit 1'
	run -2 "$MCINIT" -vvp 15 -- sh -c 'exit 2'
	run -2 "$MCINIT" -p RTMIN+3 -- sh -c 'exit 2'
}

@test "the program's own flags are its own" {
	run -0 "$MCINIT" -g -- printf '%s.' -e 5 -- -g
	[ "$output" = "-e.5.--.-g." ]
}

@test "a wrong value is a usage error that names it: 64" {
	run -64 "$MCINIT" -p NOSUCH -- true
	[[ $output == *NOSUCH* ]]
	run -64 "$MCINIT" -e 256 -- true
	[[ $output == *256* ]]
	run -64 "$MCINIT" -e -1 -- true
	run -64 "$MCINIT" -e '' -- true
	run -64 "$MCINIT" -e 3x -- true
	run -64 "$MCINIT" -p -- true
	run -64 "$MCINIT" -p 0 -- true
}

@test "-h and -l answer and run nothing" {
	run -0 "$MCINIT" -h -- touch touched
	[[ $output == *"-- PROGRAM"* ]]
	run -0 "$MCINIT" -l -- touch touched
	[[ $output == *MIT* ]]
	[ ! -e touched ]
}

@test "-v tells what happens, the default is silence" {
	run -0 "$MCINIT" -- true
	[ -z "$output" ]
	run -0 "$MCINIT" -v -- true
	[[ $output == *"true runs as pid"*"exit code 0"* ]]
}

@test "MCINIT_VERBOSITY wins over -v" {
	MCINIT_VERBOSITY=2 run -0 "$MCINIT" -- true
	[[ $output == *"exit code 0"* ]]
	MCINIT_VERBOSITY=0 run -0 "$MCINIT" -vvv -- true
	[ -z "$output" ]
}

@test "MCINIT_KILL_PROCESS_GROUP means -g" {
	MCINIT_KILL_PROCESS_GROUP='' background "$MCINIT" -- "$PROGRAM" group
	until_true grep -q '^parent ready' "$out"
	until_true grep -q '^child ready' "$out"
	kill -USR1 "$pid"
	says "child got 10"
	kill -TERM "$pid"
	wait "$pid"
}

@test "MCINIT_SUBREAPER is taken" {
	MCINIT_SUBREAPER=1 run -0 "$MCINIT" -- "$PROGRAM" orphans 3
}

# --- what the program gets and we do not keep ---

@test "the program keeps our descriptors and directory, we let go of both" {
	mkdir dir
	echo text >file
	(cd dir && exec "$MCINIT" -- sh -c 'cat <&7; pwd; exec "$0" signals' "$PROGRAM" \
	    7<../file >"$out" 2>&1 3>&-) &
	pid=$!
	started=$pid
	until_true grep -q '^ready ' "$out"
	grep -qx text "$out"
	grep -qx "$PWD/dir" "$out"
	until_true test "$(readlink "/proc/$pid/cwd")" = /
	run ! grep -q "$PWD/file" <(ls -l "/proc/$pid/fd")
	[ "$(cd "/proc/$pid/fd" && echo [0-9]*)" = "0 1 2 3" ]
	kill -TERM "$pid"
	wait "$pid"
}

@test "no descriptor of ours reaches the program" {
	ls /proc/self/fd >plain
	"$MCINIT" -- ls /proc/self/fd >ours
	diff plain ours
}

@test "LISTEN_PID follows the sockets to the program" {
	echo 'echo $((LISTEN_PID - $$)) ${LISTEN_PIDFDID-none}' >show
	run -0 env LISTEN_PIDFDID=5 LISTEN_FDS=1 sh -c \
	    'export LISTEN_PID=$$; exec "$0" -- sh show' "$MCINIT"
	[ "$output" = "0 none" ]
}

@test "a LISTEN_PID that is not ours stays" {
	LISTEN_PID=99999999 LISTEN_PIDFDID=5 run -0 "$MCINIT" -- \
	    sh -c 'echo $LISTEN_PID $LISTEN_PIDFDID'
	[ "$output" = "99999999 5" ]
}

@test "idle means no wake-up" {
	reporting
	kill -USR1 "$pid"
	says "got 10"
	until_true grep -q '^State:.S' "/proc/$pid/status"
	before=$(grep ctxt "/proc/$pid/status")
	# Those who poll do it once a second.
	sleep 1.2
	[ "$(grep ctxt "/proc/$pid/status")" = "$before" ]
	kill -TERM "$pid"
	wait "$pid"
}

@test "one in another: codes, signals and orphans pass both" {
	run -9 "$MCINIT" -- "$MCINIT" -- sh -c 'exit 9'
	run -0 "$MCINIT" -- "$MCINIT" -- "$PROGRAM" orphans 20
	background "$MCINIT" -- "$MCINIT" -- "$PROGRAM" signals
	until_true grep -q '^ready ' "$out"
	kill -TERM "$pid"
	says "got 15"
	wait "$pid"
}

# --- terminal ---

@test "the program is in the foreground of our terminal" {
	run -0 "$TTY" -- "$MCINIT" -- "$PROGRAM" foreground 3>&-
	[[ $output == foreground* ]]
	run -0 "$TTY" -- "$MCINIT" -- "$MCINIT" -- "$PROGRAM" foreground 3>&-
	[[ $output == foreground* ]]
}

@test "the program of PID 1 is in the foreground, and PID 1 holds out without a terminal" {
	run -0 "$TTY" -- unshare -pf --mount-proc --kill-child \
	    setsid -cw "$MCINIT" -- "$PROGRAM" foreground 3>&-
	[[ $output == foreground* ]]
	run -0 as_pid_1 setsid -w "$MCINIT" -- "$PROGRAM" foreground </dev/null
	[[ $output == "no terminal"* ]]
}

@test "in the background we do not steal the terminal" {
	on_tty 'send:$M -- $P foreground & wait; echo do""ne^M' wait:background wait:done \
	    'send:$M -- $P signals & read line; echo "line $line"^M' wait:ready 'send:word^M' \
	    'wait:line word' 'send:kill %1^M' 'wait:got 15' 'send:exit^M'
}

@test "in the background of a script we do not steal the script's terminal" {
	on_tty "send:sh -c '\$M -- \$P signals & read line; echo \"line \$line\"; kill \$!'^M" \
	    wait:ready 'send:word^M' 'wait:line word' 'wait:got 15' 'send:exit^M'
}

@test "Ctrl-C reaches the program once, and not us" {
	on_tty 'send:$M -- $P signals 3; echo code $?^M' wait:ready 'send:^C' 'wait:got 2' \
	    $'send:^\\' 'wait:got 3' 'wait:code 0' 'send:exit^M'
	[ "$(grep -c 'got 2' <<<"$output")" -eq 1 ]
}

@test "Ctrl-C ends the program, and the code says so" {
	on_tty 'send:$M -- cat; echo code $?^M' 'send:one^M' wait:one 'send:^C' 'wait:code 130' \
	    'send:exit^M'
}

@test "Ctrl-Z gives the prompt back, fg goes on" {
	on_tty 'send:$M -- cat^M' 'send:one^M' wait:one 'send:^Z' wait:Stopped 'wait:$ ' \
	    'send:echo pro''mpt^M' wait:prompt 'send:fg^M' 'send:two^M' wait:two \
	    'send:^Z' wait:Stopped 'send:fg^M' 'send:three^M' wait:three 'send:^D' 'wait:$ ' \
	    'send:exit^M'
}

@test "Ctrl-Z stops a script that called us with us" {
	on_tty "send:sh -c '\$M -- cat; echo after'^M" 'send:one^M' wait:one 'send:^Z' \
	    wait:Stopped 'send:fg^M' 'send:two^M' wait:two 'send:^D' wait:after 'send:exit^M'
}

@test "Ctrl-Z and fg pass through one in another" {
	on_tty 'send:$M -- $M -- cat^M' 'send:one^M' wait:one 'send:^Z' wait:Stopped \
	    'send:fg^M' 'send:two^M' wait:two 'send:^D' 'wait:$ ' 'send:exit^M'
}

@test "Ctrl-Z stops every process of the program, and fg continues every one" {
	# None of them reads the terminal: a reader that has not been scheduled since Ctrl-Z may
	# still take the next line.
	mkfifo go
	on_tty "send:\$M -- sh -c 'sh -c \"echo up; read x <go; echo after\"; exit 0'^M" wait:up \
	    'send:^Z' wait:Stopped 'send:echo >go & fg %1^M' wait:after 'wait:$ ' \
	    'send:exit 0^M' 'send:exit 0^M'
}

@test "when the program stops the terminal comes back to us, and goes to it again" {
	run -0 "$TTY" -- "$PROGRAM" shell "$MCINIT" -- \
	    sh -c 'kill -TSTP $$; exec "$0" foreground' "$PROGRAM" 3>&-
	[[ $output == *"stopped with the terminal"*foreground* ]]
}

@test "a stop that the shell cannot see is undone: we are an orphan, or PID 1" {
	local before
	for before in "" "unshare -pf --mount-proc --kill-child setsid -cw"; do
		# shellcheck disable=SC2086
		run -0 "$TTY" -- $before "$MCINIT" -- \
		    sh -c 'kill -TSTP $$; exec "$0" foreground' "$PROGRAM" 3>&-
		[[ $output == foreground* ]]
		# shellcheck disable=SC2086
		run -0 "$TTY" wait:ready 'send:^Z' 'send:two^M' wait:two 'send:^D' -- \
		    $before "$MCINIT" -- sh -c 'echo ready; exec cat' 3>&-
	done
}

@test "a program that somebody stops by SIGSTOP in the background leaves us awake" {
	on_tty 'send:$M -- $P signals &^M' wait:ready 'send:p=$!; c=$(pgrep -P $p)^M' \
	    'send:kill -STOP $c; until pgrep -r T -P $p; do sleep 0.02; done^M' \
	    'send:kill -USR1 $p; kill -CONT $c^M' 'wait:got 10' 'send:kill $p^M' 'wait:got 15' \
	    'send:exit^M'
}

@test "a stop that came through us is not sent to our group again" {
	# The other process of the pipeline begins when the program runs.
	mkfifo go
	on_tty 'send:(until pgrep -r T -P $$; do sleep 0.02; done; echo fro""zen) & ^M' \
	    "send:{ read x <go; exec \$P signals 3 9>&1 >/dev/tty; } | \\^M" \
	    "send:\$M -- sh -c 'echo >go; exec cat'^M" \
	    wait:ready 'send:^Z' 'wait:got 20' \
	    wait:frozen $'send:^\\' 'wait:got 3' wait:Stopped 'send:kill %2; wait^M' \
	    'send:exit 0^M' 'send:exit 0^M'
	[ "$(grep -c 'got 20' <<<"$output")" -eq 1 ]
}

@test "Ctrl-Z stops all of a pipeline" {
	on_tty 'send:cat | $M -- cat^M' 'send:one^M' wait:one 'send:^Z' wait:Stopped \
	    'send:fg^M' 'send:two^M' wait:two 'send:^D' 'wait:$ ' 'send:exit^M'
}

@test "a program of the background that wants the terminal stops, fg gives it" {
	on_tty 'send:set -b^M' 'send:$M -- cat &^M' wait:Stopped 'send:fg^M' 'send:one^M' \
	    wait:one 'send:^D' 'wait:$ ' 'send:exit^M'
}

@test "fg of a job that never stopped gives the terminal when it is wanted" {
	on_tty 'send:$M -- $P ask-late &^M' wait:waiting 'send:fg^M' 'send:word^M' \
	    'wait:answer: word' 'wait:$ ' 'send:exit^M'
}

@test "a program whose standard input is elsewhere gets the terminal when it asks" {
	on_tty 'send:$M -- $P ask </dev/null^M' 'send:word^M' 'wait:answer: word' \
	    'wait:$ ' 'send:exit^M'
}

@test "a script goes on reading the terminal after us" {
	on_tty "send:sh -c '\$M -- true; read line; echo \"got \$line\"'^M" 'send:word^M' \
	    'wait:got word' 'send:exit^M'
	on_tty "send:sh -c '\$M -- ./none; read line; echo \"got \$line\"'^M" 'wait:no program' \
	    'send:word^M' 'wait:got word' 'send:exit^M'
	on_tty "send:sh -c '\$M -- \$P lose-foreground; read line; echo \"got \$line\"'^M" \
	    'send:word^M' 'wait:got word' 'send:exit^M'
}

@test "a shell as the program has its own job control" {
	on_tty "send:\$M -- env PS1='% ' bash --norc --noediting -i^M" 'wait:% ' \
	    'send:cat^M' 'send:one^M' wait:one 'send:^Z' wait:Stopped 'wait:% ' \
	    'send:fg^M' 'send:two^M' wait:two 'send:^C' 'wait:% ' 'send:exit 4^M' 'wait:$ ' \
	    'send:exit $(($? - 4))^M'
}

# --- the peer ---

@test "tini gives the same codes" {
	local tini code words
	tini=$(command -v tini) || skip "no tini"
	while IFS='|' read -ra words; do
		code=0
		"$tini" -s "${words[@]}" >/dev/null 2>&1 || code=$?
		run "-$code" "$MCINIT" -s "${words[@]}"
	done <<-'CASES'
		--|sh|-c|exit 0
		--|sh|-c|exit 200
		--|sh|-c|kill -TERM $$
		--|sh|-c|kill -KILL $$
		-e|3|--|sh|-c|exit 3
		-e|3|-e|4|--|sh|-c|exit 4
		-e|143|--|sh|-c|kill -TERM $$
		-e|127|--|./no-such-program
		-e|3|--|sh|-c|exit 5
		-gvw|-p|SIGTERM|--|sh|-c|exit 6
		-vvv|-g|-e1|--|sh|-c|exit 1
		--|./no-such-program
		--|no-such-program
		--|/
		--|/etc/passwd
		-h|--|true
		-l|--|true
	CASES
}
