#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The way from a good INI to a running server: which run_dir, what is inherited, what is refused and
# how it is said.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# --- run_dir ---

@test "run_dir is made, for us alone" {
	ini ''
	umask 0
	start
	ready
	[ "$(stat -c '%a %u' run)" = "700 $EUID" ]
	stop
}

@test "run_dir that exists and is ours is used" {
	mkdir -m 700 run
	ini ''
	start
	ready
	[ "$(<run/lock)" = "$pid" ]
	stop
}

@test "run_dir that others may enter is refused with 71, and the mode to give it is said" {
	mkdir -m 755 run
	ini ''
	start
	expect_exit 71
	seen log "run_dir $here/run cannot be used*0700"
}

@test "run_dir of another user is refused with 71" {
	need_root
	mkdir -m 700 run
	chown 65534 run
	ini ''
	start
	expect_exit 71
	seen log "run_dir $here/run cannot be used*belongs to another user"
	never_seen journal ' start '
}

@test "run_dir that is a symbolic link is refused with 71" {
	mkdir -m 700 elsewhere
	ln -s elsewhere run
	ini ''
	start
	expect_exit 71
	seen log "run_dir $here/run cannot be used"
}

@test "run_dir whose lock is a symbolic link is refused, and its target stays as it was" {
	mkdir -m 700 run
	echo precious >target
	ln -s ../target run/lock
	ini ''
	start
	expect_exit 71
	[ "$(<target)" = precious ]
}

@test "run_dir below a directory that does not exist: 71, and it is named" {
	ini '' mcinit.run_dir="$here/no/such"
	start
	expect_exit 71
	seen log "$here/no/such"
}

@test "a second mcinit with the same run_dir names the pid of the first and ends with 71" {
	local first second=0
	ini ''
	start
	ready
	first=$pid
	"$MCINIT" -c mcinit.ini 2>second 3>&- || second=$?
	[ "$second" -eq 71 ]
	seen second "another mcinit (pid $first) runs with run_dir $here/run"
	kill -0 "$server"
	expect_count journal ' start ' 1
	stop
}

@test "run_dir is free again after mcinit was killed" {
	ini '--exit-on-start 0'
	mkdir -m 700 run
	echo 999999 >run/lock
	start
	expect_exit 0
	start
	expect_exit 0
}

@test "process 1 clears sockets and FIFOs that an earlier life left in run_dir, and nothing else" {
	mkdir -m 700 run run/server
	mkfifo run/server/stdin run/old
	touch run/server/level.dat run/file
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind("run/control")'
	echo 1 >run/lock
	ini ''
	start_pid1
	ready
	# The stale one answers nobody.
	run -0 "$MCINIT" -S run/control reexec 3>&-
	[ "$(find run -mindepth 1 | sort | tr '\n' ' ')" = \
	    'run/console run/control run/file run/lock run/places run/server run/server/level.dat run/server/stdin '\
'run/server/stdout ' ]
	[ -p run/server/stdin ]
	[ "$(<run/lock)" = 1 ]
	stop
}

@test "process 1 does not follow a symbolic link out of run_dir when it clears it" {
	mkdir -m 700 run precious
	mkfifo precious/fifo
	ln -s ../precious run/link
	ini ''
	start_pid1
	ready
	[ -p precious/fifo ]
	stop
}

@test "a directory with a world in it as run_dir: nothing in it is lost" {
	mkdir -m 700 data data/world data/world/region
	echo precious | tee data/server.jar data/world/level.dat data/world/region/r.0.0.mca >/dev/null
	ini ''
	sed -i "s|^run_dir = .*|run_dir = $here/data|" mcinit.ini
	start_pid1
	ready
	stop
	[ "$(cat data/server.jar data/world/level.dat data/world/region/r.0.0.mca | sort -u)" = precious ]
}

@test "a service leaves alone what is in run_dir" {
	mkdir -m 700 run
	touch run/control
	ini ''
	start
	ready
	[ -e run/control ]
	stop
}

# run_dirs SCRIPT: what run_dir mcinit takes without the key, in a mount namespace that SCRIPT
# prepares; this test's directory is at /mnt there.
run_dirs()
{
	need_root
	ini '--exit-on-start 0' mcinit.run_dir= server.dir=/mnt/world \
	    server.command="\"$FAKE\" --exit-on-start 0"
	cp "$FAKE" fakeserver
	cp "$MCINIT" mcinit
	sed -i 's/^command.*/command = \/mnt\/fakeserver --exit-on-start 0/' mcinit.ini
	run -"${2:-0}" unshare -m sh -ec "umask 022
	    mount --bind '$here' /mnt
	    mount -t tmpfs none /run
	    mount -t tmpfs none /dev/shm
	    mount -t tmpfs none /tmp
	    cd /mnt
	    $1
	    exec env \$xdg ./mcinit -c /mnt/mcinit.ini" 3>&-
}

@test "without the key run_dir is /run/mcinit" {
	run_dirs 'xdg=XDG_RUNTIME_DIR=/tmp'
	[[ $output == *"run_dir /run/mcinit"* ]]
}

@test "where /run cannot be used run_dir is in XDG_RUNTIME_DIR" {
	run_dirs 'mount -o remount,ro /run; xdg=XDG_RUNTIME_DIR=/tmp'
	[[ $output == *"run_dir /tmp/mcinit"* ]]
}

@test "without XDG_RUNTIME_DIR run_dir is in /dev/shm, and last in /tmp" {
	run_dirs 'mount -o remount,ro /run; xdg="-u XDG_RUNTIME_DIR"'
	[[ $output == *"run_dir /dev/shm/mcinit-0"* ]]
	run_dirs 'mount -o remount,ro /run; mount -o remount,ro /dev/shm; xdg=XDG_RUNTIME_DIR='
	[[ $output == *"run_dir /tmp/mcinit-0"* ]]
}

@test "a default run_dir that somebody else prepared is passed over" {
	run_dirs 'mkdir -m 777 /run/mcinit; xdg=XDG_RUNTIME_DIR=/tmp'
	[[ $output == *"run_dir /tmp/mcinit"* ]]
}

@test "no usable run_dir at all: 71, with every place that was tried and why not" {
	run_dirs 'for d in /run /dev/shm /tmp; do mount -o remount,ro $d; done; xdg=X=Y' 71
	[[ $output == *"/run/mcinit: Read-only"*"/dev/shm/mcinit-0: Read-only"* ]]
	[[ $output == *"/tmp/mcinit-0: Read-only"*"mcinit.run_dir"* ]]
}

# --- what mcinit inherits ---

@test "descriptors 0 to 2 closed at entry: nothing of ours gets their numbers" {
	local fd
	ini ''
	"$MCINIT" -c mcinit.ini <&- >&- 2>&- 3>&- &
	pid=$! outer=$!
	started=$pid
	ready
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ]
		console_processes "$pid" output
		[ "$(readlink "/proc/$children/fd/$fd")" = /dev/null ]
		[[ $(readlink "/proc/$server/fd/$fd") == "$here"/run/server/std* ]]
	done
	stop
}

@test "each single descriptor closed at entry" {
	local fd
	for fd in 0 1 2; do
		: >journal
		ini ''
		launch bash -c "exec $fd>&-; exec \"\$@\"" - "$MCINIT" -c mcinit.ini
		ready
		[ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ]
		[[ $(readlink "/proc/$server/fd/$fd") == "$here"/run/server/std* ]]
		stop
	done
}

@test "an inherited ignored SIGCHLD does not lose the server's exit code" {
	ini '--exit-on-start 7' restart=no
	launch bash -c "trap '' CHLD; exec \"\$@\"" - "$MCINIT" -c mcinit.ini
	expect_exit 7
}

@test "an inherited mask that blocks everything does not keep mcinit from hearing" {
	ini ''
	launch "$HELPERS/helper_program" hostile "$MCINIT" -c mcinit.ini
	ready
	stop
	seen journal 'signal 15'
}

@test "a SIGTERM that waits from before the first instruction stops it" {
	ini ''
	launch "$HELPERS/helper_program" pending 15 "$MCINIT" -c mcinit.ini
	expect_exit 0
	seen log 'SIGTERM: stopping all servers'
}

@test "inherited descriptors and the working directory are let go" {
	local fd
	mkdir -p where
	ini ''
	exec {fd}<mcinit.ini
	launch bash -c "cd where && exec \"\$@\" 17</dev/zero" - "$MCINIT" -c ../mcinit.ini
	ready
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	readlink /proc/"$pid"/fd/* | no_line 'zero|mcinit.ini'
	stop
}

@test "children that mcinit did not start but inherited are reaped and harm nothing" {
	ini '--exit-on-start 9' restart=no
	launch bash -c '(exit 3) & sleep 0.05 & exec "$@"' - "$MCINIT" -c mcinit.ini
	expect_exit 9
}

@test "a server that ends before its exec was reported is noticed" {
	local i
	ini '' command=/bin/true restart=no
	for ((i = 0; i < $(soak 1000 50); i++)); do
		start
		expect_exit 0
	done
}

@test "no warning in the log of an ordinary life, as service and as process 1" {
	local mode
	for mode in service pid1; do
		: >journal
		ini ''
		start_as "$mode"
		ready
		stop
	done
	never_seen log 'warning'
	never_seen log 'error'
}

@test "mcinit says its version, mode, pid, servers and run_dir" {
	ini ''
	start
	ready
	seen log "mcinit: mcinit *, service mode, pid $pid, 1 server, run_dir $here/run"
	stop
	: >log >journal
	start_pid1
	ready
	seen log ", container mode, pid 1, 1 server, run_dir $here/run"
	stop
}

@test "few descriptors: the server starts, or it is said why not, and mcinit ends" {
	local n code
	ini '--exit-on-start 0' server.restart=no
	for ((n = 3; n < 40; n++)); do
		code=0
		(ulimit -n "$n" && exec timeout "$DEADLINE" "$MCINIT" -c mcinit.ini) 2>log 3>&- ||
		    code=$?
		[[ " 0 1 71 78 127 " == *" $code "* ]] || { echo "$n: $code"; return 1; }
		[ "$code" -eq 0 ] || [ -s log ] || { echo "$n: $code without a word"; return 1; }
	done
	[ "$code" -eq 0 ]
}

# --- what is to be run ---

@test "a missing jar: 78, and where to get one" {
	ini_java ''
	rm world/server.jar
	start
	expect_exit 78
	seen log "server: no server.jar in $here/world. Download a server and put it there"
	expect_count journal ' start ' 0
}

@test "a missing jar beside another: its name is said, ready to be copied" {
	ini_java ''
	mv world/server.jar world/paper-1.21.4-100.jar
	touch world/a.txt world/.jar
	start
	expect_exit 78
	seen log "Found paper-1.21.4-100.jar: set \"jar = paper-1.21.4-100.jar\""
}

@test "a missing java: 127, and what to set" {
	ini_java '' java=no-such-java
	start
	expect_exit 127
	seen log 'cannot execute no-such-java: No such file'
	seen log 'Install Java or set "java = /path/to/java"'
}

@test "a missing command: 127, at once and not again" {
	ini '' command=/no/such/program
	start
	expect_exit 127
	expect_count log 'cannot execute /no/such/program' 1
	never_seen log 'starting again'
}

@test "a command that may not be executed: 127, and chmod +x" {
	echo '#!/bin/sh' >start.sh
	ini '' command=./start.sh
	start
	expect_exit 127
	seen log "cannot execute $here/start.sh: Permission denied"
	seen log 'chmod +x'
}

@test "a script without its first line: 127, and which line it needs" {
	echo 'exit 0' >start.sh
	chmod +x start.sh
	ini '' command=./start.sh
	start
	expect_exit 127
	seen log "cannot execute $here/start.sh: Exec format"
	seen log '#!/bin/sh'
}

@test "a relative command begins at the INI's directory, and the server's PATH finds the others" {
	printf '#!/bin/sh\npwd >../pwd; exit 5\n' >start.sh
	chmod +x start.sh
	ini '' command=./start.sh restart=no
	start
	expect_exit 5
	[ "$(<pwd)" = "$here/world" ]
	ini '' command=start.sh restart=no "env=PATH=$here:$PATH"
	start
	expect_exit 5
}

@test "the directory of the server is missing: 78, and it is named" {
	rmdir world
	ini ''
	start
	expect_exit 78
	seen log "server: cannot enter its directory $here/world"
}

@test "the directory of the server is a file: 78" {
	rmdir world
	touch world
	ini ''
	start
	expect_exit 78
	seen log "cannot enter its directory $here/world"
}

@test "when_all_stopped = stay: mcinit stays, and serves signals, although nothing can run" {
	ini_java '' mcinit.when_all_stopped=stay
	rm world/server.jar
	start
	wait_for log 'all servers have ended; waiting for signals'
	tell USR1
	wait_for log 'server: failed for'
	stop 78
}

@test "a real java without a server in its jar is started and gives up with 1" {
	need_java
	ini_jvm '' crash_limit=1
	echo 'no jar at all' >world/server.jar
	start
	expect_exit 1
	seen log 'gave up'
}

@test "a jar with a star: the highest version that matches is started" {
	local names
	ini_java '' jar='paper-*.jar'
	touch world/paper-1.21.4-99.jar world/paper-1.21.10-7.jar world/paper-1.21.4-100.jar \
	    world/zpaper-9.jar world/paper-2.jar.old
	start
	ready
	names=$(tr '\0' ' ' <"/proc/$server/cmdline")
	[[ $names == *' -jar paper-1.21.10-7.jar '* ]]
	stop
}

@test "a jar with a star that matches nothing: 78, and what is there is said" {
	ini_java '' jar='paper-*.jar'
	mv world/server.jar world/purpur-1.jar
	start
	expect_exit 78
	seen log 'no paper-*.jar in * Found purpur-1.jar: set "jar = purpur-1.jar"'
}
