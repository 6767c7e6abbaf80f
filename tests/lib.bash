# SPDX-License-Identifier: MIT
#
# lib: what the scenarios of the supervise mode share: an INI with a fake server, an mcinit that
# runs on it (as a service or as process 1 of a namespace of its own), ways to wait for what they
# say, and the end of everything at the end of a test.
#
# Loaded by tests/*.bats.  It must never wait for time to pass (until_true looks for an event, with
# a deadline), and never signal a process that the test has not started.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the names set here are for the tests

bats_require_minimum_version 1.5.0

DEADLINE=${DEADLINE:-30}	# seconds; generous, because it is only reached when a test fails

setup_file()
{
	MCINIT=$(realpath "${MCINIT:-./mcinit}")
	HELPERS=$(realpath "${BUILD:-build}")/tests
	FAKE=$HELPERS/fakeserver
	JAR=$HELPERS/fakeserver.jar
	NEWER=${HELPERS%/tests}/newer/mcinit
	export MCINIT HELPERS FAKE JAR NEWER
	unset FAKESERVER_OPTIONS NOTIFY_SOCKET LISTEN_PID LISTEN_FDS MCINIT_SERVER
	ulimit -Sc 0
}

setup()
{
	here=$BATS_TEST_TMPDIR
	log=$here/log
	out=$here/out
	journal=$here/journal
	started=
	pid=
	outer=
	cd "$here" || return
	mkdir world
	: >"$log" >"$out" >"$journal"
	exec {idle}<> <(:)
}

# What a test leaves running is found by descent from what it started, or, when its supervisor is
# dead, by the journal; and only a process that stands in this test's directory is meant.
teardown()
{
	end_everything
}

end_everything()
{
	local one what number
	for one in $started; do
		gone "$one" || end_tree "$one"
	done
	while read -r _ what number _; do
		case $what in
		start | parent | daemon | orphan) ;;
		*) continue ;;
		esac
		# In a namespace of its own it had a number that out here may be ours.
		[[ -e /proc/$number && ! /proc/$number/exe -ef /proc/$$/exe ]] || continue
		[[ "$(readlink "/proc/$number/cwd" 2>/dev/null)" != "$here"* ]] ||
		    kill -KILL "$number" 2>/dev/null || :
	done <"$journal"
	[ -n "${BATS_TEST_COMPLETED:-}" ] && return
	for one in mcinit.ini log journal; do
		echo "--- $one"
		tail -n 60 "$here/$one" 2>/dev/null || :
	done
}

# A stopped parent starts nothing while its children are looked up.
end_tree()
{
	local child children=
	kill -STOP "$1" 2>/dev/null || return 0
	read -r children <"/proc/$1/task/$1/children" || :
	for child in $children; do
		end_tree "$child"
	done 2>/dev/null
	kill -KILL "$1" 2>/dev/null || :
}

# --- waiting ---

pause()
{
	read -rt 0.005 -u "$idle" || :
}

# until_true COMMAND...: it becomes true within the deadline.
until_true()
{
	local end=$((SECONDS + DEADLINE))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || { echo "never: $*"; return 1; }
		pause
	done
}

# count FILE PATTERN: sets $count to the number of lines that match the shell pattern.
count()
{
	local line
	count=0
	while IFS= read -r line || [ -n "$line" ]; do
		# shellcheck disable=SC2053  # a pattern is meant
		[[ $line != $2 ]] || count=$((count + 1))
	done <"$1"
}

# seen FILE TEXT [N]: at least N lines (1) with TEXT, which may be a shell pattern.
seen()
{
	[ -e "$1" ] || return 1
	count "$1" "*$2*"
	[ "$count" -ge "${3:-1}" ]
}

wait_for()
{
	until_true seen "$@"
}

never_seen()
{
	! seen "$@" || { echo "$1 has: $2"; return 1; }
}

# no_line REGEX [FILE]...: of a file or of standard input.  (A `!` does not make a test fail.)
no_line()
{
	if grep -E -- "$@"; then
		echo "should not be there: $1"
		return 1
	fi
}

# The number of lines is exactly N: expect_count FILE TEXT N
expect_count()
{
	seen "$1" "$2" 0
	[ "$count" -eq "$3" ] || { echo "$1: $count times, not $3: $2"; return 1; }
}

# A child of this shell has ended.  Its number may be another's by now, so the parent is looked at.
gone()
{
	local stat state parent
	{ IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	read -r state parent _ <<<"${stat##*) }"
	[[ $state == [ZX] || $parent -ne $BASHPID ]]
}

# A process that is not ours to wait for has ended; as a zombie, too.
ended()
{
	local stat
	{ IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${stat##*) } == [ZX]* ]]
}

state_is()
{
	local stat
	{ IFS= read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	[[ ${stat##*) } == $2* ]]
}

# field PID NAME: sets $field from /proc/PID/status.
field()
{
	local name value
	field=
	while IFS=$':\t' read -r name value; do
		[ "$name" != "$2" ] || field=$value
	done <"/proc/$1/status"
}

# The children of a process, in $children; without the console processes of mcinit.
children()
{
	local child all=
	children=
	{ read -r all <"/proc/$1/task/$1/children" || :; } 2>/dev/null
	for child in $all; do
		is_console "$child" || children+=${children:+ }$child
	done
}

# console_processes PID [ROLE]: those of mcinit, in $children.
console_processes()
{
	local child all=
	children=
	{ read -r all <"/proc/$1/task/$1/children" || :; } 2>/dev/null
	for child in $all; do
		! is_console "$child" "${2:-*}" || children+=${children:+ }$child
	done
}

# has_console ROLE: there is one of them, in $children.
has_console()
{
	console_processes "$pid" "$1"
	[ -n "$children" ]
}

# shellcheck disable=SC2053  # a pattern is meant
is_console()
{
	local role=
	{ IFS= read -r -d '' _ && IFS= read -r -d '' role; } 2>/dev/null <"/proc/$1/cmdline"
	[[ $role == --role=${2:-@(carrier|files|output|input)} ]]
}

has_children()
{
	children "$1"
	# shellcheck disable=SC2086  # words
	set -- "$2" $children
	[ $(($# - 1)) -eq "$1" ]
}

# --- INIs ---

# ini OPTIONS [KEY=VALUE]...: mcinit.ini with one fake server; a bare key is of [server], another
# is section.key; an empty value leaves the key out.
ini()
{
	local options=$1 pair name
	local -A key=([mcinit.run_dir]=$here/run [mcinit.log_level]=debug
	    [mcinit.when_all_stopped]=exit [server.dir]=$here/world
	    [server.command]="\"$FAKE\" --journal $journal $options"
	    [server.type]=generic [server.restart_delay]=100ms [server.stop_timeout]=20s)
	shift
	for pair; do
		name=${pair%%=*}
		[[ $name == *.* ]] || name=server.$name
		key[$name]=${pair#*=}
	done
	{
		for name in mcinit log server; do
			echo "[$name]"
			for pair in "${!key[@]}"; do
				[[ $pair == "$name".* && -n ${key[$pair]} ]] || continue
				echo "${pair#*.} = ${key[$pair]}"
			done
		done
	} >mcinit.ini.new
	# In one step: a reload may be reading it.
	mv mcinit.ini.new mcinit.ini
}

# ini_java OPTIONS [KEY=VALUE]...: the same with a java line, whose java is the fake server.
ini_java()
{
	local options=$1
	shift
	: >world/server.jar
	ini '' command= "java=$FAKE" "args=nogui --journal $journal $options" "$@"
}

# ini_jvm PROPERTIES [KEY=VALUE]...: the same with a real JVM.
ini_jvm()
{
	local properties=$1
	shift
	cp "$JAR" world/server.jar
	ini '' command= "jvm_args=-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
-Dfake.journal=$journal $properties" heap=32M "$@"
}

# several NAME:OPTIONS...: an INI with one fake server each, with its own journal.NAME; the keys in
# the array `shared` are the defaults of all, those in mcinit_keys are of [mcinit].
several()
{
	local one name defaults=('restart_delay = 100ms' 'type = generic')
	[[ ${shared[*]} == *stop_timeout* ]] || defaults+=('stop_timeout = 20s')
	{
		echo '[mcinit]'
		echo "run_dir = $here/run"
		printf '%s\n' 'log_level = debug' "${mcinit_keys[@]}"
		echo '[server]'
		printf '%s\n' "${defaults[@]}" "${shared[@]}"
		for one; do
			name=${one%%:*}
			mkdir -p "$here/$name"
			: >>"$here/journal.$name"
			echo "[server:$name]"
			echo "command = \"$FAKE\" --journal $here/journal.$name ${one#*:}"
		done
	} >mcinit.ini.new
	mv mcinit.ini.new mcinit.ini
}

# --- mcinit ---

# launch COMMAND...: in the background; stderr to $log, stdout to $out, its pid in $pid.
launch()
{
	"$@" >>"$out" 2>>"$log" 3>&- {idle}>&- &
	pid=$!
	outer=$!
	started="$pid $started"
}

# start [OPTION]...: mcinit as a service.
start()
{
	launch "$MCINIT" -c mcinit.ini "$@"
}

as_pid1=(unshare -pf --mount-proc --kill-child)

may_be_pid1()
{
	[ "$EUID" -eq 0 ] && "${as_pid1[@]}" true 2>/dev/null || skip 'no pid namespaces here'
}

# start_pid1 [OPTION]...: as process 1; $pid is its number outside, $outer that of unshare.
start_pid1()
{
	may_be_pid1
	launch "${as_pid1[@]}" "$MCINIT" -c mcinit.ini "$@"
	until_true is_pid1
}

# It runs, or has ended already.
is_pid1()
{
	gone "$outer" && return
	has_children "$outer" 1 && is_mcinit "$children" && pid=$children
}

# start_as MODE [OPTION]...: service or pid1.
start_as()
{
	case $1 in
	service) start "${@:2}" ;;
	pid1) start_pid1 "${@:2}" ;;
	esac
}

is_mcinit()
{
	[[ $(readlink "/proc/$1/exe" 2>/dev/null) == "$MCINIT" ]]
}

# under_strace OPTION... -- [OPTION]...: mcinit with system calls that fail; $pid is mcinit's.
under_strace()
{
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	command -v strace >/dev/null || skip 'no strace'
	launch strace -DD -f -qq -o "$here/strace" "${options[@]}" "$MCINIT" -c mcinit.ini "$@"
}

# ready [N]: the N-th start (1) is ready by the fake server's word.
ready()
{
	wait_for "$journal" ' ready ' "${1:-1}"
	newest
}

# The pid of the newest start in $server, as the server itself sees it.
newest()
{
	local what number
	server=
	while read -r _ what number _; do
		[ "$what" != start ] || server=$number
	done <"$journal"
}

# The private, dirty memory of a process (mcinit) in KiB, in $private_dirty.
private_dirty()
{
	private_dirty=$("$HELPERS/helper_pages" "${1:-$pid}")
}

# tell SIGNAL [PID]
tell()
{
	kill -"$1" "${2:-$pid}"
}

# expect_exit CODE: mcinit ends by itself, with this code.
expect_exit()
{
	local code=0
	until_true gone "$outer"
	wait "$outer" || code=$?
	[ "$code" -eq "$1" ] || { echo "exit code $code, not $1"; return 1; }
}

# stop [CODE]: asks mcinit to stop and expects the code (0).
stop()
{
	tell TERM
	expect_exit "${1:-0}"
}

# The number of a soak run, or of a usual one: soak LONG SHORT
soak()
{
	if [ -n "${SOAK:-}" ]; then echo "$1"; else echo "$2"; fi
}

now_ms()
{
	now=${EPOCHREALTIME/[.,]/}
	now=$((now / 1000))
}

need_root()
{
	[ "$EUID" -eq 0 ] || skip 'needs root'
}

need_java()
{
	[ -e "$JAR" ] && command -v java >/dev/null || skip 'no java'
}
