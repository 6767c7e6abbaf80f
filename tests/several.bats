#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# More than one server: each goes its own way, and mcinit ends when the last has.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

mcinit_keys=('when_all_stopped = exit')
shared=()

# pid_of NAME: the pid of its newest start, in $server.
pid_of()
{
	local what number
	while read -r _ what number _; do
		[ "$what" != start ] || server=$number
	done <"journal.$1"
}

all_ready()
{
	local name
	for name; do
		wait_for "journal.$name" ' ready '
	done
}

@test "messages name their server, and mcinit counts them" {
	several a: b:
	start
	all_ready a b
	seen log ', 2 servers, run_dir'
	seen log "mcinit: a: starting $FAKE in $here/a (pid "
	seen log "mcinit: b: starting $FAKE in $here/b (pid "
	stop
	seen log 'mcinit: a: stopped (exit 143)'
	seen log 'mcinit: b: stopped (exit 143)'
}

@test "each has the directory of its name, its own lock, and its own mark" {
	several a:--report b:--report
	start
	all_ready a b
	for name in a b; do
		seen journal.$name " report cwd $here/$name"
		seen journal.$name " report env MCINIT_SERVER=$name"
		pid_of $name
		[ "$(<"$name/.mcinit.lock")" = "$server" ]
	done
	stop
}

@test "one crashes and starts again, the other does not notice" {
	several 'a:--first 3 --crash-after 0ms' b:
	start
	wait_for journal.a ' ready ' 4
	expect_count journal.b ' start ' 1
	never_seen journal.b ' signal '
	stop
}

@test "one gives up, the other lives, and mcinit stays for it" {
	shared=('crash_limit = 2')
	several 'a:--exit-on-start 1' b:
	start
	wait_for log 'a: gave up after 2 crashes'
	wait_for log 'b: running after'
	tell USR1
	wait_for log 'a: failed for'
	wait_for log 'b: running for'
	stop 1
	seen journal.b ' saved '
}

@test "the orphans of one are not those of the other" {
	several 'a:--first 1 --crash-after 0ms --daemon forever' 'b:--daemon forever'
	start
	all_ready b
	wait_for journal.a ' ready ' 2
	mine=$(sed -n 's/^[0-9]* daemon //p' journal.a | head -n 1)
	other=$(sed -n 's/^[0-9]* daemon //p' journal.b)
	ended "$mine"
	state_is "$other" '[SR]'
	never_seen log "b: fake-daemon"
	stop
	until_true ended "$other"
	seen log "b: fake-daemon (pid $other) ends by SIGTERM"
}

@test "the same below process 1" {
	several 'a:--first 1 --crash-after 0ms --daemon forever' 'b:--daemon forever'
	start_pid1
	all_ready b
	wait_for journal.a ' ready ' 2
	seen log 'a: fake-daemon (pid *) ends by SIGTERM'
	never_seen log 'b: fake-daemon'
	stop
	seen log 'b: fake-daemon (pid *) ends by SIGTERM'
}

@test "when_all_stopped = exit: mcinit ends with the last of them" {
	several 'a:--exit-on-start 0' 'b:--stop-after 100ms'
	start
	expect_exit 0
	seen log 'all servers have ended; leaving with exit code 0'
	seen journal.b ' saved '
}

@test "when_all_stopped = stay: mcinit stays, says so once, and stops when asked" {
	mcinit_keys=('when_all_stopped = stay')
	several 'a:--exit-on-start 0' 'b:--exit-on-start 0'
	start
	wait_for log 'all servers have ended; waiting for signals (when_all_stopped = stay)'
	tell USR1
	wait_for log 'b: stopped for'
	expect_count log 'waiting for signals' 1
	stop 0
}

@test "when_all_stopped = auto: process 1 of a container ends with the last server" {
	mcinit_keys=()
	several 'a:--exit-on-start 0'
	start_pid1
	expect_exit 0
}

@test "when_all_stopped = auto: a service outside of containers stays" {
	need_root
	mcinit_keys=()
	several 'a:--exit-on-start 0'
	# A root directory without the marks of a container, whatever this machine has.
	mkdir root
	[ ! -e /.dockerenv ] && [ ! -e /run/.containerenv ] || {
		unshare -m true || skip 'no mount namespaces'
		mkdir -p "root$here" root/proc root/dev root/bin
		cp "$FAKE" root/bin/fakeserver
		cp "$MCINIT" root/bin/mcinit
		sed -i 's|^command.*|command = /bin/fakeserver --exit-on-start 0|' mcinit.ini
		launch env -u container -u KUBERNETES_SERVICE_HOST unshare -m sh -ec "
		    mount --rbind /proc root/proc
		    mount --rbind /dev root/dev
		    mount --rbind $here root$here
		    exec chroot root /bin/mcinit -c $here/mcinit.ini"
	}
	[ -n "$pid" ] ||
	    launch env -u container -u KUBERNETES_SERVICE_HOST "$MCINIT" -c mcinit.ini
	wait_for log 'all servers have ended; waiting for signals'
	stop 0
}

@test "when_all_stopped = auto: KUBERNETES_SERVICE_HOST and container= mean a container" {
	local variable
	mcinit_keys=()
	for variable in KUBERNETES_SERVICE_HOST=10.0.0.1 container=podman; do
		several 'a:--exit-on-start 0'
		launch env "$variable" "$MCINIT" -c mcinit.ini
		expect_exit 0
	done
}

@test "all are stopped at the same time, not one after the other" {
	several 'a:--save-time 400ms' 'b:--save-time 400ms' 'c:--save-time 400ms'
	start
	all_ready a b c
	stop
	# The last began to save before the first had saved.
	last=$(cat journal.? | awk '$2 == "saving" { print $1 }' | sort -n | tail -n 1)
	first=$(cat journal.? | awk '$2 == "saved" { print $1 }' | sort -n | head -n 1)
	[ "$last" -lt "$first" ]
}

@test "mcinit waits for the slowest" {
	several a: 'b:--save-time 600ms' c:
	start
	all_ready a b c
	stop
	seen journal.b ' saved '
	seen journal.b ' exit 143'
}

@test "one ignores TERM: it alone is killed, and the code is 137" {
	shared=('stop_timeout = 1s')
	several a: 'b:--ignore-term'
	start
	all_ready a b
	tell TERM
	expect_exit 137
	seen journal.a ' saved '
	seen log 'b: did not end within'
	never_seen log 'a: did not end within'
}

@test "exit codes: the first that fits of gave up, configuration, not runnable, killed, well" {
	shared=('crash_limit = 1')
	# Not runnable and well: 127.
	several a: b:
	sed -i '/server:b/,$s|^command.*|command = /no/such|' mcinit.ini
	start
	all_ready a
	wait_for log 'b: not restarting'
	stop 127
	# Configuration and not runnable: 78.
	several a: b: c:
	sed -i '/server:b/,/server:c/s|^command.*|command = /no/such|' mcinit.ini
	rm -r c
	: >journal.a
	start
	all_ready a
	wait_for log 'c: not restarting'
	stop 78
	# Gave up, and all of these: 1.
	mkdir c
	several 'a:--exit-on-start 1' b: c:
	rm -r c
	sed -i '/server:b/,/server:c/s|^command.*|command = /no/such|' mcinit.ini
	start
	expect_exit 1
}

@test "restart = no and two servers: the code is not that of one of them" {
	shared=('restart = no')
	several 'a:--exit-on-start 7' 'b:--exit-on-start 0'
	start
	expect_exit 1
}

@test "16 servers start, run and stop" {
	local names=({a..p}) name
	several "${names[@]/%/:}"
	start
	all_ready "${names[@]}"
	seen log ', 16 servers, run_dir'
	stop
	for name in "${names[@]}"; do
		seen "journal.$name" ' saved '
	done
}

@test "two with the same world are refused by name" {
	several a: b:
	printf 'dir = %s\n' "$here/a" >>mcinit.ini
	start
	expect_exit 78
	seen log 'b'
	seen log 'same'
}

@test "seventeen are refused" {
	local names=({a..q})
	several "${names[@]/%/:}"
	start
	expect_exit 78
	seen log '16'
}
