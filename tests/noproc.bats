#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a server leaves behind, where /proc cannot be looked into and where nothing can be forked:
# then waiting is right, and a SIGKILL that was announced is sent all the same.

load lib

# blind WORDS...: process 1 of a namespace, with a /proc that shows nothing, or other processes.
blind()
{
	may_be_pid1
	launch unshare -pf --kill-child "$@" "$MCINIT" -c mcinit.ini
	until_true is_pid1
	ready
}

waits_for_the_rest()
{
	tell TERM
	expect_exit 0
	seen journal ' saved '
	seen log 'only its process group can be waited for'
	seen log 'waiting for the rest'
	never_seen log 'SIGKILL to'
}

@test "with the /proc of another namespace: what a start.sh leaves may save" {
	ini '--child-saves --save-time 300ms'
	blind
	waits_for_the_rest
}

@test "with an empty /proc: what a start.sh leaves may save" {
	ini '--child-saves --save-time 300ms'
	blind -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh
	waits_for_the_rest
}

@test "with the /proc of another namespace: what does not end is killed, and nobody else" {
	ini '--child-saves --ignore-term' stop_timeout=1s
	blind
	tell TERM
	expect_exit 137
	never_seen log 'are still there'
}

@test "nothing can be forked: SIGKILL is sent all the same" {
	ini '--child-saves --ignore-term' stop_timeout=1s
	# But for the console process of our own output, and the server.
	under_strace -f -e trace=fork,clone,vfork -e inject=fork,clone,vfork:error=EAGAIN:when=3+ --
	ready
	tell TERM
	expect_exit 137
	seen log 'cannot fork to look'
	never_seen log 'are still there'
	newest
	ended "$server"
}

@test "with an empty /proc: a re-exec goes on, and what is no mcinit is refused" {
	ini ''
	blind -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh
	run -0 "$MCINIT" -S run/control reexec 3>&-
	run -0 "$MCINIT" -S run/control reexec "$MCINIT" 3>&-
	[[ $output == *'goes on, generation 2, pid 1' ]]
	run -1 "$MCINIT" -S run/control reexec /bin/true 3>&-
	tell TERM
	expect_exit 0
	seen journal ' saved '
	expect_count journal ' start ' 1
}
