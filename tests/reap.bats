#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Orphans and strangers: all are reaped, nobody else's process is touched, and none of them hides
# the end of the server.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# Of mcinit's children none but the server is left, dead or alive.
only_server_left()
{
	until_true has_children "$pid" 1
}

# script NAME: an executable from standard input, in the directory of the INI.
script()
{
	{ echo '#!/bin/bash'; cat; } >"$1"
	chmod +x "$1"
}

@test "thousands of orphans are reaped, as a service, and counted" {
	local n
	n=$(soak 20000 2000)
	ini "--orphans $n --orphan-life 0ms"
	start
	ready
	only_server_left
	tell USR1
	wait_for log "up *, $n orphans reaped"
	stop
}

@test "thousands of orphans are reaped by process 1" {
	local n
	n=$(soak 20000 2000)
	ini "--orphans $n --orphan-life 0ms"
	start_pid1
	ready
	only_server_left
	tell USR1
	wait_for log "up *, $n orphans reaped"
	stop
}

@test "the server's end is noticed among thousands of orphans, with its code" {
	ini "--orphans $(soak 20000 2000) --orphan-life 0ms --crash-after 0ms --exit 9" restart=no
	start
	expect_exit 9
	seen log 'ended: crashed (exit 9)'
}

@test "a stop among thousands of orphans: the server saves" {
	ini "--orphans $(soak 20000 2000) --orphan-life 50ms --save-time 100ms"
	start
	ready
	tell TERM
	expect_exit 0
	seen journal ' saved '
}

@test "orphans that all end at the same moment" {
	script start.sh <<-END
	mkfifo $here/gate
	exec 9<>$here/gate
	for i in {1..300}; do
		(read -ru 9 -n 1; exit 3) &
	done
	echo 0 orphans >>$journal
	exec 9>&-
	exec "$FAKE" --journal $journal --keep-fds
	END
	# A parent that does not wait: what ends stays a zombie until it dies and they are mcinit's.
	ini '' command=./start.sh
	start
	ready
	exec {gate}<>gate
	printf '%300s' '' >&"$gate"
	until_true zombies "$server" 300
	kill -KILL "$server"
	ready 2
	exec {gate}>&-
	only_server_left || { children "$pid"; echo "$children"; false; }
	stop
}

# zombies PID N: it has so many children that ended and were not waited for.
zombies()
{
	local child n=0
	children "$1"
	for child in $children; do
		state_is "$child" Z && n=$((n + 1))
	done
	[ "$n" -eq "$2" ]
}

@test "zombies whose parent lives and does not wait are not mcinit's, and hold up nothing" {
	mkfifo gate
	script start.sh <<-END
	(read -r _ <$here/gate; exit 1) &
	exec "$FAKE" --journal $journal
	END
	ini '' command=./start.sh
	start
	ready
	echo >gate
	until_true zombies "$server" 1
	stop
	seen journal ' saved '
}

# stranger COMMAND: as docker exec does it, in the namespace of process 1 but no child of it.
stranger()
{
	nsenter -t "$pid" -p -m --wd="$here" -- bash -c "$1" 3>&- {idle}>&-
}

@test "orphans of a stranger in the namespace are reaped, quietly" {
	ini '' mcinit.log_level=info
	start_pid1
	ready
	stranger '(sleep 0.05 &) ; (exit 4) & exit 0'
	only_server_left
	wait_for log 'running after'
	[ "$(grep -vc -e starting -e 'running after' -e 'container mode' -e 'a stop may take' log)" -eq 0 ]
	stop
}

@test "orphans of a stranger neither delay a restart nor are killed" {
	ini ''
	start_pid1
	ready
	stranger 'setsid sleep 1000 & echo 0 sleeper $! >>journal'
	until_true has_children "$pid" 2
	sleeper=${children##* }
	kill -KILL "${children%% *}"
	ready 2
	state_is "$sleeper" '[SR]'
	never_seen log 'left processes behind'
	# Nor at the stop: what is no server's is not asked, it ends with the namespace.
	tell TERM
	expect_exit 0
	never_seen log 'sleep (pid'
	seen journal ' saved '
}

@test "an orphan of a stranger that carries another server's mark is left alone" {
	ini ''
	start_pid1
	ready
	stranger 'MCINIT_SERVER=other setsid sleep 1000 &'
	until_true has_children "$pid" 2
	sleeper=${children##* }
	kill -KILL "${children%% *}"
	ready 2
	state_is "$sleeper" '[SR]'
	stop
}

@test "mcinit below mcinit: each stops its own, and no server is lost" {
	mkdir inner inner/world
	cat >inner/mcinit.ini <<-END
	[mcinit]
	run_dir = $here/inner/run
	when_all_stopped = exit
	[server]
	dir = $here/inner/world
	command = "$FAKE" --journal $journal --save-time 300ms --daemon 100ms
	END
	ini '' command="$MCINIT -c $here/inner/mcinit.ini"
	for mode in service pid1; do
		: >journal >log >out
		start_as $mode
		ready
		tell TERM
		expect_exit 0
		seen journal ' saved '
		expect_count log 'leaving with exit code 0' 1
		# The inner one's lines are its console.
		expect_count out 'leaving with exit code 0' 1
		never_seen log 'SIGKILL to'
	done
}

@test "mcinit below mcinit: the inner one is killed, its server ended, and it starts again" {
	mkdir inner inner/world
	cat >inner/mcinit.ini <<-END
	[mcinit]
	run_dir = $here/inner/run
	[server]
	dir = $here/inner/world
	command = "$FAKE" --journal $journal
	END
	ini '' command="$MCINIT -c $here/inner/mcinit.ini"
	start
	ready
	first=$server
	kill -KILL "$(<inner/run/lock)"
	ready 2
	# Two at the same world would have found it locked.
	ended "$first"
	never_seen log 'in use by another server'
	stop
}

@test "a drop-in mcinit as the server" {
	ini '' command="$MCINIT -- $FAKE --journal $journal"
	start
	ready
	stop
	seen journal ' saved '
}
