#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A kernel that refuses: old ones, seccomp filters of container runtimes, and a machine that is out
# of everything.  What can do without does without, what passes is tried again, and the rest is
# said.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

needs_strace()
{
	command -v strace >/dev/null || skip 'no strace'
	strace -qq -o /dev/null true 2>/dev/null || skip 'no ptrace here'
}

# A fault that never happened would prove nothing.
teardown()
{
	end_everything
	injected
}

injected()
{
	[ -z "${faulty:-}" ] ||
	    grep -q INJECTED "$here/strace" || { echo "never happened: $faulty"; return 1; }
}

# with_fault FAULT...: mcinit under system calls that fail as strace's inject= says.
with_fault()
{
	local fault calls='' options=()
	needs_strace
	injected
	for fault; do
		options+=(-e "inject=$fault")
		calls+=${calls:+,}${fault%%:*}
	done
	faulty=$*
	under_strace -e "trace=$calls" "${options[@]}" --
}

# A whole life: a crash, a restart, a daemon that is left behind, and a stop that saves.
life='--first 1 --crash-after 0ms --daemon forever'
lives()
{
	ready 2
	daemon=$(sed -n 's/^[0-9]* daemon //p' journal | head -n 1)
	seen log "fake-daemon (pid $daemon) ends by SIGTERM"
	stop
	seen journal ' saved '
	never_seen log 'cannot send'
	never_seen log 'SIGKILL to'
}

# --- without ---

@test "no pidfd_open (EPERM, as old runtimes answer; ENOSYS, an old kernel; EMFILE)" {
	local error
	for error in EPERM ENOSYS EMFILE; do
		: >journal >log
		# A java line: its main process is signalled, a command's process group.
		ini_java "$life"
		with_fault pidfd_open:error=$error
		lives
	done
}

@test "no pidfd_send_signal" {
	local error
	for error in EPERM ENOSYS; do
		: >journal >log
		ini_java "$life"
		with_fault pidfd_send_signal:error=$error
		lives
	done
}

@test "no close_range: the server still has no descriptor but its own" {
	local error
	ulimit -Sn 512			# each of them is closed one by one, under strace
	for error in EPERM ENOSYS; do
		: >journal >log
		ini '--report'
		exec 7</dev/null 99</dev/null
		with_fault close_range:error=$error
		ready
		[ "$(grep -c ' report fd ' journal)" -eq 4 ]
		stop
	done
}

@test "none of them, and no memfd_create" {
	ulimit -Sn 512
	ini_java "$life"
	with_fault pidfd_open,pidfd_send_signal,close_range,memfd_create:error=ENOSYS
	lives
}

@test "no subreaper, no no_new_privs" {
	ini ''
	with_fault prctl:error=EINVAL
	ready
	stop
	seen journal ' saved '
}

@test "no locks on this file system: one warning each, and the server runs" {
	ini '--first 1 --exit-on-start 1'
	with_fault flock:error=ENOLCK
	ready
	expect_count log 'a second mcinit would not be noticed' 1
	expect_count log 'nothing keeps a second server off' 1
	stop
}

@test "no list of children in /proc: restart and stop work by looking at all processes" {
	may_be_pid1
	needs_strace
	ini "$life"
	launch "${as_pid1[@]}" strace -DD -f -qq -o "$here/strace" \
	    -P /proc/self/task/1/children -e trace=open,openat \
	    -e inject=open,openat:error=ENOENT "$MCINIT" -c mcinit.ini
	ready 2
	until_true is_pid1
	tell TERM
	expect_exit 0
	seen journal ' saved '
	grep -q 'children.*ENOENT' strace
}

@test "no /proc at all: the server starts, is restarted, and stops" {
	need_root
	mkdir root root/world root/run
	chmod 700 root/run
	cp "$MCINIT" root/mcinit
	cp "$FAKE" root/fakeserver
	ini '' server.dir=/world mcinit.run_dir=/run \
	    command='/fakeserver --journal /journal --first 1 --crash-after 0ms'
	mv mcinit.ini root
	launch "$(command -v chroot)" root /mcinit
	journal=$here/root/journal
	ready 2
	stop
	seen "$journal" ' saved '
}

# --- what passes ---

@test "fork fails once: said, and tried again" {
	local n
	for n in 1 2; do
		: >journal >log
		ini '--first 1 --crash-after 0ms'
		# The first is the console process for our own output.
		with_fault fork,clone,vfork:error=EAGAIN:when=$n
		ready
		wait_for log 'cannot * Resource temporarily unavailable'
		stop
	done
}

@test "fork fails for ever: tried again and again, and a stop ends it" {
	ini '' restart_delay=1ms crash_limit=3
	with_fault fork,clone,vfork:error=EAGAIN
	wait_for log 'cannot fork' 5
	never_seen log 'gave up'
	tell TERM
	expect_exit 0
}

@test "the exec pipe cannot be made once: tried again" {
	ini ''
	# The first two are those of the console processes.
	with_fault pipe2,pipe:error=EMFILE:when=3
	ready
	seen log 'No file descriptors available' || seen log 'Too many open files'
	stop
}

@test "the exec pipe cannot be watched: the server starts all the same, and its end is noticed" {
	ini '--first 1 --crash-after 0ms'
	# The first two are the signalfd and the pipe of the console processes.
	with_fault epoll_ctl:error=ENOMEM:when=3+
	ready 2
	stop
	seen journal ' saved '
}

@test "exec fails with EAGAIN or ENOMEM once: tried again" {
	local error
	for error in EAGAIN ENOMEM; do
		: >journal >log
		ini '' command="$FAKE --journal $journal"
		needs_strace
		# The server's exec alone: the count is for each process.
		launch strace -DD -f -qq -o "$here/strace" -P "$FAKE" -e trace=execve \
		    -e "inject=execve:error=$error:when=1" "$MCINIT" -c mcinit.ini
		wait_for log 'cannot execute' 2
		seen log 'This may pass by itself'
		tell TERM
		expect_exit 0
	done
}

@test "setsid fails: said, and not executed" {
	ini '' crash_limit=1
	with_fault setsid:error=EPERM
	until_true gone "$outer"
	seen log 'cannot be started: could not setsid'
	expect_count journal ' start ' 0
}

@test "interrupted system calls (EINTR) are continued" {
	ini "$life"
	with_fault wait4:error=EINTR:when=1..9+2 epoll_wait,epoll_pwait:error=EINTR:when=1..9+2
	lives
	: >journal >log
	ini '--first 1 --crash-after 0ms'
	with_fault read:error=EINTR:when=1..9+2
	ready 2
	stop
}

@test "epoll_wait fails for a while: signals are served all the same, and nothing is lost" {
	ini ''
	with_fault epoll_wait,epoll_pwait:error=EINVAL:when=1..3
	ready
	tell USR1
	wait_for log 'orphans reaped'
	tell TERM
	expect_exit 0
	seen journal ' saved '
}

@test "epoll_wait fails for ever: signals are served, and mcinit ends when it is asked to" {
	ini '' stop_timeout=1s
	with_fault epoll_wait,epoll_pwait:error=EINVAL
	ready
	tell USR1
	wait_for log 'orphans reaped'
	tell TERM
	until_true gone "$outer"
}

@test "kill fails with ESRCH: the server ended in the meantime, and it is no error" {
	ini_java '--stop-after 0ms --save-time 300ms'
	with_fault kill:error=ESRCH pidfd_send_signal:error=ESRCH
	ready
	tell TERM
	expect_exit 0
	never_seen log 'cannot send'
}

@test "the INI cannot be read by a helper: the reload is refused, and the servers run" {
	ini ''
	start
	ready
	needs_strace
	strace -f -o strace -p "$pid" -e trace=fork,clone,vfork \
	    -e inject=fork,clone,vfork:error=EAGAIN 2>attach 3>&- {idle}>&- &
	started="$started $!"
	wait_for attach attached
	tell HUP
	wait_for log 'reload: cannot read the INI; the configuration stays'
	stop
	seen journal ' saved '
}

# --- what prevents a start ---

@test "no signalfd, no epoll, no memory: 71, and what is missing" {
	local fault
	for fault in signalfd4:error=EMFILE epoll_create1:error=EMFILE \
	    epoll_ctl:error=ENOMEM:when=1; do
		: >log
		ini ''
		with_fault $fault
		expect_exit 71
		seen log 'cannot start: '
	done
	expect_count journal ' start ' 0
}

# --- a sample of everything ---

@test "each system call fails at each of its first times: mcinit ends, and not by a fault" {
	local call n code
	needs_strace
	ini '--exit-on-start 0' restart=no stop_timeout=1s
	for call in openat,open:EMFILE fcntl:EMFILE read:EIO write:EIO epoll_ctl:ENOSPC \
	    fork,clone:ENOMEM pipe2:ENFILE mkdir:ENOSPC fstat:EIO flock:EIO dup2,dup3:EBUSY \
	    ftruncate:EIO fallocate:ENOSPC mmap:ENOMEM chdir:EACCES prlimit64:EPERM \
	    pwrite64:ENOSPC; do
		for ((n = 1; n <= $(soak 25 3); n++)); do
			code=0
			timeout "$DEADLINE" strace -f -qq -o strace -e "trace=${call%:*}" \
			    -e "inject=${call%:*}:error=${call#*:}:when=$n" \
			    "$MCINIT" -c mcinit.ini >out 2>log 3>&- || code=$?
			case $code in
			0 | 1 | 71 | 78 | 97 | 127 | 137) ;;
			*) echo "$call $n: code $code"; cat log; return 1 ;;
			esac
			[ "$n" -gt 1 ] || grep -q INJECTED strace ||
			    { echo "$call was never called"; return 1; }
		done
	done
}
