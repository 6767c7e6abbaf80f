#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# One world, one server: whatever starts, races, fails and is killed around it.  Called by
# tools/run-tests, or alone from the top of the tree; with SOAK=1 the counts are those promised.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# Never two at a time, COUNT in all at least.
never_two()
{
	awk -v least="$1" '
	$2 == "start" { if (up) { print "two at once: " $0; exit 1 } up = 1; n++ }
	$2 == "exit" || $2 == "crash-signal" { up = 0 }
	END { if (n < least) { print n + 0 " starts"; exit 1 } }' "$journal"
}

@test "racing starts by several mcinits: never two servers, and who lost is told the pid" {
	local round i rounds pids one
	rounds=$(soak 200 10)
	for i in {1..5}; do
		ini '--stop-after 30ms' mcinit.run_dir="$here/run$i" restart=no mcinit.log_level=info
		mv mcinit.ini "ini$i"
	done
	for ((round = 0; round < rounds; round++)); do
		pids=()
		for i in {1..5}; do
			"$MCINIT" -c "ini$i" >>out 2>>log 3>&- {idle}>&- &
			pids+=($!)
			started="$! $started"
		done
		for one in "${pids[@]}"; do
			until_true gone "$one"
		done
		started=
	done
	never_two "$rounds"
	seen log 'is in use by another server (pid '
	count log '* server: starting /*'
	echo "# $count racing starts" >&3
	[ "$count" -eq $((rounds * 5)) ]
}

@test "racing starts in one run_dir: one mcinit, the others name its pid" {
	local i round codes one pids
	ini '--stop-after 200ms'
	for ((round = 0; round < $(soak 100 3); round++)); do
		pids=() codes=
		for i in {1..6}; do
			"$MCINIT" -c mcinit.ini >>out 2>>"log$i" 3>&- {idle}>&- &
			pids+=($!)
		done
		for one in "${pids[@]}"; do
			i=0
			wait "$one" || i=$?
			codes+="$i "
		done
		[[ $codes =~ ^((0|71) )*0\ ((0|71) )*$ ]] || { echo "$codes"; return 1; }
	done
	never_two "$round"
	cat log? | grep -q 'another mcinit (pid [0-9]*) runs with run_dir'
}

@test "killed and started again beside another that wants the same world: never two servers" {
	local round first
	ini '--clock 20ms' mcinit.run_dir="$here/run2" restart=no
	mv mcinit.ini other.ini
	ini '--clock 20ms'
	start
	ready
	for ((round = 1; round <= $(soak 300 8); round++)); do
		first=$pid
		"$MCINIT" -c other.ini >>out 2>>other 3>&- {idle}>&- &
		started="$! $started"
		kill -KILL "$first"
		until_true gone "$first"
		start
		wait_for log "still runs (pid $server); taken over" "$round"
		wait_for other "is in use by another server (pid $server)" "$round"
	done
	stop
	expect_count journal ' start ' 1
	expect_count journal ' saved ' 1
}

# reuse STEP...: what follows is run as process 1 of a namespace of few numbers, where the number of a
# server that was killed becomes that of a stranger, who leads a session of that number, too.
reuse()
{
	may_be_pid1
	cat >script <<-'EOF'
		echo 400 >/proc/sys/kernel/pid_max || exit 77
		# The kernel gives numbers below 300 only once.
		for ((i = 0; i < 310; i++)); do (:) & wait; done
		mcinit()
		{
			"$MCINIT" -c mcinit.ini >>out 2>>log &
			pid=$!
		}
		until_seen()
		{
			until [ "$(grep -c "$2" "$1")" -ge "${3:-1}" ]; do read -rt 0.01 <> <(:) || :; done
		}
		ready()
		{
			until_seen journal ' ready ' "$1"
			server=$(awk '$2 == "start" { n = $3 } END { print n }' journal)
		}
		stranger()
		{
			kill -KILL "$server"
			until [ ! -e "/proc/$server" ]; do read -rt 0.01 <> <(:) || :; done
			until setsid sleep 1000 & [ "$!" -eq "$server" ]; do
				kill -KILL "$!"
				wait "$!"
			done 2>/dev/null
			stranger=$!
		}
	EOF
	cat >>script
	run timeout 60 unshare -pf --mount-proc --kill-child bash script
	[ "$status" -ne 77 ] || skip 'the largest pid is not the own of a namespace here (Linux 6.14)'
	[ "$status" -eq 0 ] || { echo "status $status: $output"; return 1; }
}

@test "few pids: a stranger that has the number of a server that was adopted is not touched" {
	ini '--clock 20ms' restart_delay=0
	reuse <<-'EOF'
		mcinit
		ready 1
		kill -KILL "$pid"
		stranger
		mcinit
		until_seen log 'while no mcinit was there'
		ready 2
		kill -TERM "$pid"
		wait "$pid" || exit 1
		kill -0 "$stranger" || exit 2
	EOF
	expect_count journal ' saved ' 1
}

@test "few pids: ... nor when the server ended while mcinit could not look, and was told to stop" {
	ini '--clock 20ms' restart_delay=0
	reuse <<-'EOF'
		mcinit
		ready 1
		kill -KILL "$pid"
		mcinit
		until_seen log 'taken over'
		until_seen log 'reload done'
		kill -STOP "$pid"
		kill -TERM "$pid"
		stranger
		kill -CONT "$pid"
		wait "$pid"
		kill -0 "$stranger" || exit 2
	EOF
	seen log 'all servers have ended'
}
