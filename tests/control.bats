#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The control socket: who may use it, and who behaves badly there and costs only himself.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# clients COUNT SECONDS: connect, say what is on standard input; what they hear is in the file heard.
clients()
{
	"$HELPERS/helper_client" run/control "$1" "$2" >heard 2>&1 3>&-
}

# The same in the background; $! is its number.
clients_stay()
{
	"$HELPERS/helper_client" run/control "$1" 60 </dev/null >stayed 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for stayed connected
}

one_is_served()
{
	run -0 timeout 20 "$MCINIT" -S run/control reexec 3>&-
	[[ $output == *'goes on, generation '* ]]
}

up()
{
	ini ''
	start
	ready
	until_true test -S run/control
	look
	before=$kept
}

@test "nobody else may use it, nor see it" {
	need_root
	up
	[ "$(stat -c %a run/control)" = 600 ]
	[ "$(stat -c %a run)" = 700 ]
	chmod 755 run
	run -3 setpriv --reuid 65534 --clear-groups "$MCINIT" -S run/control reexec 3>&-
	chmod 666 run/control
	# Even then it is asked who that is.
	run -0 setpriv --reuid 65534 --clear-groups "$HELPERS/helper_client" run/control 1 20 3>&- </dev/null
	[ "$output" = $'connected\n0 open' ]
	chmod 600 run/control
	chmod 700 run
	one_is_served
	stop
}

@test "clients that say nothing, half a line, garbage, too much, or leave: others are served" {
	up
	clients_stay 200
	one_is_served
	clients 100 20 <<<''
	seen heard '0 open'
	printf reexec | clients 5 0
	head -c 300000 /dev/urandom | tr -d '\n' | clients 20 20
	seen heard '0 open'
	head -c 10000000 /dev/zero | clients 1 20
	seen heard '0 open'
	echo 'dance' | clients 30 20
	expect_count heard 'no this mcinit does not know the verb*' 30
	printf 'reexec \x01\n' | clients 1 20
	seen heard 'no a request has no control bytes'
	one_is_served
	never_seen "$log" error
	stop
}

@test "clients that were there leave nothing behind" {
	up
	clients_stay 100
	kill $!
	echo dance | clients 30 20
	same_as_before "$before"
	stop
}

@test "who waits in vain gives his place to the next" {
	up
	clients_stay 32
	echo dance | clients 1 20
	seen heard 'no this mcinit does not know the verb'
	stop
}

@test "mcinit fails while clients are connected: they are hung up on, and the next ones served" {
	local n
	up
	for n in 1 2 3; do
		clients_stay 10
		tell SEGV
		wait_for log "mcinit itself failed (*" "$n"
		wait $!
		seen stayed '0 open'
		one_is_served
	done
	same_as_before "$before"
	stop
}

# under_want N: mcinit, whose first N attempts to let a client in fail; one client waits.
under_want()
{
	ini ''
	under_strace -e trace=accept4 -e "inject=accept4:error=EMFILE:when=1..$1" --
	ready
	until_true test -S run/control
	"$HELPERS/helper_client" run/control 1 20 >first 2>&1 3>&- {idle}>&- <<<dance &
	started="$started $!"
	until_true grep -q EMFILE strace
}

@test "no descriptor is free for a client: he waits for the next one" {
	under_want 1
	wait_for first connected
	no_line first 'no *'
	echo dance | clients 1 20
	seen heard 'no this mcinit does not know'
	wait_for first 'no this mcinit does not know'
	stop
}

@test "no descriptor is free for a client: mcinit does not spin" {
	under_want 1000
	# Until it has done something else, too.
	kill -USR1 "$pid"
	wait_for "$log" 'orphans reaped'
	[ "$(grep -c accept4 strace)" -lt 5 ]
	stop
}
