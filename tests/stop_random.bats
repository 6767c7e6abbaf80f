#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Stops at random moments of servers of every kind, and stops that are short of time.  Called by
# tools/run-tests, or alone from the top of the tree; with SOAK=1 the counts are those promised.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# Its options; whether it must save when it is told to stop, and whether it may need SIGKILL.
kinds=(
	'--save-time 200ms|saves|'
	'--start-delay 300ms --save-time 100ms|saves|'
	'--never-ready|saves|'
	'--rcon-hang --save-time 100ms|saves|'
	'--rcon-no-stop-reply --save-time 300ms|saves|'
	'--rcon-never|saves|'
	'--rcon-delay 500ms|saves|'
	'--rcon-close 1|saves|'
	'--rcon-garble|saves|'
	'--stop-after 150ms --save-time 300ms|saves|'
	'--crash-after 150ms||'
	'--crash-before-ready --crash-after 100ms --start-delay 1s||'
	'--hang||kill'
	'--stop-hang|saves|'
	'--ignore-term --stop-hang||kill'
	'--players 2|saves|'
)

# one_life SEED: a stop after some ms; $what says what was tried.
one_life()
{
	local kind options must may port
	RANDOM=$1
	IFS='|' read -r options must may <<<"${kinds[RANDOM % ${#kinds[@]}]}"
	port=$((20000 + RANDOM % 12000))
	what="$1: $options"
	: >journal >log
	rm -rf run world/server.properties
	printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=swordfish >world/server.properties
	ini_java "--rcon $options" type=paper restart=no stop_timeout=4s rcon_timeout=1s mcinit.grace=10m \
	    stop_warn=1
	start
	# A random moment is what is tried here.
	sleep "0.$(printf %03d $((RANDOM % 400)))"
	tell TERM 2>/dev/null || :
	until_true gone "$pid"
	well "$must" "$may" || { echo "life $what"; cat log journal; return 1; }
}

# Told once by each way, by the console only without a reply; killed only where it has to be.
well()
{
	awk -v must="$1" -v options="$what" '
	/ start /		{ started++ }
	/ rcon command stop$/	{ by_rcon++ }
	/^[0-9]+ command stop$/	{ typed++ }
	/ saved /		{ saved++ }
	by_rcon && / rcon (connect|login|command [^s])/ { print "behind stop: " $0; bad = 1 }
	END {
		if (started > 1 || by_rcon > 1 || typed > 1 || saved > 1) { print "twice"; bad = 1 }
		if (by_rcon && typed && options !~ /rcon-(hang|delay|close|garble)/) { print "told twice"; bad = 1 }
		if (must != "" && started && !saved) { print "not saved"; bad = 1 }
		exit bad
	}' journal || return 1
	[ -n "$2" ] || never_seen log 'SIGKILL to all of its processes'
	never_seen log 'was not expected'
	in_order
}

# The steps of the stop come in their order.
in_order()
{
	awk '
	function step(n) { if (n < last) { print "out of order: " $0; bad = 1 } last = n }
	/players are warned/			{ step(1) }
	/ stopping; it has /			{ step(2) }
	/did not reply to its stop command/	{ step(3) }
	/after its stop command; SIGTERM/	{ step(4) }
	/asking for a thread dump, SIGKILL/	{ step(5) }
	/SIGKILL to all of its processes/	{ step(6) }
	END { exit bad }' log
}

@test "stops at random moments: each ends, in order, and who was given time has saved" {
	local n seed
	n=$(soak 200 14)
	for ((seed = 1; seed <= n; seed++)); do
		one_life "$seed"
	done
	echo "# $n stops" >&3
}

# docker stop: TERM, and 10 s later KILL.
stopped_by_a_runtime()
{
	local i
	kill -TERM "$pid"
	for ((i = 0; i < 100; i++)); do
		! gone "$outer" || return 0
		sleep 0.1
	done
	kill -KILL "$pid"
	until_true gone "$outer"
}

@test "a healthy server that saves in 5 s is saved, though the runtime kills after 10 s" {
	local options
	for options in '' '--rcon-hang' '--rcon-never'; do
		: >journal >log
		printf '%s\n' enable-rcon=true "rcon.port=$((20000 + RANDOM % 12000))" rcon.password=swordfish \
		    >world/server.properties
		ini_java "--rcon $options --save-time $(soak 5s 2s)" type=paper stop_timeout=2m stop_warn='30 10'
		start_pid1
		ready
		stopped_by_a_runtime
		expect_count journal ' saved ' 1
		expect_count journal ' exit 0' 1
	done
}

@test "a server that flushes long after it has saved is let finish" {
	ini_java "--after-save $(soak 75s 3s)" type=paper stop_timeout=3m
	start
	ready
	tell TERM
	until_true gone "$pid" || until_true gone "$pid" || until_true gone "$pid" || until_true gone "$pid"
	never_seen log 'SIGKILL to all'
	seen log 'leaving with exit code 0'
	expect_count journal ' exit 0' 1
}

@test "a server that has saved and hangs is ended after a quiet minute, and nothing is lost" {
	[ -n "$SOAK" ] || skip 'takes a minute: SOAK=1'
	ini_java '--after-save forever --silent --ignore-term' type=paper stop_timeout=10m mcinit.grace=20m
	start
	ready
	tell TERM
	for _ in 1 2 3 4 5; do
		! until_true seen log 'stopped by SIGKILL after it had saved' || break
	done
	seen log 'has saved and printed nothing for 60 s'
	expect_exit 0
}
