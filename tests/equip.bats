#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a server's directory gets before the server starts: eula.txt, server.properties, RCON; and that
# where RCON is outlives mcinit.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

properties=world/server.properties
faults=$(realpath "${BUILD:-build}")/faults/mcinit

# free_port: sets $port to one that nobody listens at, with some behind it for the next in the row.
free_port()
{
	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1] % 20000 + 12000)')
}

# listen_at PORT: somebody has it until the test ends.
listen_at()
{
	rm -f listener
	python3 -c 'import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(sys.argv[1])))
s.listen()
print("listens", flush=True)
time.sleep(600)' "$1" >listener 3>&- {idle}>&- &
	started="$! $started"
	wait_for listener listens
}

# The value of a key, in $value.
property()
{
	value=$(sed -n "s/^$1=//p" "${2:-$properties}")
}

# again N: the server dies, and its N-th start is ready.
again()
{
	tell KILL "$server"
	ready "$1"
}

# rcon_in_state: what the state says of server 0 is in $rcon: "127.0.0.1 PORT PASSWORD", or "off".
rcon_in_state()
{
	rcon=$(python3 - run/state <<-'END'
	import struct, sys
	bytes = open(sys.argv[1], "rb").read()
	halves = [struct.unpack_from("<QQI", bytes, at) + (at,) for at in
	    struct.unpack_from("<II", bytes, 20)]
	turn, _, used, at = max(halves)
	at += 24
	end = at + used
	while at < end:
	    part, index, count = struct.unpack_from("<HHI", bytes, at)
	    at += 8
	    if part == 10 and index == 0:
	        place, password, on = bytes[at:at + 20], bytes[at + 20:at + 276], bytes[at + 276]
	        print("off" if not on else "%s %d %s" % (".".join(map(str, place[1:5])),
	            struct.unpack_from("<H", place, 18)[0], password.split(b"\0")[0].decode()))
	    at += (count + 7) & ~7
	END
	)
}

rcon_is()
{
	rcon_in_state
	[ "$rcon" = "$1" ]
}

# Nobody but the file and who asks for it has the password.
never_shown()
{
	! grep -qrsFe "$1" log out trace journal mcinit.ini || return 1
	ps axww -o args= >processes
	no_line "$1" processes
	tr '\0' '\n' <"/proc/$server/environ" | no_line "$1"
}

# --- eula.txt ---

@test "eula = yes: eula.txt is there before the server is, other bytes stay" {
	ini_java '' type=vanilla rcon=off eula=yes
	printf '#by Mojang\r\n#date\r\neula=false\r\n' >world/eula.txt
	start
	ready
	printf '#by Mojang\r\n#date\r\neula=true\r\n' | cmp - world/eula.txt
	rm world/eula.txt
	again 2
	[ "$(<world/eula.txt)" = eula=true ]
	stop
	never_seen log 'eula.txt'
	[ ! -e "$properties" ]
}

@test "without it eula.txt is left alone" {
	ini_java '' type=vanilla rcon=off
	start
	ready
	stop
	[ ! -e world/eula.txt ]
}

@test "an eula.txt that cannot be written is said once, and the server starts" {
	ini_java '' type=vanilla rcon=off eula=yes
	echo eula=false >world/eula.txt
	chmod 444 world/eula.txt
	start
	ready
	again 2
	again 3
	stop
	[ "$(<world/eula.txt)" = eula=false ]
	expect_count log "server: eula = yes, but $here/world/eula.txt cannot be written*" 1
	seen log 'eula=true into it yourself: Permission denied'
}

# --- RCON ---

@test "RCON is enabled where nobody outside reaches it: its password is made once and kept" {
	local password
	free_port
	printf '# mine\nmotd = \\u00a7l x\nrcon.port=%d\nenable-rcon=false' "$port" >"$properties"
	ini_java --rcon type=paper eula=yes
	start --trace trace
	ready
	wait_for journal "rcon open $port"
	[ "$(stat -c %a "$properties")" = 600 ]
	property rcon.password
	password=$value
	[[ $password =~ ^[A-Za-z0-9]{24}$ ]]
	printf '%s\n' '# mine' 'motd = \u00a7l x' "rcon.port=$port" enable-rcon=true \
	    rcon.ip=127.0.0.1 "rcon.password=$password" broadcast-rcon-to-ops=false |
	    cmp - "$properties"
	rcon_is "127.0.0.1 $port $password"
	cp "$properties" first
	again 2
	again 3
	cmp first "$properties"
	rcon_is "127.0.0.1 $port $password"
	never_shown "$password"
	tell USR1
	wait_for log 'server: running for'
	never_shown "$password"
	stop
	never_seen log warning
}

@test "in a container RCON is enabled for vanilla, too" {
	free_port
	echo "rcon.port=$port" >"$properties"
	ini_java --rcon type=vanilla
	launch env container=test "$MCINIT" -c mcinit.ini
	ready
	wait_for journal "rcon open $port"
	stop
}

@test "outside of a container it is the console's work for vanilla, which is said once" {
	[ ! -e /.dockerenv ] && [ ! -e /run/.containerenv ] && [ -z "${container:-}" ] ||
	    skip 'this is a container'
	free_port
	echo "rcon.port=$port" >"$properties"
	ini_java --rcon type=vanilla
	start
	ready
	again 2
	stop
	[ "$(<"$properties")" = "rcon.port=$port" ]
	expect_count log 'server: no RCON: it could be reached from outside*"rcon = on"' 1
}

@test "a port that is taken is passed over, and it is said which one it gets" {
	free_port
	listen_at "$port"
	echo "rcon.port=$port" >"$properties"
	ini_java --rcon type=paper
	start
	ready
	seen log "server: RCON gets port $((port + 1)): port $port is taken"
	wait_for journal "rcon open $((port + 1))"
	property rcon.port
	[ "$value" = $((port + 1)) ]
	again 2
	property rcon.port
	[ "$value" = $((port + 1)) ]
	stop
	expect_count log 'RCON gets port' 1
}

@test "servers that start together get ports of their own" {
	local one
	free_port
	shared=('rcon = on')
	several a:--rcon b:--rcon c:--rcon d:--rcon
	sed -i 's/^type = .*/type = vanilla/' mcinit.ini
	for one in a b c d; do
		echo "rcon.port=$port" >$one/server.properties
	done
	start
	for one in a b c d; do
		wait_for "journal.$one" 'rcon open'
	done
	stop
	[ "$(sed -n 's/^rcon.port=//p' {a,b,c,d}/server.properties | sort -u | wc -l)" -eq 4 ]
	expect_count log 'RCON gets port' 3
}

@test "of two servers with the same RCON one has it, and the other is told which" {
	local one
	free_port
	several a:--rcon b:--rcon
	sed -i 's/^type = .*/type = vanilla/' mcinit.ini
	for one in a b; do
		printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=swordfish >$one/server.properties
	done
	start
	wait_for log "no RCON: its port $port is also that of "
	wait_for journal.a ' ready '
	wait_for journal.b ' ready '
	stop
	expect_count log 'is also that of' 1
	[ "$(cat journal.[ab] | grep -c 'command stop$')" -eq 2 ]
	[ "$(cat journal.[ab] | grep -c 'rcon command stop$')" -le 1 ]
}

@test "what is enabled already is respected, to the byte" {
	free_port
	printf 'enable-rcon=true\nrcon.port=%d\nserver-ip=0.0.0.0\nrcon.password=own' "$port" \
	    >"$properties"
	cp "$properties" before
	ini_java --rcon type=vanilla
	start
	ready
	rcon_is "127.0.0.1 $port own"
	stop
	cmp before "$properties"
	[ "$(stat -c %a "$properties")" = "$(stat -c %a before)" ]
	never_seen log 'no RCON'
	never_seen log 'RCON gets'
}

@test "rcon = off and a given place leave the file alone" {
	echo a=b >"$properties"
	ini_java '' type=vanilla rcon=off
	start
	ready
	rcon_is off
	stop
	ini_java '' type=vanilla rcon=127.0.0.1:4711 rcon_password=sesame
	start
	ready 2
	rcon_is '127.0.0.1 4711 sesame'
	stop
	[ "$(<"$properties")" = a=b ]
	never_seen log sesame
}

@test "a password out of a file of its own, and property lines" {
	free_port
	echo 'open sesame' >secret
	ini_java --rcon type=paper rcon_password_file=./secret "property=rcon.port=$port"
	sed -i '/^property/a property = motd=A = B' mcinit.ini
	start --trace trace
	ready
	wait_for journal "rcon open $port"
	property rcon.password
	[ "$value" = 'open sesame' ]
	property motd
	[ "$value" = 'A = B' ]
	[ "$(stat -c %a "$properties")" = 600 ]
	never_shown 'open sesame'
	# What the server made of it is ours again at the next start.
	sed -i 's/^motd=.*/motd=Steve/' "$properties"
	again 2
	property motd
	[ "$value" = 'A = B' ]
	stop
}

@test "a file that is not for us to write is said once, and counts as it is" {
	free_port
	printf 'enable-rcon=true\nrcon.port=%d\nrcon.password=own\n' "$port" >"$properties"
	chmod 444 "$properties"
	cp "$properties" before
	ini_java --rcon type=vanilla property=motd=x
	start
	ready
	rcon_is "127.0.0.1 $port own"
	again 2
	again 3
	stop
	cmp before "$properties"
	expect_count log "server: $here/world/server.properties cannot be written*Permission denied" 1
}

@test "a reload that changes the server says it again" {
	echo a=b >"$properties"
	chmod 444 "$properties"
	ini_java '' type=vanilla rcon=off property=motd=x
	start
	ready
	again 2
	expect_count log 'server.properties cannot be written' 1
	ini_java '' type=vanilla rcon=off property=motd=y
	tell HUP
	wait_for log 'reload done'
	again 3
	expect_count log 'server.properties cannot be written' 2
	stop
}

@test "without a server.properties a program of any kind gets none" {
	ini '' property=motd=x
	start
	ready
	again 2
	stop
	expect_count log "the property lines of the INI are not used: there is no $here/world" 1
	[ ! -e "$properties" ]
}

@test "a server without a server.properties that can be read starts all the same" {
	mkdir "$properties"
	ini_java '' type=paper
	start
	ready
	rcon_is off
	stop
	seen log "$here/world/server.properties cannot be read*Is a directory"
}

@test "a start that fails leaves nothing of the one before in the state" {
	ini_java '' type=vanilla rcon=127.0.0.1:4711 rcon_password=sesame crash_limit=1
	start
	ready
	rcon_is '127.0.0.1 4711 sesame'
	rm world/server.jar
	sed -i 's/^crash_limit.*/crash_limit = 5/; s/^\[mcinit\]/&\nwhen_all_stopped = stay/' mcinit.ini
	sed -i '0,/^when_all_stopped = exit/s///' mcinit.ini
	tell HUP
	wait_for log 'reload done'
	tell KILL "$server"
	wait_for log 'no server.jar'
	until_true rcon_is off
	stop 78
}

# --- what outlives mcinit ---

@test "where RCON is outlives a re-exec, a kill of mcinit, and its own faults" {
	local known
	free_port
	echo "rcon.port=$port" >"$properties"
	ini_java --rcon type=paper
	start
	ready
	rcon_in_state
	known=$rcon
	[[ $known == "127.0.0.1 $port "* ]]
	run -0 "$MCINIT" -S run/control reexec 3>&-
	rcon_is "$known"
	run -0 "$MCINIT" -S run/control reexec "$NEWER" 3>&-
	wait_for log 'going on as mcinit 99'
	stop
	start
	ready 2
	rcon_is "$known"
	tell KILL
	until_true gone "$pid"
	start
	wait_for log "still runs (pid $server); taken over"
	rcon_is "$known"
	stop
}

@test "mcinit fails while it takes over what a child has told: it is told again" {
	local function in
	for function in act_executed act_note_once tell_report; do
		: >journal >log
		rm -f failed*
		free_port
		listen_at "$port"
		echo "rcon.port=$port" >"$properties"
		ini_java --rcon type=paper
		in=$(nm "$faults" | sed -n "s/^0*\([0-9a-f]*\) [tT] $function\$/\1/p")
		[ -n "$in" ] || skip "no $function to fail at"
		launch env MCINIT_FAULTS="in=$in,times=1,once=$here/failed,kinds=null" "$faults" \
		    -c mcinit.ini
		ready
		[ -e failed.1 ]
		property rcon.password
		until_true rcon_is "127.0.0.1 $((port + 1)) $value"
		seen log 'RCON gets port'
		expect_count journal ' start ' 1
		stop
	done
}
