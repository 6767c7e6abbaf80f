# SPDX-License-Identifier: MIT
#
# What the scenarios share in which mcinit outlives something: a fault, an exec, a SIGKILL.  Loaded by
# them behind lib.bash.  It must never change what mcinit does.

# A server that floods a log of which no line may be lost.
ini_flood()
{
	ini '--silent --flood 20000' log.dir="$here/logs" log.on_full=block log.stdout=no \
	    log.rotate_size=2G
}

# Of what it printed in its one life.
each_line_once()
{
	grep -oE ' flood [0-9]{10} ' logs/server.log | awk '$2 + 0 != NR { print; bad = 1; exit }
	    END { print "# " NR " lines" > "/dev/stderr"; exit bad || NR == 0 }'
	grep -q 'All dimensions are saved' logs/server.log
	rm -rf logs
}

# launch_heard MODE: mcinit, whose stderr stands in a FIFO until helper_crash or hear_on reads it.
launch_heard()
{
	mkfifo errors
	exec {heard}<>errors
	case $1 in
	service) launch sh -c 'exec "$@" 2>errors' - "$MCINIT" -c mcinit.ini ;;
	pid1)
		may_be_pid1
		launch sh -c 'exec "$@" 2>errors' - "${as_pid1[@]}" "$MCINIT" -c mcinit.ini
		until_true is_pid1
		;;
	esac
}

# From now on the log goes into $log, as usual.
hear_on()
{
	cat <&"$heard" >>"$log" 3>&- {idle}>&- &
	started="$started $!"
}

# fail_often COUNT SIGNAL...: at random moments; the 99th percentile to the reader of the test.
fail_often()
{
	measure "$1" 5000 "$pid" "${@:2}"
}

# measure ARGUMENT...: of helper_crash; with SOAK=1 the 99th percentile is a promise, too.
measure()
{
	"$HELPERS/helper_crash" "$@" <&"$heard" >>"$log"
	figures=$(tail -n 1 "$log")
	echo "# ${BATS_TEST_DESCRIPTION%%:*}: $figures" >&3
	# A promise for a quiet machine, so not of a test among others.
	[ -z "${SOAK:-}" ] || awk -v f="$figures" 'BEGIN { split(f, w, " 99 within "); exit !(w[2] + 0 < 20) }'
}

# No child is still a copy of mcinit that is about to become what it is for.
none_is_nascent()
{
	local child
	children "$pid"
	for child in $children; do
		! cmp -s "/proc/$pid/cmdline" "/proc/$child/cmdline" || return 1
	done
}

# What is open and what is running, in $kept; numbers of the kernel left out.
look()
{
	until_true none_is_nascent
	kept=$(readlink "/proc/$pid/fd/"* | sed 's/\[[0-9]*\]//' | sort)
	console_processes "$pid"
	# shellcheck disable=SC2086  # words
	set -- $children
	kept+="
$# console processes"
}

looks_as_before()
{
	look
	[ "$kept" = "$1" ]
}

same_as_before()
{
	until_true looks_as_before "$1" || { diff <(echo "$1") <(echo "$kept"); return 1; }
}

# Not more than one server at a time, COUNT in all, the last of which saved its world.
lived_well()
{
	awk -v count="$1" '
	$2 == "start" { if (up) { print "two at once: " $0; exit 1 } up = 1; n++ }
	$2 == "exit" || $2 == "crash-signal" { up = 0 }
	$2 == "saved" { saved++ }
	$2 == "command" && $3 == "stop" { typed++ }
	END {
		if (up || n != count || saved != 1 || typed > 1) {
			print n " starts, " saved + 0 " times saved, " typed + 0 " times stop"
			exit 1
		}
	}' "$journal"
	never_seen "$log" 'in use by another server'
}
