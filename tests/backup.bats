#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# mcinit backup: the command runs while the server does not save, and save-on is said whatever happens.
# Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# up OPTIONS [KEY=VALUE]...: a server that runs, and its mcinit that can be asked.
up()
{
	ini_java "$1" type=paper "${@:2}"
	start
	ready
	until_true test -S run/control
	until_true state_is_running
}

state_is_running()
{
	"$MCINIT" -S run/control health --ready >/dev/null 2>&1
}

backup()
{
	run timeout 60 "$MCINIT" -S run/control backup "$@" 3>&- </dev/null
}

# backup_stays: one in the background, whose command runs until something is written to the FIFO `end`; its number
# in $client.
backup_stays()
{
	mkfifo end
	"$MCINIT" -S run/control backup -- sh -c 'touch runs; read -r _ <end' >first 2>&1 3>&- {idle}>&- &
	client=$!
	started="$started $client"
	until_true test -e runs
}

# With RCON: an INI and a port of its own.
with_rcon()
{
	port=$((20000 + RANDOM % 12000))
	printf '%s\n' enable-rcon=true "rcon.port=$port" rcon.password=swordfish >world/server.properties
	up "--rcon $1" "${@:2}"
	wait_for log 'RCON is up'
}

# What the server was told about saving, in order.
told()
{
	grep -oE ' (rcon )?command save-(off|all flush|on)$' journal | sed 's/^ //; s/rcon //; s/command //' |
	    paste -sd ' ' || :
}

said_all()
{
	[ "$(told)" = 'save-off save-all flush save-on' ]
}

@test "the command runs between the save and save-on, where the caller stands, with its code" {
	up ''
	mkdir there
	cd there
	run -0 timeout 60 "$MCINIT" -S ../run/control backup -- sh -c 'grep -c "command save" ../journal >seen; pwd' 3>&-
	cd "$here"
	[ "$output" = "$here/there" ]
	[ "$(<there/seen)" -eq 2 ]
	until_true said_all
	backup server -- sh -c 'exit 7'
	[ "$status" -eq 7 ]
	backup -- sh -c 'kill -KILL $$'
	[ "$status" -eq 137 ]
	run -127 timeout 60 "$MCINIT" -S run/control backup -- no-such-program 3>&- </dev/null
	until_true seen journal ' command save-on' 4
	stop
	lived_well 1
}

@test "with RCON save-on goes there" {
	with_rcon ''
	backup -- true
	[ "$status" -eq 0 ]
	until_true said_all
	expect_count journal 'rcon command save-on' 1
	stop
	lived_well 1
}

@test "the client is killed while the command runs: save-on is said" {
	up ''
	backup_stays
	kill -KILL "$client"
	until_true said_all
	echo >end
	wait_for log 'a backup is over'
	stop
	lived_well 1
}

@test "mcinit fails, or is executed anew, while the command runs: save-on is said once" {
	up ''
	backup_stays
	tell SEGV
	wait_for log 'mcinit itself failed ('
	until_true said_all
	echo >end
	until_true gone "$client"
	run -0 timeout 40 "$MCINIT" -S run/control reexec 3>&-
	said_all
	stop
	lived_well 1
}

@test "mcinit is killed while the command runs: the next one says save-on" {
	up ''
	backup_stays
	kill -KILL "$pid"
	until_true gone "$pid"
	start
	until_true said_all
	echo >end
	stop
	lived_well 1
}

@test "two at a time: save-on follows the last" {
	up ''
	backup_stays
	backup -- true
	[ "$status" -eq 0 ]
	[[ $(told) != *save-on* ]]
	echo >end
	until_true gone "$client"
	until_true seen journal 'command save-on'
	stop
	lived_well 1
}

@test "a save that takes too long is no save: the command does not run, and save-on is said" {
	up '--stop-hang --hang'
	backup --timeout 1 -- touch ran
	[ "$status" -eq 75 ]
	[ ! -e ran ]
	wait_for log 'a backup is over'
}

@test "a stop in the middle of it saves, and nothing is said behind it" {
	up '--save-time 300ms'
	backup_stays
	stop
	echo >end
	[[ $(told) != *save-on* ]]
	lived_well 1
}

@test "a server that does not run, words that are wrong" {
	ini '' autostart=no
	sed -i 's/^when_all_stopped = .*/when_all_stopped = stay/' mcinit.ini
	start
	until_true test -S run/control
	backup -- true
	[ "$status" -eq 1 ]
	[[ $output == *'it does not run: back up its directory as it is' ]]
	backup nobody -- true
	[ "$status" -eq 1 ]
	backup
	[ "$status" -eq 64 ]
	backup --
	[ "$status" -eq 64 ]
	backup --timeout soon -- true
	[ "$status" -eq 64 ]
	tell TERM
	expect_exit 0
}

@test "what the caller ignores: ends are seen all the same, and the command ignores what he does" {
	up ''
	# shellcheck disable=SC2016  # for the inner shells
	run -3 timeout 60 bash -c 'trap "" CHLD HUP; exec "$0" -S run/control backup -- sh -c "kill -HUP \$\$; exit 3"' "$MCINIT" 3>&-
	until_true said_all
	stop
}
