#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The verb rcon, through the mcinit that runs.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

verb()
{
	"$MCINIT" -c mcinit.ini rcon "$@"
}

# answers PIECE FILE...: an mcinit, but for its control socket; what that is asked is in `asked`.
answers()
{
	: >asked
	"$HELPERS/helper_control" run/control "$@" >asked 2>&1 3>&- {idle}>&- &
	helper=$!
	started="$helper $started"
	wait_for asked listens
}

@test "without an mcinit, and one that has no RCON" {
	ini ''
	run -3 verb list 3>&-
	start
	wait_for log 'running after'
	run -1 verb list 3>&-
	[[ $output == 'mcinit: server has no RCON that mcinit knows of'* ]]
	stop
}

@test "an mcinit's answers, however they are cut" {
	local piece
	several lobby: survival:
	start
	wait_for journal.lobby ' ready '
	wait_for journal.survival ' ready '
	printf 'data 6\nGr\303\274\303\237data 0\ndata 3\ne\nxok \n' >whole
	printf 'data 4\npartno lobby: hung up\n' >refused
	printf 'late lobby does not answer\n' >late
	printf 'data 100\nshort' >short
	printf 'data x\n' >wrong
	for piece in 1 2 3 7 4096; do
		answers $piece whole whole refused late short wrong
		verb lobby list >said
		printf 'Grüße\nx\n' | cmp - said
		verb --json survival echo a b >said
		echo '{"server":"survival","command":"echo a b","reply":"Grüße\u000ax","ok":true}' | cmp - said
		run -1 verb list 3>&-
		[ "$output" = $'part\nmcinit: lobby: hung up' ]
		run -75 verb lobby -e list 3>&-
		[ "$output" = 'mcinit: lobby does not answer' ]
		run -1 verb lobby list 3>&-
		[[ $output == *'mcinit hung up'* ]]
		run -1 verb help 3>&-
		[[ $output == *'this is no answer: data x'* ]]
		until_true gone "$helper"
		printf '%s\n' listens 'rcon lobby list' 'rcon survival echo a b' 'rcon - list' 'rcon lobby list' \
		    'rcon lobby list' 'rcon - help' | cmp - asked
	done
	stop
}

@test "several commands through an mcinit, each in a line of its own, and silence" {
	several lobby: survival:
	start
	wait_for journal.lobby ' ready '
	wait_for journal.survival ' ready '
	printf 'data 3\nyesok \n' >yes
	answers 4096 yes yes yes yes yes yes -
	printf 'list\nsurvival list\nnobody list\n' | "$MCINIT" -S run/control rcon >said
	printf 'yes\nyes\nyes\n' | cmp - said
	printf 'survival list\n' | verb lobby - | cmp - <(echo yes)
	verb -e 'lobby help' | cmp - <(echo yes)
	# A name alone is no command.
	printf 'tps\n' | verb lobby | cmp - <(echo yes)
	run -75 verb --timeout 300ms lobby list 3>&-
	[[ $output == 'mcinit: no answer yet: '* ]]
	until_true gone "$helper"
	printf '%s\n' listens 'rcon - list' 'rcon survival list' 'rcon - nobody list' \
	    'rcon lobby survival list' 'rcon lobby help' 'rcon lobby tps' 'rcon lobby list' | cmp - asked
	run -64 verb nobody -e list 3>&-
	[[ $output == *'no server is called nobody'* ]]
	# What nobody can tell from a server's name goes to no server.
	mv run/console kept
	: >run/console
	run -1 verb survival list 3>&-
	[[ $output == *'cannot find out which servers there are: '* ]]
	mv kept run/console
	stop
}
