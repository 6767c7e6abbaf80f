#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Properties files, as mcinit reads and changes them, before java.util.Properties itself.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# to_java COUNT SEED: the samples, and COUNT texts at random.
to_java()
{
	"$HELPERS/helper_props" "$@" >texts
	run -0 java "$BATS_TEST_DIRNAME/PropsCheck.java" <texts
	echo "$output"
	[[ ${lines[-1]} == *' texts, '*' refused, 0 wrong' ]]
}

@test "java reads what we read, what we wrote, and all other keys as before" {
	need_java
	to_java 3000 1
}

@test "soak: java reads the same in many texts" {
	[ -n "$SOAK" ] || skip 'make soak'
	need_java
	for seed in 2 3 4 5 6; do
		to_java 50000 "$seed"
	done
}

# The comparison is worth what it finds.
@test "a text that was read or changed wrongly is found" {
	need_java
	"$HELPERS/helper_props" 0 1 >texts
	wrong 's/^motd=A Minecraft Server/motd=A Minecraft server/' before
	wrong 's/^motd=\\u00A7cHi/motd=\\u00A7cHo/' after
	wrong '0,/^rcon.port=25575/s//rcon.port=25576/' 'the others'
}

# wrong SCRIPT HOW: what the script makes of the texts differs so.
wrong()
{
	LC_ALL=C sed "$1" texts >changed
	run -1 java "$BATS_TEST_DIRNAME/PropsCheck.java" <changed
	[[ $output == *"as vanilla writes it: $2: "* ]]
}
