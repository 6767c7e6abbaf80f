#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The verbs that ask for status and want something: what each one says and does to a server in each of
# its states.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# verb WORDS...: what it says is in $output, its exit code in $status.
verb()
{
	run timeout 60 "$MCINIT" -S run/control "$@" 3>&- </dev/null
}

# says CODE TEXT WORDS...: a verb, and what comes of it.
says()
{
	verb "${@:3}"
	# shellcheck disable=SC2053  # a pattern is meant
	[[ $status -eq $1 && $output == $2 ]] || { echo "${*:3}: $status, not $1: $output"; return 1; }
}

# value NAME [SERVER]: of status --json, in $value; of the whole with SERVER "".
value()
{
	value=$("$MCINIT" -S run/control status --json | python3 -c '
import json, sys
status = json.load(sys.stdin)
one = [s for s in status["servers"] if s["name"] == sys.argv[2]][0] if sys.argv[2] else status
print(one[sys.argv[1]])' "$1" "${2-server}")
}

value_is()
{
	value "$1" "${3-server}" && [ "$value" = "$2" ]
}

# in_state STATE: an mcinit with one server in that state.
in_state()
{
	: >journal >log
	case $1 in
	stopped) ini '' autostart=no ;;
	starting) ini_java '--start-delay 1h' type=paper ;;
	running) ini_java '' type=paper ;;
	stopping) ini_java '--save-time 1h' type=paper ;;
	failed) ini_java '--exit-on-start 1' type=paper restart=no ;;
	esac
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	until_true test -S run/control
	[ "$1" != stopping ] || { ready; says 0 '' stop --no-wait; wait_for journal ' saving '; }
	until_true value_is state "$1"
}

over()
{
	kill -KILL "$pid" 2>/dev/null || :
	until_true gone "$pid"
	end_everything >/dev/null
	started=
	rm -rf run
}

# --- each verb in each state ---

# rows STATE: verb, exit code, pattern; each on an mcinit of its own, but for those with an =, which leave
# everything as it is for the next row.
rows()
{
	local words code text there=
	while IFS='|' read -r words code text; do
		[ -n "$there" ] || in_state "$1"
		# shellcheck disable=SC2086  # words
		says "$code" "$text" ${words#=}
		there=yes
		[[ $words == =* ]] || { over; there=; }
	done
	[ -z "$there" ] || over
}

@test "no supervisor: 3, and what to do; health knows two answers" {
	local one
	ini ''
	for one in status start stop restart kill shutdown reload rotate reexec logs send console; do
		run "$MCINIT" -c mcinit.ini "$one"
		[ "$status" -eq 3 ]
		[[ $output == 'mcinit: no mcinit runs here'* ]]
	done
	run -1 "$MCINIT" -c mcinit.ini health
	[[ $output == 'mcinit: no mcinit runs here'* ]]
	run -0 "$MCINIT" version
}

@test "a server that is stopped" {
	rows stopped <<-'ROWS'
	=status|0|mcinit *server *stopped*
	=health|0|server: stopped
	=health --ready|1|server: it is stopped
	=logs|0|
	=send list|1|mcinit: server: is not running*
	=console|0|
	=rcon list|1|mcinit: *
	=backup -- true|1|mcinit: *run*
	=metrics|0|*mcinit_server*
	=reload|0|mcinit: the INI is in force
	=rotate|0|mcinit: goes on in new log files
	=reexec|0|*goes on, generation *
	start|0|server: running after *
	stop|0|server: does not run
	restart|0|server: running after *
	kill|0|server: does not run
	shutdown|0|mcinit: has ended
	ROWS
}

@test "a server that is starting" {
	rows starting <<-'ROWS'
	=status|0|mcinit *server *starting*
	=health|0|server: starting
	=health --ready|1|server: it is starting
	=logs|0|*
	=send list|0|
	=console|0|*
	=rcon list|1|mcinit: *
	=backup -- true|1|mcinit: *run*
	=metrics|0|*mcinit_server*
	=reload|0|mcinit: the INI is in force
	=rotate|0|mcinit: goes on in new log files
	=reexec|0|*goes on, generation *
	start --timeout 1|75|mcinit: not done in time; it goes on without us
	stop|0|server: has ended: stopped (exit 143)
	restart --timeout 1|75|mcinit: not done in time; it goes on without us
	kill|0|server: has ended: killed (SIGKILL)
	shutdown|0|mcinit: has ended
	ROWS
}

@test "a server that runs" {
	rows running <<-'ROWS'
	=status|0|mcinit *server *running*
	=health|0|server: running
	=health --ready server|0|server: running
	=start|0|server: runs already
	=logs|0|*Done (*
	=send list|0|
	=console|0|*Done (*
	=rcon list|1|mcinit: *
	=backup -- true|0|*
	=metrics|0|*mcinit_server*
	=reload|0|mcinit: the INI is in force
	=rotate|0|mcinit: goes on in new log files
	=reexec|0|*goes on, generation *
	stop|0|server: has ended: stopped (exit 0)
	restart|0|server: running after *
	kill|0|server: has ended: killed (SIGKILL)
	kill server|0|server: has ended: killed (SIGKILL)
	shutdown|0|mcinit: has ended
	ROWS
}

@test "a server that is stopping" {
	rows stopping <<-'ROWS'
	=status|0|mcinit *server *stopping*
	=health|0|server: stopping
	=health --ready|1|server: it is stopping
	=logs|0|*
	=send list|1|mcinit: server: is not running*
	=console|0|*
	=rcon list|1|mcinit: *
	=backup -- true|1|mcinit: *run*
	=metrics|0|*mcinit_server*
	=reload|0|mcinit: the INI is in force
	=rotate|0|mcinit: goes on in new log files
	=reexec|0|*goes on, generation *
	=stop --timeout 1|75|mcinit: not done in time; it goes on without us
	start --timeout 1|75|mcinit: not done in time; it goes on without us
	restart --no-wait|0|
	kill|0|server: has ended: killed (SIGKILL)
	shutdown --timeout 1|75|mcinit: not done in time; it goes on without us
	ROWS
}

@test "a server that failed" {
	rows failed <<-'ROWS'
	=status|0|mcinit *server *failed*
	=health|1|server: it failed
	=health --ready|1|server: it failed
	=stop|0|server: does not run
	=kill|0|server: does not run
	=logs|0|*
	=send list|1|mcinit: server: is not running*
	=console|0|*
	=rcon list|1|mcinit: *
	=backup -- true|1|mcinit: *run*
	=metrics|0|*mcinit_server*
	=reload|0|mcinit: the INI is in force
	=rotate|0|mcinit: goes on in new log files
	=reexec|0|*goes on, generation *
	start|1|mcinit: server: could not be started: crashed (exit 1)
	restart|1|mcinit: server: could not be started: crashed (exit 1)
	shutdown|0|mcinit: has ended, exit code 1
	ROWS
}

@test "words that are wrong" {
	in_state running
	says 1 'mcinit: no server has that name' status nobody
	says 1 'mcinit: no server has that name. There is: server' stop nobody
	says 64 'mcinit: stop [[]NAME[]]*, and not --soon' stop --soon
	says 64 'mcinit: soon: give a time*' stop --timeout soon
	says 64 'mcinit: health*, and not --well' health --well
	says 64 'mcinit: status*, and not two' status one two
	says 64 'mcinit: shutdown*, and not server' shutdown server
	stop
}

# --- several ---

@test "several servers: a name is needed, but to stop them all" {
	several a: b:
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	wait_for journal.a ' ready '
	wait_for journal.b ' ready '
	until_true value_is state running a
	until_true value_is state running b
	says 64 'mcinit: say for which server: a b' restart
	says 64 'mcinit: say for which server: a b' kill
	says 0 'a: has ended: *' stop a
	says 1 $'a: it is stopped\nb: running' health --ready
	says 0 'b: running' health --ready b
	says 0 $'b: has ended*\na: has ended*' stop ||
	    says 0 $'*a: does not run*' stop
	says 0 'a: running*' start a
	stop
}

@test "each verb twice at once, beside one that is interrupted" {
	local words state after text first second
	while IFS='|' read -r words state after text; do
		in_state "$state"
		"$MCINIT" -S run/control "$words" >first 2>&1 3>&- {idle}>&- &
		first=$!
		"$MCINIT" -S run/control "$words" >second 2>&1 3>&- {idle}>&- &
		second=$!
		started="$started $first $second"
		kill -INT "$first" 2>/dev/null || :
		kill -KILL "$first" 2>/dev/null || :
		says 0 "$text" "$words"
		wait "$second" || { echo "$words: $?: $(<second)"; return 1; }
		# shellcheck disable=SC2053  # a pattern is meant
		[[ $(<second) == $text ]] || { echo "$words: $(<second)"; return 1; }
		until_true value_is state "$after"
		over
	done <<-'ROWS'
	start|stopped|running|server: run*
	stop|running|stopped|server: *
	restart|running|running|server: running after *
	kill|running|stopped|server: *
	reload|running|running|mcinit: the INI is in force
	rotate|running|running|mcinit: goes on in new log files
	status|running|running|mcinit *
	health|running|running|server: running
	ROWS
}

# --- what comes about ---

@test "a stop that two want, and one that is interrupted" {
	local first
	ini_java '--save-time 2s' type=paper
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	ready
	"$MCINIT" -S run/control stop >first 2>&1 3>&- {idle}>&- &
	first=$!
	started="$started $first"
	wait_for journal ' saving '
	"$MCINIT" -S run/control stop >second 2>&1 3>&- {idle}>&- &
	started="$started $!"
	kill -INT "$first" || :
	kill -KILL "$first" 2>/dev/null || :
	wait_for second 'server: has ended: stopped (exit 0)'
	expect_count journal ' saved ' 1
	stop
}

@test "a restart while another is under way" {
	ini_java '--save-time 1s' type=paper
	start
	ready
	"$MCINIT" -S run/control restart >first 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for journal ' saving '
	says 0 'server: running after *' restart
	wait_for first 'server: running after '
	expect_count journal ' start ' 2
	stop
}

@test "a stop without a save is told, and what the operator killed is not" {
	ini_java '--stop-hang --ignore-term' type=paper stop_timeout=1s
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	ready
	says 1 'mcinit: server: has ended, and what it had not saved is lost: hung (SIGKILL)' stop
	value_is last_end_bad True
	says 0 'server: running*' start
	says 0 'server: has ended: killed (SIGKILL)' kill
	value_is last_end_bad False
	tell TERM
	expect_exit 0
}

@test "a server whose name is a word is a server" {
	several now: other:
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	wait_for journal.now ' ready '
	wait_for journal.other ' ready '
	until_true value_is state running other
	says 0 'now: has ended: *' stop now
	value_is state running other
	says 0 'now: does not run' stop now --now
	value_is state running other
	stop
}

@test "a start that somebody else takes back ends, and does not wait for ever" {
	in_state stopping
	"$MCINIT" -S run/control start >first 2>&1 3>&- {idle}>&- &
	started="$started $!"
	until_true value_is wish restart
	says 0 '' stop --no-wait
	says 0 '*' kill
	wait_for first 'mcinit: server: somebody else wants it down'
	over
}

@test "a restart and a shutdown that lost a world say so" {
	ini_java '--stop-hang --ignore-term' type=paper stop_timeout=1s
	start
	ready
	says 1 'mcinit: server: running after *, but what it had not saved before is lost: hung' restart
	ready 2
	says 1 '*mcinit: has ended, exit code 137*server: what it had not saved is lost' shutdown
	until_true gone "$pid"
}

@test "stop --now does not warn" {
	ini_java '--players 2' type=paper stop_warn='30 10'
	start
	ready
	until_true value_is players 2
	"$MCINIT" -S run/control stop >first 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for log 'players are warned'
	says 0 'server: has ended: stopped (exit 0)' stop --now
	tell TERM
	expect_exit 0
}

@test "mcinit fails meanwhile: the verb asks its next image" {
	local i
	ini_java '--save-time 3s' type=paper
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	ready
	"$MCINIT" -S run/control stop >first 2>&1 3>&- {idle}>&- &
	started="$started $!"
	wait_for journal ' saving '
	for i in 1 2 3; do
		tell SEGV
		wait_for log 'mcinit itself failed (' "$i"
		says 0 '*stopping*' status
	done
	wait_for first 'server: has ended: stopped (exit 0)'
	expect_count journal ' saved ' 1
	stop
}

# shutdown_waits: in the background, with what it says and its code in the file `first`.
shutdown_waits()
{
	: >first
	{ "$@" "$MCINIT" -S run/control shutdown 3>&- && echo 'said 0.' || echo "said $?."; } >>first 2>&1 3>&- {idle}>&- &
	started="$started $!"
}

@test "mcinit fails while a shutdown waits for its end: the end is told all the same" {
	local i
	ini_java '--stop-hang --ignore-term' type=paper stop_timeout=4s
	start
	ready
	shutdown_waits
	for i in 1 2 3; do
		until_true value_is stopping True ''
		tell SEGV
		wait_for log 'mcinit itself failed (' "$i"
	done
	expect_exit 137
	wait_for first 'said 1.'
	seen first 'mcinit: has ended, exit code 137'
	seen first 'mcinit: server: what it had not saved is lost'
}

@test "mcinit is killed while a shutdown waits for its end: that is no good end" {
	ini_java '--save-time 1h' type=paper
	start
	ready
	shutdown_waits
	wait_for journal ' saving '
	tell KILL
	wait_for first 'said 1.'
	seen first 'mcinit: has ended, and did not say how: it was killed, or failed. Its log has more'
}

@test "mcinit ends before it is asked to: a shutdown hears how, and which worlds were lost" {
	shared=('stop_timeout = 1s')
	several a: b: c:
	sed -i 's/^command = .*/& --ignore-term/' mcinit.ini
	start
	wait_for log ': running' 3
	command -v strace >/dev/null || skip 'no strace'
	# It stops itself when it has asked for the end, and before it asks for more.
	shutdown_waits strace -o strace -e trace=sendto -e inject=sendto:signal=SIGSTOP:when=2
	wait_for strace 'stopped by SIGSTOP'
	tell TERM
	expect_exit 137
	pkill -CONT -f -- "^$MCINIT -S run/control shutdown"
	wait_for first 'said 1.'
	expect_count first 'mcinit: has ended, exit code 137' 1
	for one in a b c; do
		seen first "mcinit: $one: what it had not saved is lost"
	done
}

@test "behind a shutdown run_dir is free, so that another mcinit can begin" {
	# Its last step takes a while.
	ini ''
	under_strace -e trace=exit_group -e inject=exit_group:delay_enter=500000 --
	ready
	until_true test -S run/control
	says 0 'mcinit: has ended' shutdown
	flock -n run/lock true
}

@test "mcinit is stopped while a shutdown waits: that is said once, and what was asked for goes on" {
	ini_java '--save-time 3s' type=paper
	start
	ready
	shutdown_waits
	wait_for journal ' saving '
	tell STOP
	wait_for first 'said 75.'
	expect_count first 'mcinit: mcinit does not answer' 1
	tell CONT
	expect_exit 0
}

@test "what answers without end is not listened to for ever" {
	command -v strace >/dev/null || skip 'no strace'
	mkdir -m 700 run
	python3 - run >served 2>&1 3>&- {idle}>&- <<-'END' &
	import fcntl, os, socket, sys
	os.chdir(sys.argv[1])
	held = open('lock', 'w')
	fcntl.flock(held, fcntl.LOCK_EX)
	door = socket.socket(socket.AF_UNIX)
	door.bind('control')
	door.listen()
	while True:
	    client, _ = door.accept()
	    try:
	        client.sendall(b'mcinit-control 1 0\n')
	        while True:
	            client.sendall((b'data 1000\n' + b'x\n' * 500) * 1000)
	    except OSError:
	        client.close()
	END
	started="$started $!"
	until_true test -S run/control
	# Slowed down, so that there is always more.
	run timeout 60 strace -o strace -e inject=recvmsg:delay_exit=1000 "$MCINIT" -S run/control status 3>&- </dev/null
	[[ $status -eq 75 && $output == 'mcinit: no answer yet: '* ]]
}

@test "a reload of an INI that is broken is refused, and of one that was mended is not" {
	in_state running
	echo 'nonsense = 1' >>mcinit.ini
	run -1 "$MCINIT" -c mcinit.ini reload
	[[ $output == 'mcinit: the INI was refused; the configuration stays as it was.'* ]]
	value_is reloads_refused 1 ''
	sed -i '$d' mcinit.ini
	run -0 "$MCINIT" -c mcinit.ini reload
	value_is reloads 1 ''
	stop
}

# --- what is told ---

@test "status tells what is known, as text and as JSON" {
	free_port()
	{
		port=$((20000 + RANDOM % 12000))
	}
	free_port
	printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=swordfish >world/server.properties
	ini_java '--rcon --players 2' type=paper heap=512M health_interval=5s
	start
	ready
	until_true value_is player_names "['Player1', 'Player2']"
	value_is state running
	value_is players 2
	value_is health healthy
	value_is rcon up
	value_is starts 1
	value_is version 0.1.0 ''
	value_is config "$here/mcinit.ini" ''
	value pid
	[ "$value" = "$server" ]
	value memory_bytes
	[ "$value" -gt 100000 ]
	value threads
	[ "$value" -ge 1 ]
	value open_files
	[ "$value" -ge 3 ]
	says 0 $'mcinit 0.1.0, service mode, pid *\n\nNAME *\nserver *running *2 *healthy*\n  online: Player1, Player2' status
	says 0 $'*server *running*' status server
	stop
}

@test "status of 16 servers that come and go is one whole object each time" {
	local i names=()
	# Each becomes ready: of those that never are, one start is the last.
	shared=('restart = always' 'restart_delay_max = 100ms' 'crash_window = 10s' 'crash_limit = 32' 'rcon = off')
	for i in {1..16}; do
		names+=("s$i:")
	done
	several "${names[@]}"
	sed -i -e "s/^command = .*/command = sh -c 'echo \"[12:00:00 INFO]: Done (1.0s)!\"; sleep 0.05'/" \
	    -e 's/^type = .*/type = paper/' mcinit.ini
	start
	until_true test -S run/control
	python3 - "$MCINIT" "$(soak 1000 60)" <<-'END'
	import json, subprocess, sys
	for _ in range(int(sys.argv[2])):
	    said = subprocess.run([sys.argv[1], '-S', 'run/control', 'status', '--json'], capture_output=True, check=True)
	    status = json.loads(said.stdout)
	    assert [one['name'] for one in status['servers']] == ['s%d' % i for i in range(1, 17)], said
	    for one in status['servers']:
	        assert one['state'] in ('starting', 'running', 'backoff', 'stopping'), one
	        assert (one['pid'] is not None) >= (one['state'] == 'running'), one
	        assert one['restarts'] <= one['starts'], one
	assert any(one['restarts'] > 0 for one in status['servers']), status
	END
	stop
}

@test "the example of the manual page is true" {
	in_state running
	until_true value_is state running
	"$MCINIT" -S run/control status --json >json
	python3 - json "$BATS_TEST_DIRNAME/../man/mcinit.8" <<-'END'
	import json, re, sys
	server = json.load(open(sys.argv[1]))["servers"][0]
	page = open(sys.argv[2]).read()
	example = json.loads(re.search(r"^\{\n.*?^\}\n", page, re.M | re.S).group(0))
	for key, value in example.items():
	    assert type(server[key]) is type(value), key
	END
	stop
}

@test "names of players do no harm to a terminal, and are JSON" {
	free_port()
	{
		port=$((20000 + RANDOM % 12000))
	}
	free_port
	printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=swordfish >world/server.properties
	ini_java "--rcon --rcon-list 'There are 1 of a max of 20 players online: A"$'\xc2\x9b'"31m'" type=paper health_interval=5s
	start
	ready
	until_true value_is players 1
	value player_names
	[[ $value == *A*31m* ]]
	"$MCINIT" -S run/control status | no_line $'[\x01-\x08\x0b-\x1f]|\xc2\x9b'
	stop
}

@test "a status that is watched goes on until nobody reads it" {
	in_state running
	"$MCINIT" -S run/control status --watch 2>errors | head -n 12 >seen_twice
	[ "$(grep -c '^mcinit ' seen_twice)" -ge 2 ]
	[ ! -s errors ]
	stop
}

@test "a server that waits for its next start says when" {
	ini_java '--crash-after 10ms' type=paper restart_delay=1h restart_delay_max=1h crash_window=10h
	start
	until_true value_is state backoff
	value_is next restart
	value_is last_end crashed
	value_is crashes 1
	says 0 'server: backoff' health
	says 1 'server: it crashed, and waits to be started again' health --ready
	stop
}
