#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Stopping: no world is lost, nothing is left behind, and whoever does not end is named.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# script NAME: an executable from standard input, in the directory of the INI.
script()
{
	{ echo '#!/bin/bash'; cat; } >"$1"
	chmod +x "$1"
}

# saved_and_left CODE: what a good stop looks like.
saved_and_left()
{
	expect_exit "$1"
	seen journal ' saved '
	never_seen log 'SIGKILL to'
	seen log "leaving with exit code $1"
}

# --- the good end ---

@test "a stop lets the server save, and is 0" {
	ini '--save-time 200ms'
	start
	ready
	tell TERM
	saved_and_left 0
	seen log 'stopping; it has 20 s to save before SIGKILL'
	seen log 'server: stopped (exit 143)'
}

@test "a JVM saves in its shutdown hook, and its 143 is 0" {
	need_java
	ini_jvm '-Dfake.save=300'
	start
	ready
	tell TERM
	saved_and_left 0
	seen log 'server: stopped (exit 143)'
}

@test "a JVM below process 1 saves" {
	need_java
	ini_jvm '-Dfake.save=300'
	start_pid1
	ready
	tell TERM
	saved_and_left 0
}

@test "mcinit leaves when the server has ended, not when its time is over" {
	ini '' stop_timeout=1h
	start
	ready
	tell TERM
	saved_and_left 0
}

@test "a stop while the server starts" {
	ini '--never-ready'
	start
	wait_for journal ' start '
	tell TERM
	saved_and_left 0
	expect_count journal ' start ' 1
}

@test "a stop while a JVM starts: it starts to the end, then saves" {
	need_java
	ini_jvm '-Dfake.start=1500'
	start
	# Before its main() a JVM has moments in which it loses a SIGTERM.
	wait_for journal ' start '
	tell TERM
	saved_and_left 0
	expect_count journal ' start ' 1
}

@test "a stop while the exec still hangs is held until it is through" {
	ini ''
	under_strace -e trace=setsid -e inject=setsid:delay_enter=300000 --
	wait_for log 'starting /'
	tell TERM
	expect_exit 0
	seen log 'stopped (SIGTERM)' || seen journal ' saved '
}

@test "a stop while the exec hangs for longer than stop_timeout: killed, and 137" {
	ini '' stop_timeout=1s
	under_strace -e trace=setsid -e inject=setsid:delay_enter=2500000 --
	wait_for log 'starting /'
	tell TERM
	expect_exit 137
	expect_count journal ' start ' 0
}

@test "a stop while the server waits to be restarted: nothing is started any more" {
	ini '--exit-on-start 1' restart_delay=1h restart_delay_max=1h crash_limit=2 crash_window=2h
	start
	wait_for log 'starting again in'
	tell TERM
	expect_exit 0
	expect_count journal ' start ' 1
}

@test "a stop at the moment of a crash: nothing is started any more" {
	local i
	for ((i = 0; i < $(soak 400 40); i++)); do
		: >journal
		ini "--crash-after $((i % 8))ms" restart_delay=1ms restart_delay_max=1s crash_limit=32
		start
		wait_for journal ' start '
		tell TERM
		expect_exit 0
		newest
		ended "$server"
	done
	never_seen log 'not expected'
}

@test "a stop when nothing runs any more ends with the code of what was" {
	ini '--exit-on-start 0' mcinit.when_all_stopped=stay
	start
	wait_for log 'waiting for signals'
	stop 0
	: >log
	ini '--exit-on-start 1' mcinit.when_all_stopped=stay crash_limit=1
	start
	wait_for log 'waiting for signals'
	stop 1
}

@test "the server has a child of its own: with a java line only the main process hears TERM" {
	family
	ini '' command= java="$here/family.sh"
	touch world/server.jar
	start
	ready
	stop
	expect_count journal ' parent-term' 1
	never_seen journal ' child-term'
}

@test "the server has a child of its own: with a command all of its group hears TERM" {
	family
	ini '' command="$here/family.sh"
	start
	ready
	stop
	expect_count journal ' parent-term' 1
	expect_count journal ' child-term' 1
}

# A parent that ends its child by another signal, when it has had its TERM.
family()
{
	script family.sh <<-END
	bash -c '
		trap "echo 0 child-term >>$journal" TERM
		trap "exit 0" USR1
		echo 0 child >>$journal
		while :; do read -rt 0.02 <> <(:); done' &
	trap 'echo 0 parent-term >>$journal; asked=yes' TERM
	until grep -q child $journal; do read -rt 0.02 <> <(:); done
	echo 0 start \$\$ >>$journal
	echo 0 ready \$\$ >>$journal
	while [ -z "\$asked" ]; do read -rt 0.02 <> <(:); done
	for i in 1 2 3 4 5; do read -rt 0.02 <> <(:); done
	kill -USR1 %1
	wait
	exit 143
	END
}

# --- those that do not end ---

@test "a server that ignores TERM is killed at stop_timeout, and the code is 137" {
	ini '--ignore-term' stop_timeout=1s
	start
	ready
	tell TERM
	expect_exit 137
	seen journal ' signal 15'
	seen log 'did not end within stop_timeout = 1*s; SIGKILL to all of its processes'
	seen log 'stopped by SIGKILL: what it had not saved is lost'
	never_seen log 'thread dump'
	until_true ended "$server"
}

@test "a JVM line that ignores TERM is asked for its threads before it is killed" {
	ini_java '--ignore-term' stop_timeout=1s
	start
	ready
	tell TERM
	expect_exit 137
	seen out 'Full thread dump'
	[ "$(grep -nE -m 1 'asking for a thread dump' log | cut -d: -f1)" -lt \
	    "$(grep -nE -m 1 'SIGKILL to all' log | cut -d: -f1)" ]
}

@test "thread_dump = no: killed without" {
	ini_java '--ignore-term' stop_timeout=1s thread_dump=no
	start
	ready
	tell TERM
	expect_exit 137
	never_seen journal ' signal 3'
	never_seen out 'Full thread dump'
}

@test "a JVM that hangs in its hook prints its threads, then is killed" {
	need_java
	ini_jvm '' stop_timeout=1s
	mkfifo console
	launch sh -c 'exec "$@" <>console' - "$MCINIT" -c mcinit.ini
	ready
	echo hang >console
	wait_for journal 'command hang'
	tell TERM
	expect_exit 137
	seen out 'Full thread dump OpenJDK'
	seen out 'LockSupport.parkNanos'
	until_true ended "$server"
}

@test "a process 1 whose server ignores TERM leaves with 137" {
	ini '--ignore-term' stop_timeout=1s
	start_pid1
	ready
	tell TERM
	expect_exit 137
	seen log 'SIGKILL to all'
}

@test "a server that has stopped itself (SIGSTOP) is woken to save, with a command and with java" {
	local which
	for which in ini ini_java; do
		: >journal
		$which '--stop-self'
		start
		wait_for journal ' stop-self '
		newest
		until_true state_is "$server" T
		tell TERM
		saved_and_left 0
	done
}

# --- start scripts ---

@test "a start script that dies of TERM while its child saves: the end is awaited, as service" {
	start_script_without_exec service
}

@test "a start script that dies of TERM while its child saves: the end is awaited by process 1" {
	start_script_without_exec pid1
}

start_script_without_exec()
{
	ini '--child-saves --save-time 500ms'
	start_as "$1"
	ready
	tell TERM
	saved_and_left 0
	seen log 'waiting for the rest of its processes'
	seen journal ' exit 143'
}

@test "sh -c 'java ...; true': the JVM saves before process 1 leaves" {
	need_java
	ini '' type=paper command="/bin/sh $here/start.sh"
	script start.sh <<-END
	java -Xshare:auto -XX:+UseSerialGC -Dfake.journal=$journal -Dfake.save=700 -jar $JAR
	true
	END
	start_pid1
	ready
	tell TERM
	saved_and_left 0
}

@test "a start script that saves nothing but hands on the signal" {
	ini '--save-time 300ms'
	script start.sh <<-END
	trap 'kill \$!; wait' TERM
	"$FAKE" --journal $journal --save-time 300ms &
	wait
	END
	ini '' command=./start.sh
	start
	ready
	tell TERM
	saved_and_left 0
}

# --- what a server leaves behind ---

@test "a daemon of the server, with a session of its own, is ended and named; as service" {
	daemon_of service
}

@test "a daemon of the server, with a session of its own, is ended and named by process 1" {
	daemon_of pid1
}

daemon_of()
{
	ini '--daemon forever'
	start_as "$1"
	ready
	daemon=$(sed -n 's/^[0-9]* daemon //p' journal)
	tell TERM
	saved_and_left 0
	seen log "fake-daemon (pid $daemon) ends by SIGTERM"
	[ "$1" = pid1 ] || until_true ended "$daemon"
}

@test "a daemon that ignores TERM is killed at stop_timeout and named, and the code is 137" {
	ini '--daemon forever --daemon-ignore-term' stop_timeout=1s
	start
	ready
	daemon=$(sed -n 's/^[0-9]* daemon //p' journal)
	tell TERM
	expect_exit 137
	seen journal ' saved '
	seen log "fake-daemon (pid $daemon) is killed"
	until_true ended "$daemon"
}

@test "a daemon that ends by itself in time is waited for" {
	ini '--daemon 300ms --daemon-ignore-term'
	start
	ready
	tell TERM
	saved_and_left 0
	seen journal ' daemon-exit '
}

@test "a daemon that has cleared its environment and left the session is nobody's: left alone" {
	script start.sh <<-END
	setsid env -i $(command -v bash) -c 'echo 0 daemon \$\$ >>$journal; exec sleep 1000' &
	exec "$FAKE" --journal $journal
	END
	ini '' command=./start.sh
	start
	ready
	wait_for journal ' daemon '
	daemon=$(sed -n 's/^0 daemon //p' journal)
	tell TERM
	saved_and_left 0
	never_seen log " (pid $daemon)"
	kill -0 "$daemon"
}

@test "a daemon that has cleared its environment in the server's session is ended" {
	# With a java line: a command's whole group has its TERM together with it.
	script java.sh <<-END
	env -i $(command -v bash) -c 'echo 0 daemon \$\$ >>$journal; exec sleep 1000' &
	exec "$FAKE" --journal $journal
	END
	ini '' command= java=./java.sh
	touch world/server.jar
	start
	ready
	wait_for journal ' daemon '
	daemon=$(sed -n 's/^0 daemon //p' journal)
	tell TERM
	saved_and_left 0
	seen log " (pid $daemon) ends by SIGTERM"
	until_true ended "$daemon"
}

@test "a stopped daemon is woken to end" {
	ini '--daemon forever'
	start
	ready
	daemon=$(sed -n 's/^[0-9]* daemon //p' journal)
	kill -STOP "$daemon"
	until_true state_is "$daemon" T
	tell TERM
	saved_and_left 0
	until_true ended "$daemon"
}

@test "orphans of the server are ended, ten of them by name, the others by number" {
	# With a java line: a command's orphans have their TERM together with it.
	ini_java '--orphans 30 --orphan-life forever'
	start
	ready
	tell TERM
	saved_and_left 0
	expect_count log 'fake-orphan (pid *) ends by SIGTERM' 10
	seen log 'and 20 processes more'
	while read -r _ what orphan; do
		[ "$what" != orphan ] || ended "$orphan"
	done <journal
}

@test "a tree of which each process has a session of its own and ignores TERM is killed whole" {
	script start.sh <<-END
	trap '' TERM
	for i in {1..20}; do
		setsid setsid sh -c 'echo 0 daemon \$\$ >>$journal; sleep 1000; sleep 1000' &
	done
	until [ "\$(grep -c daemon $journal)" -eq 20 ]; do read -rt 0.02 <> <(:); done
	echo 0 start \$\$ >>$journal
	echo 0 ready \$\$ >>$journal
	while :; do read -rt 1000 <> <(:); done
	END
	ini '' command=./start.sh stop_timeout=1s
	start
	ready
	tell TERM
	expect_exit 137
	while read -r _ what number; do
		[ "$what" = ready ] || ended "$number"
	done <journal
}

@test "a stop while the helper that looks for leftovers still walks" {
	ini '--first 1 --crash-after 0ms --daemon forever'
	under_strace -e trace=getdents64 -e inject=getdents64:delay_enter=200000 --
	wait_for journal ' ready '
	until_true walks
	tell TERM
	expect_exit 0
	expect_count journal ' start ' 1
	seen log 'fake-daemon (pid *) ends by SIGTERM'
}

@test "a stop that comes while leftovers are ended, and needs SIGKILL for them, is 137" {
	ini '--first 1 --crash-after 0ms --daemon forever --daemon-ignore-term' stop_timeout=1s
	start
	wait_for log 'left processes behind'
	tell TERM
	expect_exit 137
	expect_count journal ' start ' 1
	seen log 'fake-daemon (pid *) is killed'
	seen log 'stopped by SIGKILL'
}

# A helper that walks through /proc.
walks()
{
	local child
	children "$pid"
	for child in $children; do
		is_mcinit "$child" && [[ "$(tr '\0' ' ' <"/proc/$child/cmdline")" == *sweep* ]] && return
	done 2>/dev/null
}

@test "a server whose first thread has ended runs until its last one has" {
	ini '' command="$HELPERS/helper_leader $journal 400"
	start
	ready
	until_true state_is "$server" Z
	tell TERM
	saved_and_left 0
}

# --- what a stop may not do ---

@test "a stop outside an appliance syncs, mounts and reboots nothing, and signals nobody else" {
	local mode
	ini '--daemon forever'
	under_strace -e trace=sync,syncfs,fsync,reboot,mount,umount2,kill,tkill,tgkill --
	ready
	tell TERM
	saved_and_left 0
	# Only what it started may get a signal, and by its number.
	no_line 'sync|reboot|mount' strace
	no_line 'kill\((-1|0|1|-'"$$"'),' strace
}

@test "process 1 of a container reboots nothing but to find out that it may not" {
	may_be_pid1
	command -v strace >/dev/null || skip 'no strace'
	ini ''
	launch "${as_pid1[@]}" strace -DD -f -qq -o "$here/strace" \
	    -e trace=sync,syncfs,reboot,mount,umount2,kill "$MCINIT" -c mcinit.ini
	ready
	until_true is_pid1
	tell TERM
	saved_and_left 0
	[ "$(grep -c 'reboot(' strace)" -eq 1 ]
	grep -q 'reboot(.*LINUX_REBOOT_CMD_CAD_OFF) = -1' strace
	no_line 'sync|mount|kill\(-1' strace
}

# --- whoever is not of the server ---

@test "a helper that outlives mcinit touches nobody" {
	may_be_pid1
	command -v strace >/dev/null || skip 'no strace'
	ini '--crash-after 0ms --daemon forever --daemon-ignore-term' restart=no
	# In a namespace of its own: the harm that is looked for would not stop at this test.
	script cage.sh <<-END
	# What it is to be mistaken for: another mcinit has a server of that name.
	MCINIT_SERVER=server setsid sleep 1000 &
	bystander=\$!
	strace -DD -f -qq -o strace -e trace=close_range \
	    -e inject=close_range:delay_enter=400000 "$MCINIT" -c mcinit.ini &
	mcinit=\$!
	until grep -q 'left processes behind' log; do read -rt 0.01 <> <(:); done
	# The helper that is to send SIGTERM has been forked, and has not looked for its parent.
	kill -KILL \$mcinit
	wait \$mcinit
	echo 0 killed >>$journal
	while readlink /proc/[0-9]*/exe | grep -qxF "$MCINIT"; do read -rt 0.01 <> <(:); done
	kill -0 \$bystander && echo 0 bystander >>$journal
	END
	launch "${as_pid1[@]}" ./cage.sh
	expect_exit 0
	seen journal ' killed'
	seen journal ' bystander'
}
