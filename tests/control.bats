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

# as_member GROUPS WORDS...: another user, with these groups beside his own.
as_member()
{
	run timeout 30 setpriv --reuid 65534 --regid 65534 --groups "$1" "$MCINIT" -S run/control "${@:2}" 3>&- </dev/null
}

# A program that is lent the consoles, locks them in every way it may, says so, and stays.
lock_what_is_lent()
{
	cat >locks.py <<-'END'
	import fcntl, os, signal, socket
	signal.alarm(60)
	os.setgroups([54321])
	os.setresgid(65534, 65534, 65534)
	os.setresuid(65534, 65534, 65534)
	client = socket.socket(socket.AF_UNIX)
	client.connect('run/control')
	client.sendall(b'consoles\n')
	said, fds = b'', []
	while not said.endswith(b'ok \n'):
	    piece, some, _, _ = socket.recv_fds(client, 512, 2)
	    assert piece, said
	    said, fds = said + piece, fds + some
	assert len(fds) == 1, fds
	fcntl.lockf(fds[0], fcntl.LOCK_SH)
	fcntl.flock(fds[0], fcntl.LOCK_EX)
	print('locked', flush=True)
	signal.pause()
	END
	python3 locks.py >locked 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for locked locked || { cat locked; return 1; }
}

# only_read: what a member is lent to follow a console cannot be opened again to write.
only_read()
{
	local rings follower
	setpriv --reuid 65534 --regid 65534 --groups 54321 "$MCINIT" -S run/control logs -f >followed 2>&1 3>&- {idle}>&- &
	follower=$!
	started="$started $follower"
	wait_for followed 'Done ('
	rings=$(find "/proc/$follower/fd" -lname '*memfd:mcinit-console*' -o -lname '*/run/*')
	[ -n "$rings" ]
	# That it can be looked at there is what makes the rest mean something.
	run -0 setpriv --reuid 65534 --regid 65534 --groups 54321 readlink "$rings" 3>&-
	run -1 setpriv --reuid 65534 --regid 65534 --groups 54321 dd if=/dev/zero of="$rings" bs=1 count=1 conv=notrunc 3>&-
	[[ $output == *'ermission denied'* ]]
	kill "$follower"
}

@test "members of socket_group may use it, all others not, and a re-exec is not for them" {
	need_root
	chmod 755 "$here"
	ini '' mcinit.socket_group=54321
	start
	ready
	until_true test -S run/control
	[ "$(stat -c '%a %g' run/control)" = '660 54321' ]
	[ "$(stat -c '%a %g' run)" = '750 54321' ]
	# Nothing else in there is theirs to read.
	[ -z "$(find run -mindepth 1 ! -name control ! -type l -perm /077 | head -n 1)" ]
	as_member 54321 status
	[ "$status" -eq 0 ]
	[[ $output == *'NAME '*'server '* ]]
	as_member 11,54321,12 stop --timeout 20
	[ "$status" -eq 0 ]
	# What they may not open they are lent: to read the consoles, and to type.
	as_member 54321 start
	[ "$status" -eq 0 ]
	as_member 54321 logs -n 5
	[ "$status" -eq 0 ]
	[[ $output == *'Done ('* ]]
	as_member 54321 send say hello from a member
	[ "$status" -eq 0 ]
	wait_for "$journal" ' command say hello from a member'
	run -0 timeout 30 setpriv --reuid 65534 --regid 65534 --groups 54321 "$MCINIT" -S run/control console 3>&- \
	    < <(echo say and another)
	[[ $output == *'and another'* ]]
	only_read
	as_member 54322 logs
	[ "$status" -eq 3 ]
	as_member 54321 reexec
	[ "$status" -eq 1 ]
	[[ $output == *"a re-exec is for root and mcinit's own user" ]]
	as_member 54322 status
	[ "$status" -eq 3 ]
	# Nor if they got as far as to its door.
	chmod 755 run
	chmod 666 run/control
	run -0 setpriv --reuid 65534 --regid 65534 --groups 54322 "$HELPERS/helper_client" run/control 1 20 3>&- </dev/null
	[ "$output" = $'connected\n0 open' ]
	chmod 660 run/control
	chmod 750 run
	tell SEGV
	wait_for "$log" 'mcinit itself failed ('
	as_member 54321 status
	[ "$status" -eq 0 ]
	as_member 54322 status
	[ "$status" -eq 3 ]
	tell TERM
	until_true gone "$pid"
	# A second one finds it in use, and leaves the door as it is.
	start
	until_true test -S run/control
	run -71 timeout 20 "$MCINIT" -c mcinit.ini 3>&-
	[ "$(stat -c '%a %g' run)" = '750 54321' ]
	as_member 54321 rcon list
	[ "$status" -eq 1 ]
	[[ $output == 'mcinit: server '* ]]
	tell TERM
	until_true gone "$pid"
	# The next one without it closes the door again.
	ini ''
	start
	until_true test -S run/control
	[ "$(stat -c %a run)" = 700 ]
	[ "$(stat -c %a run/control)" = 600 ]
	stop
}

@test "members of socket_group may read and type where mcinit is process 1" {
	need_root
	chmod 755 "$here"
	ini '' mcinit.socket_group=54321
	start_pid1
	ready
	until_true test -S run/control
	only_read
	as_member 54321 send say hello
	[ "$status" -eq 0 ]
	wait_for "$journal" ' command say hello'
	stop
}

@test "a memfd that an older build made for everybody is lent to nobody who could write to it" {
	local one
	need_root
	chmod 755 "$here"
	ini '' mcinit.socket_group=54321
	start_pid1
	ready
	until_true test -S run/control
	one=$(find "/proc/$pid/fd" -lname '*memfd:mcinit-console*' | head -n 1)
	chmod 777 "$one"
	only_read
	stop
}

@test "a member who locks what he was lent to read is in no console's way" {
	need_root
	chmod 755 "$here"
	ini '' mcinit.socket_group=54321
	start
	ready
	until_true test -S run/control
	lock_what_is_lent
	console_processes "$pid" carrier
	kill -KILL "$children"
	wait_for "$log" 'a console process (carrier) ended (signal 9)'
	"$MCINIT" -S run/control send say still heard
	wait_for out 'still heard'
	stop
}

@test "what stands in the place of a server's stdin is lent to nobody, and the reason is told" {
	need_root
	chmod 755 "$here"
	ini '' mcinit.socket_group=54321
	start
	ready
	until_true test -S run/control
	rm run/server/stdin
	as_member 54321 send list
	[ "$status" -eq 1 ]
	[ "$output" = 'mcinit: server: is not running, is stopping, or has tty = inherit' ]
	: >run/server/stdin
	as_member 54321 send list
	[ "$status" -eq 1 ]
	[ ! -s run/server/stdin ]
	as_member 54321 send nobody list
	stop
}

@test "what a member follows ends with an mcinit that is killed" {
	need_root
	chmod 755 "$here"
	ini '' mcinit.socket_group=54321
	start
	ready
	until_true test -S run/control
	setpriv --reuid 65534 --regid 65534 --groups 54321 "$MCINIT" -S run/control logs -f >followed 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for followed 'Done ('
	kill -KILL "$pid"
	until_true gone "$!"
}

@test "a socket_group that is none is said, and mcinit runs" {
	ini '' mcinit.socket_group=nobody-knows-it
	start
	ready
	seen "$log" 'socket_group: there is no group nobody-knows-it'
	[ "$(stat -c %a run)" = 700 ]
	stop
}

@test "no secret is told: by no verb, in no log, in no process's words or environment" {
	local one
	need_root
	port=$((20000 + RANDOM % 12000))
	printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=hunter2hunter2 >world/server.properties
	ini_java '--rcon' type=paper 'rcon_password=${SECRET_OF_MINE}' mcinit.stats_interval=10s "mcinit.metrics_file=$here/metrics"
	export SECRET_OF_MINE=hunter2hunter2
	start
	ready
	wait_for log 'RCON is up'
	for one in status 'status --json' metrics health 'rcon list' reload rotate check keys 'backup -- true'; do
		# shellcheck disable=SC2086  # words
		run timeout 30 "$MCINIT" -c mcinit.ini $one 3>&- </dev/null
		[[ $one == rcon* ]] || no_line hunter2 <<<"$output"
	done
	until_true test -s metrics
	children "$pid"
	one="$children $server"
	console_processes "$pid"
	for one in $one $children; do
		tr '\0' '\n' <"/proc/$one/environ" | no_line hunter2
		tr '\0' '\n' <"/proc/$one/cmdline" | no_line hunter2
	done
	no_line hunter2 "/proc/$pid/cmdline" log out metrics
	# Of the state only root may read, and mcinit's own user.
	[ -z "$(find run -type f -perm /077)" ]
	tell SEGV
	wait_for log 'mcinit itself failed ('
	"$MCINIT" -S run/control status >/dev/null
	no_line hunter2 "/proc/$pid/cmdline" log
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

# wait_for_end COUNT: clients who want to know of it, in the file ends; $! is their process.
wait_for_end()
{
	: >ends
	"$HELPERS/helper_client" run/control "$1" 60 <<<end >>ends 2>&1 3>&- {idle}>&- &
	started="$started $!"
}

@test "who waits for mcinit's end is told how it was; who leaves before, and too many, are in nobody's way" {
	local many last
	up
	wait_for_end 32
	wait_for ends waits 8
	wait_for ends 'no too many wait already' 24
	one_is_served
	# They are those of the image before.
	wait_for ends '0 open'
	wait_for_end 32
	many=$!
	wait_for ends waits 8
	wait_for ends 'no too many wait already' 24
	run -0 "$MCINIT" -S run/control status 3>&-
	kill "$many"
	same_as_before "$before"
	wait_for_end 1
	last=$!
	wait_for ends waits
	tell TERM
	expect_exit 0
	wait "$last"
	seen ends 'server?name=server?*state=stopped?*'
	seen ends 'ok 0'
	seen ends '0 open'
}

gets_a_place()
{
	echo dance | clients 1 20
	seen heard 'no this mcinit does not know the verb'
}

@test "who says nothing gives his place, after a moment, to the next" {
	up
	clients_stay 32
	until_true gets_a_place
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

# while_not_over COMMAND...: again and again, in the background, until there is a file `over`.
while_not_over()
{
	while [ ! -e over ]; do
		"$@"
	done >/dev/null 2>&1 3>&- {idle}>&- &
	started="$started $!"
}

silent()
{
	"$HELPERS/helper_client" run/control "$1" 1 </dev/null
}

says_half()
{
	printf 'stat' | "$HELPERS/helper_client" run/control "$1" 0
}

says_noise()
{
	head -c 3000 /dev/urandom | "$HELPERS/helper_client" run/control "$1" 0
}

says_much()
{
	head -c 10000000 /dev/zero | "$HELPERS/helper_client" run/control "$1" 0
}

vanishes()
{
	echo status | "$HELPERS/helper_client" run/control "$1" 0
}

@test "a crowd that behaves badly, and faults meanwhile: others are served, and nothing leaks" {
	local i begun took all=() n
	n=$(soak 200 40)
	ini ''
	start
	ready
	until_true test -S run/control
	fails_once()
	{
		tell SEGV
		wait_for "$log" 'mcinit itself failed (' "$1"
		run -0 timeout 20 "$MCINIT" -S run/control health 3>&-
	}
	until_true "$MCINIT" -S run/control health --ready >/dev/null 2>&1
	fails_once 1
	look
	before=$kept
	while_not_over silent "$n"
	while_not_over says_half "$n"
	while_not_over says_noise "$n"
	while_not_over says_much 1
	while_not_over vanishes "$n"
	for ((fault = 2; fault <= $(soak 101 11); fault++)); do
		begun=${EPOCHREALTIME/[.,]/}
		run -0 timeout 20 "$MCINIT" -S run/control health 3>&-
		took=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
		[ "$output" = 'server: running' ]
		all+=("$took")
		# Who waits for the greeting is heard, too.
		run -0 timeout 20 "$MCINIT" -S run/control rotate 3>&-
		fails_once "$fault"
	done
	touch over
	# shellcheck disable=SC2046,SC2005  # words, sorted
	echo "# a look at the health in a crowd, in ms: $(echo $(printf '%s\n' "${all[@]}" | sort -n))" >&3
	same_as_before "$before"
	private_dirty
	echo "# private memory $private_dirty KiB" >&3
	[ "$private_dirty" -le 100 ]
	stop
	lived_well 1
}
