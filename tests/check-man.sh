#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The generated manual pages and completions are fresh, and what reads them has no warning.  Run by
# tools/run-tests.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for file in man/mcinit.ini.5 man/mcinit.8 man/mcinit-control.7 completions/mcinit.bash completions/_mcinit \
    completions/mcinit.fish; do
	"${BUILD:-build}/tools/man" "$file" >"$dir/fresh"
	cmp -s "$dir/fresh" "$file" || {
		echo "$file is stale: run make man"
		exit 1
	}
	case $file in
	man/*) mandoc -Tlint -Wwarning "$file" ;;
	esac
done
bash -n completions/mcinit.bash
zsh -n completions/_mcinit
fish -n completions/mcinit.fish
# What bash would offer.
bash -c '. completions/mcinit.bash
COMP_WORDS=(mcinit -c x st) COMP_CWORD=3
_mcinit
[ "${COMPREPLY[*]}" = "status start stop" ] || { echo "verbs: ${COMPREPLY[*]}"; exit 1; }
COMP_WORDS=(mcinit stop --n) COMP_CWORD=2
_mcinit
[ "${COMPREPLY[*]}" = "--now --no-wait" ] || { echo "options: ${COMPREPLY[*]}"; exit 1; }'
