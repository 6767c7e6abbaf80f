#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a server gets from exec: signals, descriptors, session, limits, environment, and the lock on
# its world.  A leaked ignored signal is a JVM without shutdown hooks, and a lost world.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

none=0000000000000000

# reports KEY VALUE: the fake server found it so.
reports()
{
	seen "$journal" " report $1 $2" || { grep " report $1 " "$journal"; return 1; }
}

# The descriptors of a process, one a line as "N target", without its journal.
descriptors()
{
	local fd target
	for fd in /proc/"$1"/fd/*; do
		target=$(readlink "$fd") || continue
		[ "$target" = "$journal" ] || echo "${fd##*/} $target"
	done
}

# --- signals ---

@test "the server starts with no signal blocked, ignored or caught" {
	ini '--report'
	start
	ready
	reports SigBlk $none
	reports SigIgn $none
	reports SigCgt $none
	reports SigPnd $none
	reports ShdPnd $none
	stop
}

@test "the same when mcinit's parent blocked and ignored all signals, as service and process 1" {
	local mode
	for mode in '' "${as_pid1[*]}"; do
		[ -z "$mode" ] || may_be_pid1
		: >journal
		ini '--report --exit-on-start 0' restart=no
		# shellcheck disable=SC2086  # words
		launch "$HELPERS/helper_program" hostile $mode "$MCINIT" -c mcinit.ini
		expect_exit 0
		reports SigBlk $none
		reports SigIgn $none
		reports SigCgt $none
	done
}

@test "the same at the second start" {
	ini '--report --first 1 --exit-on-start 1'
	start
	ready
	expect_count journal " report SigBlk $none" 2
	expect_count journal " report SigIgn $none" 2
	stop
}

@test "a signal that waits at mcinit does not wait at the server" {
	ini '--report'
	launch "$HELPERS/helper_program" pending 12 "$MCINIT" -c mcinit.ini
	ready
	reports SigPnd $none
	reports ShdPnd $none
	stop
}

@test "a JVM gets HUP, INT and TERM although mcinit's parent ignored them" {
	need_java
	ini_jvm ''
	launch "$HELPERS/helper_program" hostile "$MCINIT" -c mcinit.ini
	ready
	field "$server" SigIgn
	[ "$field" = $none ]
	field "$server" SigBlk
	[ "$field" = $none ]
	field "$server" SigCgt
	# HUP 1, INT 2, QUIT 3, TERM 15
	[ $((0x$field & 0x4007)) -eq $((0x4007)) ]
	stop
	seen journal ' saved '
}

# --- descriptors ---

@test "the server has descriptors 0, 1, 2, the world lock as 3, and no other" {
	ini '--report'
	exec 7</dev/null 8</dev/null 99</dev/null
	start
	ready
	[ "$(grep -c ' report fd ' journal)" -eq 4 ]
	reports fd "0 $here/run/server/stdin"
	reports fd "1 $here/run/server/stdout"
	reports fd "2 $here/run/server/stdout"
	reports fd "3 $here/world/.mcinit.lock"
	stop
}

@test "a JVM has the world lock as 3, and nothing of mcinit's" {
	need_java
	ini_jvm ''
	exec 7</dev/zero 99</dev/zero
	start
	ready
	descriptors "$server" >fds
	grep -qx "3 $here/world/.mcinit.lock" fds
	grep -qx "0 $here/run/server/stdin" fds
	grep -qx "1 $here/run/server/stdout" fds
	grep -qx "2 $here/run/server/stdout" fds
	no_line "$here/run/(control|console|rings)|anon_inode|memfd|pipe:|/dev/zero" fds
	stop
}

@test "the server reads what mcinit's standard input has, line by line" {
	ini ''
	mkfifo console
	exec {hold}<>console
	# Behind & a shell without job control gives /dev/null, so that is redirected further in.
	launch sh -c 'exec "$@" <console' - "$MCINIT" -c mcinit.ini
	ready
	echo list >&"$hold"
	wait_for journal 'command list'
	stop
}

@test "a helper that walks for leftovers has only 0 to 2" {
	ini '--daemon forever --daemon-ignore-term' stop_timeout=1s
	start
	ready
	tell TERM
	# Whoever of mcinit's children is mcinit is a helper.
	until_true helper_seen
	expect_exit 137
	no_line 'signalfd|eventpoll|lock|memfd' fds
}

helper_seen()
{
	local child
	children "$pid"
	for child in $children; do
		grep -qz sweep "/proc/$child/cmdline" && descriptors "$child" >fds && [ -s fds ] && return 0
	done 2>/dev/null
	gone "$pid"
}

# --- who and where ---

@test "the server leads a session of its own" {
	ini '--report'
	start
	ready
	reports sid "$server"
	reports pgid "$server"
	reports ppid "$pid"
	stop
}

@test "the server has no controlling terminal, although mcinit was started on one" {
	ini '--exit-on-start 0' restart=no "command=$here/look"
	printf '#!/bin/sh\n(echo >/dev/tty) 2>/dev/null && echo tty >>%s || echo none >>%s\n' \
	    "$journal" "$journal" >look
	chmod +x look
	run -0 "$HELPERS/helper_tty" -- "$MCINIT" -c mcinit.ini
	[ "$(<journal)" = none ]
}

@test "the server stands in its directory" {
	ini '--report'
	start
	ready
	reports cwd "$here/world"
	stop
}

# --- limits and rights ---

@test "umask, nice, oom_score_adj, limits and no_new_privs are as set" {
	need_root
	ini '--report' umask=027 nice=5 oom_score_adj=321 limit_nofile=777 limit_core=4M
	start
	ready
	reports umask 0027
	reports nice 5
	reports oom_score_adj 321
	reports nofile '777:*'
	reports core '4194304:*'
	reports NoNewPrivs 1
	never_seen log 'going on without'
	stop
}

@test "without a word umask, nice and files are inherited, and no core is dumped" {
	ini '--report'
	launch bash -c 'umask 031; ulimit -Sn 555; exec nice -n 3 "$@"' - "$MCINIT" -c mcinit.ini
	ready
	reports umask 0031
	reports nice 3
	reports nofile '555:*'
	reports core '0:*'
	reports oom_score_adj 100
	reports NoNewPrivs 1
	stop
}

@test "inherit and no: the rest is inherited, too" {
	ini '--report' oom_score_adj=inherit limit_core=inherit no_new_privs=no
	[ "$(ulimit -Hc)" = unlimited ] || skip 'no core dumps may be had here'
	launch bash -c 'ulimit -Sc 8; exec "$@"' - "$MCINIT" -c mcinit.ini
	ready
	reports core '8192:*'
	reports oom_score_adj "$(<"/proc/$$/oom_score_adj")"
	reports NoNewPrivs "$(sed -n 's/NoNewPrivs:\t//p' /proc/$$/status)"
	stop
}

@test "mcinit keeps its own limits, priority and mask" {
	ini '' umask=027 nice=5 oom_score_adj=321 limit_nofile=777
	start
	ready
	[ "$(<"/proc/$pid/oom_score_adj")" = "$(<"/proc/$$/oom_score_adj")" ]
	field "$pid" Umask
	[ "$field" = "$(umask)" ]
	never_seen "/proc/$pid/limits" 'open files *777'
	stop
}

@test "what may not be set is said once, and the server starts without it" {
	need_root
	cp "$MCINIT" mcinit
	ini '--first 2 --exit-on-start 1' nice=-5 oom_score_adj=-500
	launch capsh --drop=cap_sys_nice,cap_sys_resource -- -c 'exec "$@"' - "$MCINIT" -c mcinit.ini
	ready
	expect_count journal ' start ' 3
	expect_count log 'cannot set *oom_score_adj; going on without' 1
	expect_count log 'cannot set nice; going on without' 1
	stop
}

# --- environment ---

@test "the server inherits mcinit's environment, and env adds to it" {
	ini '--report' 'env=FAKE_B=own value'
	FAKE_A=theirs launch "$MCINIT" -c mcinit.ini
	ready
	reports env FAKE_A=theirs
	reports env 'FAKE_B=own value'
	stop
}

@test "env wins over what is inherited, and stands there once" {
	ini '--report' env=FAKE_A=ours
	FAKE_A=theirs FAKE_AB=other launch "$MCINIT" -c mcinit.ini
	ready
	expect_count journal ' report env FAKE_A=' 1
	reports env FAKE_A=ours
	reports env FAKE_AB=other
	stop
}

@test "env_inherit = no: the server gets env and the mark alone" {
	ini '' env_inherit=no env=FAKE_B=2
	FAKE_A=1 launch "$MCINIT" -c mcinit.ini
	ready
	[ "$(tr '\0' '\n' <"/proc/$server/environ" | sort | tr '\n' ' ')" = \
	    "FAKE_B=2 MCINIT_SERVER=server/$server: " ]
	stop
}

@test "the server is marked with its name and its pid" {
	ini '--report'
	start
	ready
	reports env "MCINIT_SERVER=server/$server:"
	stop
}

@test "a mark that mcinit itself carries stands before the server's own, and cannot be forged" {
	ini '--report' env=MCINIT_SERVER=forged
	MCINIT_SERVER=outer/1: launch "$MCINIT" -c mcinit.ini
	ready
	[ "$(tr '\0' '\n' <"/proc/$server/environ" | grep ^MCINIT_SERVER | tail -n 1)" = \
	    "MCINIT_SERVER=outer/1:server/$server:" ]
	never_seen journal forged
	stop
}

@test "LISTEN_*, NOTIFY_SOCKET and WATCHDOG_* are about mcinit and not handed on" {
	ini ''
	launch env LISTEN_PID=1 LISTEN_FDS=2 LISTEN_FDNAMES=a:b NOTIFY_SOCKET=/run/n WATCHDOG_PID=1 \
	    WATCHDOG_USEC=5 "$MCINIT" -c mcinit.ini
	ready
	tr '\0' '\n' <"/proc/$server/environ" | no_line '^(LISTEN_|NOTIFY_|WATCHDOG_)'
	stop
}

# --- the world lock ---

@test "the lock file names the server that has the world" {
	ini ''
	start
	ready
	[ "$(<world/.mcinit.lock)" = "$server" ]
	stop
}

# second_mcinit: starts another on the same world with a run_dir of its own; its log is `second`.
second_mcinit()
{
	second=0
	timeout "$DEADLINE" "$MCINIT" -c mcinit.ini -o "mcinit.run_dir=$here/run2" \
	    -o server.restart=no 2>second 3>&- || second=$?
}

@test "a second mcinit on the same world says that it is in use, and by which pid" {
	ini ''
	start
	ready
	second_mcinit
	[ "$second" -eq 1 ]
	seen second "the world in $here/world is in use by another server (pid $server)"
	expect_count journal ' start ' 1
	stop
}

@test "a server whose mcinit was killed keeps its world" {
	ini ''
	start
	ready
	tell KILL
	until_true gone "$pid"
	second_mcinit
	[ "$second" -eq 1 ]
	seen second "in use by another server (pid $server)"
	kill -0 "$server"
	kill -TERM "$server"
	until_true ended "$server"
	second_mcinit &
	ready 2
	kill -TERM "$server"
	wait $!
}

@test "the world is free when mcinit has ended, whoever of the server kept the lock" {
	ini '--daemon forever --keep-fds --crash-after 0ms' restart=no
	start
	expect_exit 1
	# The daemon was ended with its server; nobody holds the world any more.
	second_mcinit
	never_seen second 'in use'
}

@test "a read-only world only warns, once" {
	need_root
	unshare -m true || skip 'no mount namespaces'
	ini '--first 1 --exit-on-start 1'
	launch unshare -m sh -ec 'mount --bind world world && mount -o remount,bind,ro world
	    exec "$@"' - "$MCINIT" -c mcinit.ini
	ready
	expect_count log "cannot lock $here/world/.mcinit.lock*nothing keeps a second server off" 1
	[[ "$(descriptors "$server")" != *'3 /'* ]]
	stop
}

@test "a world lock that is a symbolic link is not followed" {
	echo precious >target
	ln -s ../target world/.mcinit.lock
	ini ''
	start
	ready
	[ "$(<target)" = precious ]
	seen log 'cannot lock'
	stop
}

@test "a world lock that is a FIFO does not hang the start" {
	mkfifo world/.mcinit.lock
	ini ''
	start
	ready
	stop
}
