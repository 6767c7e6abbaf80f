#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What mcinit makes of what a server prints: when it is ready, why it ended, its last words; and how
# it is told to stop.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# The milliseconds of the first journal line with TEXT, in $at.
at()
{
	at=$(awk -v text="$1" 'index($0, text) { print $1; exit }' journal)
}

# --- ready ---

@test "a Minecraft server is running when it says so, and not before" {
	ini_java '--start-delay 1500ms' type=paper
	start
	wait_for log 'starting: '
	never_seen log 'running after'
	never_seen journal ' ready '
	ready
	wait_for log 'running after'
	stop
}

@test "the progress of a start is told" {
	ini_java '--start-delay 300ms' type=vanilla
	start
	ready
	wait_for log 'running after'
	grep -oE 'starting: [0-9]+ %' log >progress
	[ "$(wc -l <progress)" -ge 2 ]
	sort -c -t ' ' -k 2,2n progress
	stop
}

@test "a server that never says that it is ready is never running" {
	ini_java '--never-ready' type=paper start_timeout=2s stop_timeout=1s crash_limit=1
	start
	expect_exit 1
	never_seen log 'running after'
	seen log 'not ready within start_timeout = 2 s'
}

@test "what a player says is not what the server says" {
	ini_java "--never-ready --last-line '[12:00:00] [Server thread/INFO]: <Steve> Done (1.0s)! For help, type \"help\"' \
--crash-after 300ms --crash-before-ready" type=paper restart=no
	start
	expect_exit 1
	seen log '<Steve> Done (1.0s)!'
	never_seen log 'running after'
}

# --- why it ended ---

# its_word MARK CODE TEXT [WHEN]: a server that says MARK and ends with CODE: the log has TEXT.
its_word()
{
	: >log >journal >out
	ini_java "--mark $1 --exit $2 --crash-after 0ms ${4---crash-before-ready}" type=paper \
	    restart=no
	start
	until_true gone "$outer"
	wait_for log "$3"
}

@test "why a server ended: by its own word and its code together" {
	its_word eula 0 'Minecraft EULA is not accepted. Read https://aka.ms/MinecraftEULA'
	seen log 'ended: config (exit 0)'
	its_word jvm-option 1 'ended: config (exit 1)'
	its_word no-jar 1 'ended: config (exit 1)'
	its_word old-java 1 'needs Java 21. Install Java 21 or set "java = /path/to/java"'
	its_word port 0 'ended: port-taken (exit 0)'
	its_word world-lock 0 'ended: world-locked (exit 0)'
	its_word oom 3 'ended: oom-heap (exit 3)' ''
	its_word crash-report 0 'ended: crashed (exit 0)' ''
	its_word watchdog 0 'ended: crashed (exit 0)' ''
	its_word fatal 134 'ended: crashed (exit 134)' ''
}

@test "what trying again cannot mend is not tried again" {
	local mark
	for mark in eula jvm-option no-jar old-java; do
		: >log >journal
		ini_java "--mark $mark --exit 1 --crash-after 0ms --crash-before-ready" type=paper
		start
		expect_exit 78
		expect_count journal ' start ' 1
		seen log 'trying again cannot help'
	done
}

@test "a server that asks for its restart is started again, and that is no crash" {
	ini_java '--first 1 --mark restart --exit 0 --crash-after 0ms' type=paper crash_limit=1
	start
	ready 2
	seen log 'asked to be started again (/restart)'
	never_seen log 'ended: '
	stop
}

# --- the last words ---

@test "the last 40 lines go with a crash, whole, in order, and before its reason" {
	local i
	ini_java '--flood 0 --flood-lines 100 --flood-crash' type=paper restart=no
	start
	expect_exit 1
	seen log 'ended: crashed'
	sed -n '/its last lines:/,/ended: crashed/p' log | sed '1d;$d' >quoted
	[ "$(wc -l <quoted)" -eq 40 ]
	for i in {61..100}; do
		printf 'flood %010d\n' "$i"
	done >expected
	grep -oE 'flood [0-9]{10}' quoted | diff - expected
	no_line -v '^server: ' quoted
}

@test "only lines of the start that crashed are quoted" {
	ini_java '--first 1 --crash-after 0ms' type=paper
	start
	ready 2
	kill -KILL "$server"
	ready 3
	wait_for log 'its last lines:' 2
	wait_for log 'ended: crashed' 2
	awk '/its last lines:/ { n = 0 } /^server: .*Starting minecraft server/ { n++ }
	    /ended: crashed/ && n != 1 { exit 1 }' log
	stop
}

@test "a server that printed nothing is not quoted" {
	ini "--silent" command='/bin/sh -c "exit 3"' restart=no
	start
	expect_exit 3
	seen log 'it printed nothing'
	never_seen log 'its last lines'
}

@test "what was printed just before the end is in the log before the next start" {
	ini_java "--first 1 --flood 0 --flood-lines 5000 --flood-crash" type=paper \
	    log.dir="$here/logs" log.on_full=block
	start
	ready 2
	wait_for logs/server.log 'Done (' 2
	awk '/ flood / && starts == 1 { n++ } /Starting minecraft server/ { starts++ }
	    END { exit n != 5000 }' logs/server.log
	stop
}

@test "a last line without an end is not glued to the first of the next start" {
	ini '' command="/bin/sh -c 'printf half; exit 1'" log.dir="$here/logs" crash_limit=2
	start
	expect_exit 1
	[ "$(<logs/server.log)" = $'half\nhalf' ]
}

@test "somebody who keeps the console open holds up neither a restart nor the end" {
	ini_java '' type=paper
	start
	ready
	exec {held}<>run/server/stdout
	kill -KILL "$server"
	wait_for log 'could not be taken over within 2 s'
	ready 2
	exec {held}>&-
	exec {held}<>run/server/stdout
	stop
	exec {held}>&-
}

# --- the stop ---

@test "a stop is a command on the console, and no signal" {
	ini_java '--save-time 200ms' type=paper
	start
	ready
	wait_for log 'running after'
	stop
	seen journal ' command stop'
	never_seen journal ' signal '
	seen journal ' saved '
}

@test "each type has its own stop command" {
	local type command
	while read -r type command; do
		: >journal >log
		ini_java "--stop-command $command" type="$type"
		start
		ready
		wait_for log 'running after'
		stop
		seen journal " command $command"
		never_seen journal ' signal '
	done <<-END
	vanilla stop
	velocity shutdown
	bungee end
	END
}

@test "SIGTERM follows a stop command that is not obeyed, then the dump, then SIGKILL" {
	ini_java '--stop-hang --ignore-term' type=paper stop_timeout=4s
	start
	ready
	wait_for log 'running after'
	tell TERM
	expect_exit 137
	at ' command stop'
	command_at=$at
	at ' signal 15'
	[ $((at - command_at)) -ge 2700 ]
	seen log 'has not ended 2.8 s after its stop command; SIGTERM'
	seen log 'asking for a thread dump'
	expect_count journal ' signal 15' 1
	expect_count journal ' command ' 1
}

@test "a server that does not read its console is stopped all the same" {
	ini_java '--hang' type=paper stop_timeout=2s
	start
	ready
	wait_for log 'running after'
	# Its FIFO is full: nothing can be typed any more.
	dd if=/dev/zero of=run/server/stdin bs=4096 oflag=nonblock 2>/dev/null || :
	dd if=/dev/zero of=run/server/stdin bs=1 oflag=nonblock 2>/dev/null || :
	tell TERM
	wait_for log 'does not read its console: "stop" was not typed'
	until_true gone "$outer"
}

@test "what was typed for a server that hung does not reach the next one" {
	ini_java '--first 1 --hang' type=paper
	start
	ready
	wait_for log 'running after'
	echo stop >run/server/stdin
	kill -KILL "$server"
	ready 2
	echo list >run/server/stdin
	wait_for journal ' command list'
	never_seen journal ' command stop'
	stop
}
