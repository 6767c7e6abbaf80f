#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A fault between every two system calls of a whole life (start, a crash of the server, its restart,
# a re-exec, the stop), and at every boundary of mcinit's functions, one at a time.  Called by tools/run-tests,
# or alone from the top of the tree.  With SOAK=1 each place has its run; else every so many, and
# others each day.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# SWEEP_STEP=N: every N-th place; SWEEP_KEEP=DIRECTORY: for the logs of the lives that went wrong.
step=${SWEEP_STEP:-$(soak 1 40)}
workers=2

life_ini()
{
	ini_java '--first 1 --crash-after 0ms' type=vanilla restart_delay=0 stop_timeout=6s
}

ask_reexec()
{
	local code=0
	timeout 20 "$MCINIT" -S run/control reexec >>asked 2>&1 3>&- || code=$?
	[ "$code" -le 1 ] || echo "asked: $code"
}

# live MODE COMMAND...: one life in the current directory, of the mcinit that COMMAND starts.
live()
{
	local mode=$1 end=$((SECONDS + 15))
	shift
	: >journal >log
	rm -rf run
	case $mode in
	service) launch "$@" ;;
	pid1)
		launch "${as_pid1[@]}" "$@"
		until is_pid1; do pause; done
		;;
	esac
	until seen journal ' ready ' 2; do
		[ "$SECONDS" -lt "$end" ] && ! gone "$outer" || { trouble='never ready again'; return 1; }
		pause
	done
	# One that fails on the way refuses.
	ask_reexec
	kill -TERM "$pid" 2>/dev/null
	until gone "$outer"; do
		[ "$SECONDS" -lt "$end" ] || { trouble='never ended'; return 1; }
		pause
	done
	code=0
	wait "$outer" || code=$?
	[ "$code" -eq 0 ] || { trouble="exit code $code"; return 1; }
}

# What the servers say: never two, two in all, one stop that saved, typed once at most.
witness()
{
	trouble=$(awk '
	$2 == "start" { if (up) two = 1; up = 1; n++ }
	$2 == "exit" { up = 0 }
	$2 == "saved" { saved++ }
	$2 == "command" && $3 == "stop" { typed++ }
	END {
		if (two || up || n != 2 || saved != 1 || typed > 1)
			print n + 0 " starts, saved " saved + 0 " times, \"stop\" " typed + 0 \
			    " times" (two ? ", two at once" : "") (up ? ", one still there" : "")
	}' journal)
	[ -z "$trouble" ]
}

# keep NAME: what a life that went wrong left, for whoever gives us a directory.
keep()
{
	[ -n "${SWEEP_KEEP:-}" ] || return 0
	mkdir -p "$SWEEP_KEEP"
	cp log "$SWEEP_KEEP/$1.log"
	cp journal "$SWEEP_KEEP/$1.journal"
	[ ! -e strace ] || cp strace "$SWEEP_KEEP/$1.strace"
}

# worker MODE HOW FIRST: its share of the places in ../places, each with a fault as HOW says.
worker()
{
	local mode=$1 how=$2 line
	local -a place mine
	started=
	mkdir -p "worker$3/world" && cd "worker$3" || return
	here=$PWD log=$PWD/log out=$PWD/out journal=$PWD/journal
	life_ini
	# Not from standard input: mcinit would read it.
	mapfile -t mine < <(awk -v n="$workers" -v i="$3" 'NR % n == i' ../places)
	for line in "${mine[@]}"; do
		read -ra place <<<"$line"
		rm -f once
		trouble=
		if "$how" "$mode" "${place[@]}" && witness; then
			grep -q "mcinit itself failed" log && echo survived >>../survived
			continue
		fi
		echo "$mode ${place[*]}: $trouble" >>../failed
		keep "$mode-${place[0]}-${place[1]:-}"
		end_tree "$outer"
		started=
	done
}

# sweep MODE HOW: every so many of the places in all_places.
sweep()
{
	local i mine=()
	awk -v step="$step" -v off="$((10#$(date +%j) % step))" 'NR % step == off' all_places >places
	: >failed >survived
	for ((i = 0; i < workers; i++)); do
		worker "$@" "$i" 3>&- {idle}<> <(:) &
		mine+=($!)
	done
	started="${mine[*]} $started"
	# With several numbers only the last one's end would be told.
	for i in "${mine[@]}"; do
		wait "$i"
	done
	echo "# $1: $(wc -l <places) of $(wc -l <all_places) places tried, $(wc -l <survived) faults" \
	    "survived, $(wc -l <failed) lives went wrong" >&3
	sed 's/^/# /' failed >&3
	[ ! -s failed ]
	# A fault that never happened would prove nothing.
	[ "$(wc -l <survived)" -ge $(($(wc -l <places) / 2)) ]
}

# --- between system calls ---

at_call()
{
	live "$1" strace -D -qq -o strace -e "trace=$2" -e "inject=$2:signal=SIGSEGV:when=$3" \
	    "$MCINIT" -c mcinit.ini
}

# Each call with its number among those of its name, from where signals are blocked.
list_calls()
{
	awk -F '(' '/^[a-z]/ && !/^exit/ && !/^execve/ {
		n[$1]++
		if ($1 == "rt_sigprocmask") blocked = 1
		if (blocked) print $1, n[$1]
	}' strace >all_places
}

sweep_calls()
{
	command -v strace >/dev/null || skip 'no strace'
	[ "$1" = service ] || may_be_pid1
	life_ini
	live "$1" strace -D -qq -o strace "$MCINIT" -c mcinit.ini
	list_calls
	sweep "$1" at_call
}

@test "a fault between any two system calls, as a service" {
	sweep_calls service
}

@test "a fault between any two system calls, as process 1" {
	sweep_calls pid1
}

# --- between functions ---

at_boundary()
{
	MCINIT_FAULTS="at=$2,once=$PWD/once,kinds=read+stack+abort+smash" live "$1" "$MCINIT" -c mcinit.ini
}

@test "a fault at any boundary of a function" {
	local mode most
	MCINIT=$(realpath "$HELPERS/../faults/mcinit")
	# How many there are is not the same each time; those behind the last cost a life and do nothing.
	most=${SWEEP_BOUNDARIES:-4000}
	step=$((step * 10))
	seq "$most" >all_places
	for mode in service pid1; do
		[ "$mode" = service ] || may_be_pid1
		sweep $mode at_boundary
	done
}
