#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Pauses of everything (docker pause, a suspended machine, SIGSTOP): a thaw must not kill a server
# that saves.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

freezer=/sys/fs/cgroup/freezer

# A frozen process cannot end.
teardown()
{
	[ -z "${frozen:-}" ] || echo THAWED >"$frozen/freezer.state"
	end_everything
	[ -z "${frozen:-}" ] || until_true rmdir "$frozen" 2>/dev/null
}

# launch_freezable COMMAND...: in a cgroup of its own, $frozen.
launch_freezable()
{
	make_freezer
	launch sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$frozen" "$@"
}

make_freezer()
{
	[ -w $freezer/cgroup.procs ] && mkdir $freezer/mcinit-test-$$ || skip 'no freezer to write to'
	frozen=$freezer/mcinit-test-$$
}

freeze()
{
	echo FROZEN >"$frozen/freezer.state"
	until_true grep -qx FROZEN "$frozen/freezer.state"
}

thaw()
{
	echo THAWED >"$frozen/freezer.state"
}

# saved_and_left CODE: what a good stop looks like.
saved_and_left()
{
	expect_exit "$1"
	seen journal ' saved '
	never_seen log 'SIGKILL to'
}

# The pause itself has to be real: it is what is tested.
let_time_pass()
{
	read -rt "$1" -u "$idle" || :
}

@test "everything is paused (SIGSTOP) in a stop for longer than stop_timeout: nobody is killed" {
	ini '--save-time 500ms' stop_timeout=2s
	start
	ready
	tell TERM
	wait_for journal ' saving '
	kill -STOP "$server"
	tell STOP
	let_time_pass 3.5
	# The server is woken last, so that a SIGKILL would find it unsaved.
	tell CONT
	wait_for log 'all deadlines moved'
	kill -CONT "$server"
	saved_and_left 0
}

@test "the cgroup is frozen in a stop for longer than stop_timeout: nobody is killed" {
	ini '--save-time 500ms' stop_timeout=2s
	launch_freezable "$MCINIT" -c mcinit.ini
	ready
	tell TERM
	wait_for journal ' saving '
	freeze
	let_time_pass 3.5
	thaw
	saved_and_left 0
}

@test "the cgroup is frozen while the server runs: it runs on" {
	ini '' start_timeout=2s
	launch_freezable "$MCINIT" -c mcinit.ini
	ready
	freeze
	let_time_pass 3.5
	thaw
	wait_for log 'running after'
	stop
	expect_count journal ' start ' 1
	never_seen log 'ending this start'
}

@test "processes that survive SIGKILL: it is said, and mcinit leaves without harm to others" {
	[ -n "${SOAK:-}" ] || skip 'takes long: SOAK=1'
	may_be_pid1
	make_freezer
	ini '' stop_timeout=1s
	# In a namespace of its own, with a bystander that must not be taken for the server's.
	cat >cage.sh <<-END
	MCINIT_SERVER=server setsid sleep 1000 &
	bystander=\$!
	"$MCINIT" -c mcinit.ini &
	mcinit=\$!
	until grep -q ' ready ' $journal; do read -rt 0.01 <> <(:); done
	server=\$(sed -n 's/^[0-9]* ready //p' $journal)
	echo \$server >$frozen/cgroup.procs
	echo FROZEN >$frozen/freezer.state
	kill -TERM \$mcinit
	wait \$mcinit
	echo 0 left \$? >>$journal
	while readlink /proc/[0-9]*/exe | grep -qxF "$MCINIT"; do read -rt 0.01 <> <(:); done
	kill -0 \$bystander && echo 0 bystander >>$journal
	echo THAWED >$frozen/freezer.state
	END
	launch "${as_pid1[@]}" bash cage.sh
	expect_exit 0
	seen journal ' left 137'
	seen journal ' bystander'
	seen log 'are still there * after SIGKILL'
}
