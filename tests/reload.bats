#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# SIGHUP: a changed INI comes into force as far as it can, a bad one changes nothing, and nothing
# that a reload meets keeps mcinit from its signals.  Called by tools/run-tests, or alone from the
# top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

reload()
{
	count log '*reload done*'
	tell HUP
	wait_for log 'reload done' $((count + 1))
}

# refused [N]: the N-th reload (1) is refused.
refused()
{
	wait_for log 'reload refused' "${1:-1}"
}

# --- what changed, and when it counts ---

@test "an INI that did not change changes nothing" {
	ini ''
	start
	ready
	reload
	never_seen log ' changed'
	expect_count journal ' start ' 1
	stop
}

@test "a key that counts now: said so, and in force" {
	ini '--ignore-term' stop_timeout=1h
	start
	ready
	ini '--ignore-term' stop_timeout=1s
	reload
	seen log 'server: reload: server.stop_timeout changed, in force now'
	tell TERM
	expect_exit 137
}

@test "log_level counts now" {
	ini '' mcinit.log_level=info
	start
	ready
	ini ''
	reload
	seen log 'reload: mcinit.log_level changed, in force now'
	tell 50
	wait_for log 'SIGRTMIN+16 has no meaning'
	stop
}

@test "a key for the next start: said so, and in force then" {
	ini '--report'
	start
	ready
	ini '--report' env=FAKE_NEW=1
	reload
	seen log 'server: reload: server.env changed, in force at the next start'
	tell USR1
	wait_for log 'changes wait for the next start'
	expect_count journal ' start ' 1
	never_seen journal 'FAKE_NEW'
	kill -KILL "$server"
	ready 2
	seen journal ' report env FAKE_NEW=1'
	: >log
	tell USR1
	wait_for log 'orphans reaped'
	never_seen log 'changes wait'
	stop
}

@test "a key that counts only for a new mcinit: said so, and as it was" {
	ini ''
	start
	ready
	ini '' mcinit.run_dir="$here/other"
	reload
	seen log 'reload: mcinit.run_dir changes only when mcinit itself is started again'
	[ ! -e other ]
	[ "$(<run/lock)" = "$pid" ]
	stop
}

@test "restart_delay changed while a server waits: the running delay stays, the next is new" {
	ini '--first 2 --exit-on-start 1' restart_delay=500ms
	start
	wait_for log 'starting again in 500 ms'
	ini '--first 2 --exit-on-start 1' restart_delay=1ms
	reload
	ready
	seen log 'starting again in 2 ms'
	stop
}

@test "-o still wins after a reload" {
	ini '' restart=always
	start -o server.restart=no -o mcinit.log_level=info
	ready
	ini '' restart=on-failure
	reload
	never_seen log ' changed'
	kill -KILL "$server"
	expect_exit 137
}

@test "a reload of an INI with a relative name works from the directory it was found in" {
	ini ''
	start
	ready
	ini '' stop_timeout=5s
	reload
	seen log 'stop_timeout changed'
	stop
}

@test "an environment variable in the INI: the value is that of mcinit's environment" {
	ini '' 'env=FAKE_X=${FAKE_Y}'
	FAKE_Y=1 launch "$MCINIT" -c mcinit.ini
	ready
	reload
	never_seen log ' changed'
	stop
}

@test "a reload as process 1" {
	ini ''
	start_pid1
	ready
	ini '' stop_timeout=5s
	reload
	seen log 'stop_timeout changed'
	stop
}

# --- a bad INI ---

@test "a bad INI is refused with its line, and changes nothing" {
	ini ''
	start
	ready
	ini '' restart=perhaps stop_timeout=1s
	tell HUP
	refused
	seen log 'mcinit.ini:*: server.restart: '
	seen log 'reload refused; the configuration stays as it was'
	never_seen log ' changed'
	ini ''
	reload
	never_seen log ' changed'
	kill -0 "$server"
	stop
}

@test "an INI that has vanished is refused, and the server runs on" {
	ini ''
	start
	ready
	rm mcinit.ini
	tell HUP
	refused
	seen log 'mcinit.ini: does not exist'
	kill -0 "$server"
	stop
}

@test "an INI that became a FIFO, a device or a directory is refused at once" {
	local n=0 kind
	ini ''
	start
	ready
	for kind in 'mkfifo mcinit.ini' 'ln -s /dev/zero mcinit.ini' 'mkdir mcinit.ini'; do
		n=$((n + 1))
		rm mcinit.ini
		$kind
		tell HUP
		refused $n
	done
	kill -0 "$server"
	stop
}

@test "as root: an INI that others may write by now is refused" {
	need_root
	ini ''
	start
	ready
	ini '' stop_timeout=5s
	chmod 666 mcinit.ini
	tell HUP
	refused
	seen log 'can be changed by others'
	never_seen log 'stop_timeout changed'
	stop
}

@test "an empty INI is taken as one server with defaults, or refused, and mcinit lives" {
	ini ''
	start
	ready
	: >mcinit.ini
	tell HUP
	until_true answered
	kill -0 "$pid"
	stop
}

answered()
{
	seen log 'reload refused' || seen log 'reload done'
}

@test "no INI at all: a reload says so" {
	need_java
	cp "$JAR" server.jar
	export JAVA_TOOL_OPTIONS="-Dfake.journal=$journal -Xshare:auto"
	launch "$MCINIT" -o "mcinit.run_dir=$here/run"
	ready
	tell HUP
	wait_for log 'reload: there is no INI'
	stop
}

# --- servers come and go ---

mcinit_keys=('when_all_stopped = exit')
shared=()

@test "a server that is new in the INI is started" {
	several a:
	start
	wait_for journal.a ' ready '
	several a: b:
	reload
	wait_for journal.b ' ready '
	expect_count journal.a ' start ' 1
	seen log 'reload done: 2 servers'
	stop
}

@test "a server that is gone from the INI is stopped, saves, and is forgotten" {
	several a: 'b:--save-time 200ms'
	start
	wait_for journal.a ' ready '
	wait_for journal.b ' ready '
	several a:
	reload
	seen log 'b: no longer in the configuration; stopping it'
	wait_for log 'b: is gone from the configuration'
	seen journal.b ' saved '
	expect_count journal.a ' signal ' 0
	: >log
	tell USR1
	wait_for log 'a: '
	never_seen log 'b: '
	stop
}

@test "a server that is gone and comes back while it stops is started again" {
	several a: 'b:--save-time 500ms'
	start
	wait_for journal.b ' ready '
	several a:
	reload
	wait_for journal.b ' saving '
	several a: 'b:--save-time 500ms'
	reload
	wait_for journal.b ' start ' 2
	seen journal.b ' saved '
	stop
}

@test "a server that is gone and comes back when it has ended is started anew" {
	several a: b:
	start
	wait_for journal.b ' ready '
	several a:
	reload
	wait_for log 'b: is gone from the configuration'
	several a: b:
	reload
	wait_for journal.b ' ready ' 2
	stop
}

@test "all servers are exchanged, in any order" {
	several a: b: c:
	start
	wait_for journal.c ' ready '
	several d: c: e:
	reload
	wait_for journal.d ' ready '
	wait_for journal.e ' ready '
	wait_for log 'a: is gone'
	wait_for log 'b: is gone'
	expect_count journal.c ' start ' 1
	expect_count journal.c ' signal ' 0
	tell USR1
	wait_for log 'e: *pid'
	stop
}

@test "16 servers are replaced by 16 others: refused while those still stop, done later" {
	local names=({a..p}) others=({A..P}) i
	several "${names[@]/%/:}"
	start
	for i in "${names[@]}"; do
		wait_for "journal.$i" ' ready '
	done
	several "${others[@]/%/:}"
	tell HUP
	refused
	seen log '16 servers find no place'
	kill -0 "$pid"
	for i in "${names[@]}"; do
		expect_count "journal.$i" ' signal ' 0
	done
	stop
}

@test "the only server is gone from the INI: mcinit does not leave, it was asked" {
	several a:
	start
	wait_for journal.a ' ready '
	several b:
	reload
	wait_for journal.b ' ready '
	wait_for log 'a: is gone'
	stop
}

@test "autostart = no: a new server waits, and is known" {
	several a:
	start
	wait_for journal.a ' ready '
	several a: b:
	echo 'autostart = no' >>mcinit.ini
	reload
	tell USR1
	wait_for log 'b: stopped for'
	expect_count journal.b ' start ' 0
	stop
}

# --- a server that gave up ---

@test "a server that gave up starts again when its INI is mended" {
	ini '--exit-on-start 1' crash_limit=1 mcinit.when_all_stopped=stay
	start
	wait_for log 'waiting for signals'
	ini '' crash_limit=1 mcinit.when_all_stopped=stay
	reload
	ready
	stop
}

@test "a server that gave up starts again on a reload when the cause was outside the INI" {
	ini_java '' mcinit.when_all_stopped=stay
	rm world/server.jar
	start
	wait_for log 'Mend the cause, then reload'
	wait_for log 'waiting for signals'
	touch world/server.jar
	tell HUP
	ready
	stop
}

@test "a server that was stopped by itself is not started by a reload that changes nothing" {
	ini '--stop-after 1ms' mcinit.when_all_stopped=stay
	start
	wait_for log 'waiting for signals'
	reload
	reload
	expect_count journal ' start ' 1
	stop
}

# --- at the wrong moment ---

@test "a reload while mcinit stops is refused, and does not cancel the stop" {
	ini '--save-time 500ms'
	start
	ready
	tell TERM
	wait_for journal ' saving '
	tell HUP
	wait_for log 'reload refused: mcinit is stopping'
	expect_exit 0
	expect_count journal ' start ' 1
}

@test "a stop while the INI is read: the reload starts nothing any more" {
	several a:
	launch "$MCINIT" -c mcinit.ini
	wait_for journal.a ' ready '
	several a: b:
	slow_ini
	tell HUP
	wait_for log 'reload: reading'
	tell TERM
	expect_exit 0
	expect_count journal.b ' start ' 0
}

# From now on each opening of the INI takes long.  strace says `attached` when it is.
slow_ini()
{
	command -v strace >/dev/null || skip 'no strace'
	strace -f -o strace -p "$pid" -P "$here/mcinit.ini" -e trace=openat,open \
	    -e inject=openat,open:delay_enter=2000000 2>attach 3>&- {idle}>&- &
	tracer=$!
	started="$started $tracer"
	wait_for attach attached
}

@test "a reader that hangs blocks no signal, and a second HUP does not wait for it" {
	ini ''
	start
	ready
	ini '' stop_timeout=7s
	slow_ini
	tell HUP
	wait_for log 'reload: reading'
	tell USR1
	wait_for log 'orphans reaped'
	never_seen log 'reload done'
	tell HUP
	wait_for log 'reload: reading' 2
	wait_for log 'stop_timeout changed'
	expect_count log 'reload done' 1
	stop
}

@test "HUP twice quickly, and a hundred times: the last INI is in force, and nothing is left" {
	local i
	ini ''
	start
	ready
	for ((i = 1; i <= 100; i++)); do
		ini '' stop_timeout="$((i + 30))s"
		tell HUP
	done
	reload
	until_true has_children "$pid" 1
	: >log
	reload
	never_seen log 'stop_timeout changed'
	kill -0 "$server"
	stop
}

@test "HUP before the server is there" {
	ini ''
	launch "$HELPERS/helper_program" pending 1 "$MCINIT" -c mcinit.ini
	wait_for log 'reload done'
	ready
	expect_count journal ' start ' 1
	stop
}
