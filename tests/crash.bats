#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# mcinit itself fails: by a signal from outside, or by a real fault anywhere in its own code.  The
# same process goes on with the same servers, and nobody but the log notices.  Called by
# tools/run-tests, or alone from the top of the tree; with SOAK=1 the counts are those promised.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# SIGSEGV and the like, as the log calls them and as kill counts them.
fault_numbers=(11 7 4 8 6 5 31)
fault_names=(SEGV BUS ILL FPE ABRT TRAP SYS)

# generation N: the last image is the N-th after the first.
generation()
{
	local said
	said=$(grep -o 'mcinit itself failed (.*, generation [0-9]*)' "$log" | tail -n 1)
	[[ $said == *"generation $1)" ]] || { echo "not generation $1: $said"; return 1; }
	# It is another image, and did not only say so.
	tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q ' --state=[0-9]'
}

# break_code PID: what it executes when it wakes up next is no code any more, in its memory alone.
break_code()
{
	local words
	until_true sleeps "$1"
	# In one write: behind the first byte of it there may soon be no process any more.
	head -c 64 /dev/zero | dd of="/proc/$1/mem" bs=64 iflag=fullblock oflag=seek_bytes seek=$((words[-1])) \
	    conv=notrunc status=none
}

sleeps()
{
	read -ra words <"/proc/$1/syscall" && [ "${words[0]}" != running ]
}

# fails N [SIGNAL]: mcinit is made to fail, for the N-th time.
fails()
{
	tell "${2:-SEGV}"
	wait_for "$log" "mcinit itself failed (* generation $1)"
}

# --- from outside ---

fails_under_flood()
{
	local before before_dirty n
	n=$(soak 10000 150)
	ini_flood
	launch_heard "$1"
	ready
	newest
	until_true test -s logs/server.log
	# The first one shows what an image needs that is not the first.
	fail_often 1 11
	look
	before=$kept
	private_dirty
	before_dirty=$private_dirty
	fail_often "$n" "${fault_numbers[@]}"
	hear_on
	same_as_before "$before"
	private_dirty
	echo "# $1: private memory $before_dirty KiB, after $n faults $private_dirty KiB" >&3
	[ "$private_dirty" -le 100 ]
	generation $((n + 1))
	expect_count "$log" 'mcinit itself failed (' $((n + 1))
	kill -0 "$pid"
	[ "$1" = pid1 ] || kill -0 "$server"
	stop
	lived_well 1
	each_line_once
}

@test "under a flood, as a service: same server, each line once, nothing leaks, signals are heard" {
	fails_under_flood service
}

@test "under a flood, as process 1: same server, each line once, nothing leaks, signals are heard" {
	fails_under_flood pid1
}

@test "each kind of fault is called by its name, and by who sent it" {
	local i
	ini ''
	start
	ready
	for i in "${!fault_names[@]}"; do
		fails $((i + 1)) "${fault_names[i]}"
		seen log "mcinit itself failed (SIG${fault_names[i]} sent by process *, generation $((i + 1)))"
	done
	kill -0 "$server"
	stop
	lived_well 1
}

@test "process 1 with a real JVM: it never notices, and SIGTERM saves its world" {
	local n
	need_java
	ini_jvm '-Dfake.save=300' type=vanilla
	launch_heard pid1
	ready
	fail_often "$(soak 10000 30)" "${fault_numbers[@]}"
	hear_on
	stop 0
	seen journal ' saved '
	expect_count journal ' start ' 1
	expect_count journal ' command stop' 1
}

@test "process 1 that sends itself the signal goes on" {
	ini ''
	start_pid1
	ready
	nsenter -t "$pid" -m -p kill -SEGV 1
	wait_for log 'mcinit itself failed (SIGSEGV sent by process * generation 1)'
	stop
	lived_well 1
}

@test "servers that end while mcinit fails are judged and started again" {
	local i round
	for ((round = 0; round < $(soak 30 1); round++)); do
		: >journal >log
		ini '' restart_delay=0 crash_limit=32 crash_window=1s
		start
		for i in {1..25}; do
			ready "$i"
			# One command, in both orders.
			if ((i % 2)); then
				kill -SEGV "$server" "$pid"
			else
				kill -SEGV "$pid" "$server"
			fi
			wait_for log 'mcinit itself failed' "$i"
		done
		ready 26
		generation 25
		stop
		expect_count journal ' start ' 26
		expect_count journal ' saved ' 1
		never_seen log 'in use by another server'
	done
}

@test "mcinit fails while a server stops: the stop goes on, and nothing is said twice" {
	local i
	for ((i = 0; i < $(soak 200 5); i++)); do
		: >journal >log
		ini_java '--save-time 100ms' type=vanilla
		start
		ready
		tell TERM
		tell SEGV
		wait_for journal ' saving '
		tell SEGV
		expect_exit 0
		lived_well 1
	done
}

@test "a file that is edited or broken meanwhile changes nothing" {
	ini '' restart_delay=0
	start
	ready
	echo 'command = "' >mcinit.ini
	fails 1
	rm mcinit.ini
	fails 2
	kill -KILL "$server"
	ready 2
	generation 2
	stop
	expect_count journal ' saved ' 1
}

@test "a reload after a failure reads the INI, and what it says holds after the next one" {
	ini '' restart_delay=0
	start
	ready
	fails 1
	ini '' restart=no
	tell HUP
	wait_for log 'reload done'
	fails 2
	kill -KILL "$server"
	expect_exit 137
	expect_count journal ' start ' 1
}

@test "code that is no code any more is a real fault, and the next image has its own" {
	local mode i
	need_root
	for mode in service pid1; do
		: >journal >log
		ini ''
		start_as $mode
		ready
		wait_for log 'running after'
		for i in {1..5}; do
			break_code "$pid"
			tell 50
			wait_for log "mcinit itself failed (SIG* at 0x*, generation $i)"
			wait_for log 'has no meaning here' "$i"
		done
		generation 5
		stop
		lived_well 1
	done
}

# --- those that fail alone ---

@test "a console process that fails is replaced, and mcinit is not touched" {
	local role
	need_root
	ini '--clock 20ms' log.dir="$here/logs"
	start
	ready
	for role in carrier files output; do
		console_processes "$pid" "$role"
		break_code "$children"
		wait_for log "a console process ($role) ended (signal "
	done
	never_seen log 'mcinit itself failed'
	fails 1
	stop
	lived_well 1
}

is_traced()
{
	field "$1" TracerPid
	[ "$field" != 0 ]
}

@test "a carrier that is killed before it could ring the bell has a successor that does" {
	local carrier
	command -v strace >/dev/null || skip 'no strace'
	ini_java '' type=vanilla log.dir="$here/logs" log.stdout=no
	start
	ready
	wait_for log 'running after'
	console_processes "$pid" carrier
	carrier=$children
	strace -qq -o /dev/null -p "$carrier" -e trace=write -e inject=write:signal=KILL:when=1 2>attach 3>&- \
	    {idle}>&- &
	started="$started $!"
	until_true is_traced "$carrier"
	"$MCINIT" -S run/control send list 3>&-
	wait_for log "a console process (carrier) ended (signal 9)"
	wait_for logs/server.log 'There are'
	stop
	lived_well 1
}

# --- by faults of its own ---

# faulty HOW: what is launched fails by itself, as tests/fault_hook.c says.
faulty()
{
	MCINIT=$(realpath "$HELPERS/../faults/mcinit")
	export MCINIT_FAULTS=$1
}

@test "each real fault is survived and called by its name" {
	local kind name n=0
	ini ''
	for kind in read:SEGV write:SEGV null:SEGV stack:SEGV abort:ABRT ill:ILL div:FPE jump:SEGV \
	    smash:SEGV trap:TRAP bus:BUS sys:SYS; do
		: >journal >log
		name=SIG${kind#*:}
		rm -f now once
		faulty "at=5,kinds=${kind%:*},once=$here/once,after=$here/now"
		start
		ready
		: >now
		tell 50
		wait_for log "mcinit itself failed ($name "
		wait_for log 'has no meaning here'
		generation 1
		stop
		lived_well 1
	done
	unset MCINIT_FAULTS
}

# in_function NAME TIMES: so often when it is called, in the whole life.
in_function()
{
	local address
	MCINIT=$(realpath "$HELPERS/../faults/mcinit")
	address=$(nm "$MCINIT" | awk -v name="$1" '$3 == name { print $1 }')
	[ -n "$address" ]
	export MCINIT_FAULTS=in=$address,times=$2,once=$here/once,kinds=read+abort
}

@test "a start that mcinit fails at three times is given up, and tried again as after a crash" {
	ini '' restart_delay=50ms
	in_function start_main 3
	start
	ready
	seen log 'gave up "SPAWN": mcinit failed at it 3 times'
	seen log 'server: could not be started: exec-failed'
	never_seen log 'was not expected'
	generation 3
	stop
	lived_well 1
}

@test "a start that mcinit fails at three times behind the fork has happened all the same" {
	ini ''
	in_function proc_open 3
	start
	ready
	wait_for log 'gave up "SPAWN": mcinit failed at it 3 times'
	never_seen log 'was not expected'
	wait_for log 'server: running after'
	stop
	lived_well 1
}

@test "mcinit fails on its way out again and again: it ends all the same" {
	ini ''
	in_function act_finish 1000000
	start
	ready
	tell TERM
	wait_for log 'cannot go on: it failed again and again on its way out'
	expect_exit 0
	lived_well 1
}

@test "a console process that mcinit fails to start three times is started later" {
	ini '' log.dir="$here/logs"
	in_function console_start 3
	start
	ready
	wait_for log 'gave up "HELPER": mcinit failed at it 3 times'
	until_true all_helpers
	stop
	lived_well 1
}

all_helpers()
{
	console_processes "$pid"
	[ "$(wc -w <<<"$children")" -eq 3 ]
}

@test "a line that stands in the ring is written, though mcinit failed before it could ring the bell" {
	ini ''
	in_function sys_bell_ring 3
	start
	ready
	wait_for log 'running after'
	tell USR1
	wait_for log 'orphans reaped'
	generation 3
	stop
	lived_well 1
}

# seen_any FILE TEXT...
seen_any()
{
	local text
	for text in "${@:2}"; do
		seen "$1" "$text" && return
	done
	return 1
}

# random_life SEED: two crashes of the server, a reload, a re-exec, a stop, and faults all the time.
random_life()
{
	local code
	: >journal >log
	ini_java '--first 2 --crash-after 30ms --save-time 20ms' type=vanilla restart_delay=10ms
	faulty "every=$mean,seed=$1"
	start
	ready 3
	ini_java '--first 2 --crash-after 30ms --save-time 20ms' type=vanilla restart_delay=11ms
	tell HUP
	# The parser alone is so many functions that a life of many faults never gets behind it.
	until_true seen_any log 'reload done' 'reload given up'
	# It may fail on the way, and refuse.
	code=0
	timeout 20 "$MCINIT" -S run/control reexec >>asked 2>&1 3>&- || code=$?
	[ "$code" -le 1 ] || { echo "asked for a re-exec: code $code"; return 1; }
	stop
	lived_well 3
	never_seen log 'othing but reaping'
	count log '*mcinit itself failed (*'
	all=$((all + count))
}

@test "faults at random over start, crash, restart, reload and stop: nothing is lost or done twice" {
	local seed mean=1500 all=0 n
	n=$(soak 1000 8)
	for ((seed = 1; seed <= n; seed++)); do
		echo "MCINIT_FAULTS=every=$mean,seed=$seed"
		random_life "$seed"
	done
	echo "# $n lives, $all faults" >&3
	[ "$all" -ge "$n" ]
}

@test "faults that never end leave a loop that reaps, passes on SIGTERM, and ends with the server" {
	local mode
	for mode in service pid1; do
		: >journal >log
		rm -f now
		ini_java '' type=vanilla
		faulty "at=3,after=$here/now"
		start_as $mode
		ready
		: >now
		tell 50
		wait_for log 'cannot go on: it failed 5 times in a row, now with SIG'
		[ "$mode" = pid1 ] || kill -0 "$server"
		tell TERM
		wait_for journal ' signal 15'
		until_true gone "$outer"
		lived_well 1
	done
}

@test "faults that never end: a start script and what it runs hear of SIGTERM, and are waited for" {
	printf '#!/bin/sh\n"%s" --journal "%s" --save-time 500ms\nexit 0\n' "$FAKE" "$journal" >start.sh
	chmod +x start.sh
	ini '' command="$here/start.sh" type=vanilla
	faulty "at=3,after=$here/now"
	start_pid1
	ready
	: >now
	tell 50
	wait_for log 'cannot go on: it failed 5 times in a row, now with SIG'
	tell TERM
	until_true gone "$outer"
	lived_well 1
}

# --- a machine ---

# Process 1 that is told that it may reboot, which it is not.
start_machine()
{
	may_be_pid1
	command -v strace >/dev/null || skip 'no strace'
	launch strace -DD -f -qq -o "$here/strace" -e trace=reboot -e inject=reboot:retval=0 \
	    "${as_pid1[@]}" sh -c 'mount -t tmpfs none /run && exec "$@"' - "$MCINIT" -c mcinit.ini
	until_true is_pid1
}

@test "a machine whose INI is broken waits until it is mended, and outlives itself before and after" {
	ini '' no_such_key=1
	start_machine
	wait_for log 'no server runs. Mend the INI'
	fails 1
	ini ''
	tell HUP
	ready
	fails 2
	ini '' stop_timeout=19s
	tell HUP
	wait_for log 'stop_timeout changed'
	fails 3
	tell TERM
	wait_for log 'all is stopped: reboot'
	lived_well 1
}
