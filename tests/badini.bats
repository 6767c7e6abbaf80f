#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every broken INI: a clear error, exit 78, nothing runs, no fault; by the release binary and by
# the one with sanitizers.  What each message says is in unit_conf*.c.

load lib

setup()
{
	# A checkout may belong to another user, which root would complain about instead.
	bad=$BATS_TEST_TMPDIR/bad
	cp -r "$BATS_TEST_DIRNAME/bad-ini" "$bad"
	chmod -R go-w "$bad"
}

# refused FILE: by the supervisor and by check, with words and without a fault.
refused()
{
	local words
	for words in "-c $1" "check $1" "-n -c $1"; do
		# shellcheck disable=SC2086  # words are meant
		run -78 "$MCINIT" $words </dev/null
		[ -n "$output" ]
		[[ $output != *Sanitizer* && $output != *'runtime error'* ]]
		[[ $output == *"${1##*/}"* ]]
	done
}

# make_ini NAME: what no editor would write, into $bad/NAME.
make_ini()
{
	case $1 in
	long-line) printf '[server]\nheap = ' && head -c 10485760 /dev/zero | tr '\0' 9 ;;
	nul) printf '[server]\nheap = 1\0G\n' ;;
	only-nul) head -c 5000 /dev/zero ;;
	recursion) printf '[server]\nenv = A=${B${B${B}}}\n' ;;
	seventeen) for i in $(seq 17); do printf '[server:s%s]\n' "$i"; done ;;
	one-dir) printf '[server:a]\ndir = x\n[server:b]\ndir = ./y/../x/\n' ;;
	random) head -c 60000 /dev/urandom ;;
	utf16) printf '\377\376[\0s\0]\0' ;;
	esac >"$bad/$1.ini"
}

every_broken_ini()
{
	local file name
	for name in long-line nul only-nul recursion seventeen one-dir random utf16; do
		make_ini "$name"
	done
	for file in "$bad"/*; do
		# Not behind ||, where none of its lines could fail.
		echo "this one: $file"
		refused "$file"
	done
}

@test "every broken INI is refused with 78 and words" {
	every_broken_ini
}

@test "no broken INI makes the sanitizers speak" {
	[ -x "$BATS_TEST_DIRNAME/../build/asan/mcinit" ] || skip 'build/asan/mcinit is not built'
	MCINIT=$BATS_TEST_DIRNAME/../build/asan/mcinit
	every_broken_ini
}
