#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The connection that mcinit keeps to the RCON of a server: the stop command goes there, clients share it,
# it tells who lives, and whatever a server does there holds up nobody.  Called by tools/run-tests, or
# alone from the top of the tree.
# shellcheck disable=SC2030,SC2031,SC2119,SC2120  # each test is a process; most servers start once

load lib
load survive

# A port where nobody listens.
free_port()
{
	local i
	for ((i = 0; i < 100; i++)); do
		port=$((20000 + RANDOM % 12000))
		(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
	done
	return 1
}

# speaks OPTIONS [KEY=VALUE]...: an INI with one server whose RCON is enabled.
speaks()
{
	local options=$1
	shift
	free_port
	printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=swordfish >world/server.properties
	ini_java "--rcon $options" type=paper "$@"
}

# It is ready, and mcinit is logged in.
rcon_up()
{
	ready "${1:-1}"
	wait_for journal 'rcon login ok' "${2:-1}"
	wait_for "$log" 'RCON is up' "${2:-1}"
}

say()
{
	run "-$1" timeout 60 "$MCINIT" -S run/control rcon "${@:2}" 3>&- </dev/null
}

# Nothing came behind the stop command, by no way.
nothing_behind_stop()
{
	awk '/ (rcon )?command stop$/ { n++; next } n && / (rcon )?(command|login|connect)/ { print; bad = 1 }
	    END { exit bad || n != 1 }' journal
}

# --- the stop ---

@test "the stop command goes by RCON, once, and nothing behind it" {
	speaks '--save-time 300ms'
	start
	rcon_up
	stop
	expect_count journal 'rcon command stop' 1
	expect_count journal ' command stop' 1
	nothing_behind_stop
	lived_well 1
}

@test "as process 1, with a stop that is not answered: its console tells that it stops" {
	speaks '--rcon-no-stop-reply --save-time 3s'
	start_pid1
	rcon_up
	stop
	expect_count journal ' command stop' 1
	nothing_behind_stop
	lived_well 1
}

@test "a server that does not hear RCON is told on its console" {
	speaks '--rcon-hang'
	start
	rcon_up
	stop
	expect_count journal ' command stop' 2
	expect_count journal 'rcon command stop' 1
	wait_for "$log" 'did not reply to its stop command by RCON'
	lived_well 1
}

@test "at a prompt, a Ctrl-C that is typed in one go with a line: the line is said, and not waited for" {
	speaks '--rcon-hang' health_interval=0
	start
	rcon_up
	# shellcheck disable=SC2016  # for the inner shell
	run -0 timeout 60 "$HELPERS/helper_tty" 'wait:server> ' 'paste:say ho^M^C' \
	    'wait:given up; the server may have been told, and may do it' 'wait:server> ' 'send:^D' -- \
	    sh -c 'trap : INT; "$0" -S run/control rcon; echo "code $?"' "$MCINIT"
	[[ $output == *'code 0'* ]]
	wait_for journal 'rcon command say ho'
	stop
}

@test "a server that never opens RCON is told on its console" {
	speaks '--rcon-never'
	start
	ready
	wait_for "$log" 'server: running after'
	stop
	expect_count journal ' command stop' 1
	never_seen journal 'rcon command'
	lived_well 1
}

@test "whatever it does there, the loop goes on and the stop ends in time" {
	local how before_dirty
	for how in --rcon-garble --rcon-flood --rcon-half '--rcon-drip 50ms' '--rcon-delay 3s' '--rcon-close 1' \
	    --rcon-wrong-id --rcon-hang; do
		: >journal >log
		speaks "$how" health_interval=5s rcon_timeout=1s stop_timeout=10s
		start
		ready
		private_dirty
		before_dirty=$private_dirty
		# Its answer, whatever it is.
		run timeout 30 "$MCINIT" -S run/control rcon list 3>&- </dev/null
		[[ $status == [01] || $status == 75 ]] || { echo "$how: $status"; return 1; }
		tell USR1
		wait_for log 'orphans reaped'
		private_dirty
		[ "$private_dirty" -le $((before_dirty + 24)) ]
		stop
		lived_well 1
		expect_count journal ' saved ' 1
	done
}

# --- who asks ---

@test "clients are answered, by name or without, and told what is wrong" {
	speaks '--players 3'
	start
	rcon_up
	say 0 list
	[ "$output" = 'There are 3 of a max of 20 players online: Player1, Player2, Player3' ]
	say 0 server list
	[[ $output == 'There are 3 of'* ]]
	say 0 -e list -e 'echo two words'
	[ "${lines[1]}" = 'two words' ]
	say 64 "$(printf 'echo %1500s' x)"
	[[ $output == *'1446 bytes at most'* ]]
	expect_count journal 'rcon connect' 1
	stop
	lived_well 1
}

@test "a long reply arrives byte for byte" {
	speaks ''
	start
	rcon_up
	timeout 60 "$MCINIT" -S run/control rcon --raw long 1048576 mixed >reply 3>&- </dev/null
	"$FAKE" --rcon-port 0 --rcon-password x --journal other </dev/null >/dev/null 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for other 'rcon open'
	MCINIT_RCON_PASSWORD=x timeout 60 "$MCINIT" rcon --port "$(awk '/rcon open/ { print $4 }' other)" --raw \
	    long 1048576 mixed >same 3>&- </dev/null
	[ "$(wc -c <reply)" -gt 1048576 ]
	cmp reply same
	stop
	nothing_behind_stop
}

@test "many clients at a time have one connection and their own replies" {
	local i clients=()
	speaks ''
	start
	rcon_up
	for ((i = 0; i < 25; i++)); do
		timeout 60 "$MCINIT" -S run/control rcon echo "this is $i" >"reply.$i" 2>&1 3>&- </dev/null {idle}>&- &
		clients+=($!)
	done
	wait "${clients[@]}"
	for ((i = 0; i < 25; i++)); do
		[ "$(<"reply.$i")" = "this is $i" ]
	done
	expect_count journal 'rcon connect' 1
	never_seen journal 'rcon closed'
	stop
}

# One asks for a megabyte and does not read it; his number in $slow.
ask_and_not_read()
{
	mkfifo never
	exec {hold}<>never
	"$MCINIT" -S run/control rcon --raw long 1048576 >never 2>&1 3>&- </dev/null {idle}>&- &
	slow=$!
	started="$started $slow"
	wait_for journal 'rcon command long'
}

@test "who goes away before he has read his reply costs nobody anything" {
	speaks ''
	start
	rcon_up
	ask_and_not_read
	kill -KILL "$slow"
	say 0 echo still here
	[ "$output" = 'still here' ]
	expect_count journal 'rcon connect' 1
	stop
	lived_well 1
}

@test "who waits is told by mcinit when it is over, and not everybody may wait" {
	local i clients=()
	speaks '--rcon-delay 1500ms' rcon_timeout=60s health_interval=0
	start
	rcon_up
	for ((i = 0; i < 28; i++)); do
		timeout 100 "$MCINIT" -S run/control rcon echo "this is $i" >"reply.$i" 2>&1 3>&- </dev/null {idle}>&- &
		clients+=($!)
	done
	until_true refused_some
	run -0 timeout 60 "$MCINIT" -S run/control reexec 3>&-
	wait "${clients[@]}" || :
	[ "$(cat reply.* | grep -c 'mcinit: server is asked by too many at a time; ask again in a moment')" -eq 4 ]
	stop
}

refused_some()
{
	[ "$(cat reply.* | wc -l)" -ge 4 ]
}

@test "who does not read his reply loses it after a while, and the others are served" {
	speaks '' rcon_timeout=1s
	start
	rcon_up
	ask_and_not_read
	say 0 echo still here
	[ "$output" = 'still here' ]
	tell USR1
	wait_for log 'orphans reaped'
	# What he has, he may read; then he hears that there is no more.
	cat <never >/dev/null 3>&- {idle}>&- &
	started="$started $!"
	exec {hold}>&-
	code=0
	wait "$slow" || code=$?
	[ "$code" -eq 75 ] || [ "$code" -eq 1 ]
	stop
	lived_well 1
}

@test "while it is stopping nobody is served" {
	speaks '--save-time 3s'
	start
	rcon_up
	tell TERM
	wait_for journal ' saving '
	say 1 list
	[[ $output == *'is stopping'* ]]
	expect_exit 0
	nothing_behind_stop
	lived_well 1
}

@test "a stop that a client sends is the last that is said" {
	speaks '--save-time 2500ms' restart=no
	start
	rcon_up
	say 0 stop
	[ "$output" = 'Stopping the server' ]
	expect_exit 0
	nothing_behind_stop
	lived_well 1
}

@test "a stop that a client sends and nobody answers is the last, too" {
	speaks '--save-time 6s --rcon-no-stop-reply' restart=no rcon_timeout=1s health_interval=5s
	start
	rcon_up
	say 75 stop
	say 1 list
	[[ $output == *'is stopping'* ]]
	expect_exit 0
	nothing_behind_stop
	lived_well 1
}

@test "a server that is killed while it saves has not been stopped well" {
	speaks '--save-time 1h'
	start
	rcon_up
	tell TERM
	wait_for journal ' saving '
	tell KILL "$server"
	expect_exit 1
	seen "$log" 'server: ended in the middle of its stop: crashed (SIGKILL)'
}

@test "each kind of server is understood" {
	local mode
	for mode in vanilla paper sponge cuberite cuberite-late pumpkin source latin1; do
		: >journal >log
		speaks "--rcon-mode $mode --players 2"
		start
		rcon_up
		say 0 list
		[[ $output == *'There are 2 of a max of 20 players online: Player1, Player2'* ]] ||
		    { echo "$mode: $output"; return 1; }
		stop
		lived_well 1
		never_seen journal 'closed strict'
	done
}

@test "a reply of a packet for each line is whole when no more of them come" {
	local help=$'/help [<command>]\n/list [uuids]\n/stop'
	speaks '--rcon-mode pumpkin --rcon-gap 20ms'
	start
	rcon_up
	# That it is such a one is seen by its first reply that goes on, or known by its type.
	say 0 help
	[ "$output" = '/help [<command>]' ]
	say 0 help
	[ "$output" = "$help" ]
	stop
	lived_well 1
	: >journal >log
	free_port
	ini_java "--rcon --rcon-port $port --rcon-password swordfish --rcon-mode pumpkin --rcon-gap 20ms" \
	    type=generic "rcon=127.0.0.1:$port" rcon_password=swordfish
	start
	rcon_up
	say 0 help
	[ "$output" = "$help" ]
	say 0 list
	[[ $output == 'There are 0 of a max of 20 players online:'* ]]
	stop
	lived_well 1
}

# --- what outlives mcinit ---

@test "mcinit fails: it connects anew" {
	speaks ''
	start
	rcon_up
	tell SEGV
	wait_for "$log" 'mcinit itself failed ('
	wait_for "$log" 'RCON is up' 2
	say 0 echo again
	[ "$output" = again ]
	run -0 timeout 40 "$MCINIT" -S run/control reexec 3>&-
	wait_for "$log" 'RCON is up' 3
	say 0 echo and again
	[ "$output" = 'and again' ]
	stop
	lived_well 1
}

@test "mcinit fails while the stop command waits for its reply: it is not said again" {
	speaks '--rcon-no-stop-reply --save-time 2500ms'
	start
	rcon_up
	tell TERM
	wait_for journal 'rcon command stop'
	tell SEGV
	expect_exit 0
	nothing_behind_stop
	lived_well 1
}

@test "mcinit is killed: the next one connects" {
	speaks ''
	start
	rcon_up
	kill -KILL "$pid"
	until_true gone "$pid"
	start
	wait_for "$log" 'RCON is up' 2
	say 0 list
	stop
	lived_well 1
}

# --- warnings ---

@test "players are warned by RCON, with the words of the INI" {
	speaks '--players 1' mcinit.grace=10m stop_warn='3 1' 'stop_message=Bye in {seconds} s, {seconds}!'
	start
	rcon_up
	"$MCINIT" -S run/control rcon list 3>&- </dev/null
	tell TERM
	wait_for journal 'rcon command say Bye in 3 s, 3!'
	wait_for journal 'rcon command say Bye in 1 s, 1!'
	expect_exit 0
	expect_count journal 'rcon command say' 2
	nothing_behind_stop
	lived_well 1
}

@test "nobody is online: nobody is warned; a second signal cuts warnings short" {
	speaks '' mcinit.grace=10m stop_warn=60
	start
	rcon_up
	stop
	never_seen journal 'command say'
	lived_well 1
	: >journal >log
	speaks '--players 1' mcinit.grace=10m stop_warn=60
	start
	rcon_up
	tell TERM
	wait_for journal 'rcon command say'
	tell TERM
	expect_exit 0
	nothing_behind_stop
	lived_well 1
}

# --- health ---

@test "a server that hangs is dumped, ended and started again" {
	speaks '--rcon-hang --first 1' health_interval=5s health_failures=1 health_action=restart \
	    rcon_timeout=1s stop_timeout=8s
	start
	rcon_up
	wait_for "$log" 'asking for a thread dump, then ending it (health_action = restart)'
	wait_for "$out" 'Full thread dump'
	ready 2
	seen "$log" 'ended: hung'
	stop
}

@test "a health_command tells, and is ended when it hangs" {
	printf '#!/bin/sh\nif [ -e hangs ]; then echo "hangs $$" >>../checks; exec sleep 1000; fi\necho "$(pwd)" >>../checks\ntest ! -e sick\n' \
	    >well.sh
	chmod +x well.sh
	speaks '' health_command="$here/well.sh" health_interval=5s health_failures=1 rcon_timeout=1s
	start
	ready
	wait_for checks "$here/world"
	: >world/sick
	wait_for "$log" 'does not answer: 1 probes in a row'
	rm world/sick
	wait_for "$log" 'answers again'
	: >world/hangs
	wait_for checks hangs
	hung=$(awk '/hangs/ { print $2; exit }' checks)
	[ "$(<"/proc/$hung/comm")" = sleep ]
	wait_for "$log" 'does not answer: 1 probes in a row' 2
	until_true ended "$hung"
	stop
	lived_well 1
}

# --- why it ended ---

@test "a server that the kernel killed for want of memory is called so" {
	local group=/sys/fs/cgroup/memory/mcinit-test-$$
	mkdir "$group" 2>/dev/null || skip 'no memory cgroup can be made here'
	echo 60M >"$group/memory.limit_in_bytes"
	printf '#!/bin/sh\necho "0 start $$" >>"%s"\necho "0 ready $$" >>"%s"\nexec tail /dev/zero\n' "$journal" \
	    "$journal" >eater
	chmod +x eater
	ini '' command="$here/eater" restart=no
	launch sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" "$MCINIT" -c mcinit.ini
	wait_for "$log" 'ended: oom-killed'
	seen "$log" 'the kernel killed it for want of memory'
	until_true gone "$pid"
	until_true rmdir "$group"
}

@test "a container is told how long a stop may take" {
	speaks ''
	start_pid1
	rcon_up
	seen "$log" 'a stop may take 22 s: give the container that long'
	stop
}
