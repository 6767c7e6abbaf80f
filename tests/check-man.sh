#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The generated manual page is fresh, and man reads it without a warning.  Run by tools/run-tests.
set -eu
dir=$(mktemp -d)
fresh=$dir/mcinit.ini.5
trap 'rm -rf "$dir"' EXIT
"${BUILD:-build}/tools/man" >"$fresh"
cmp -s "$fresh" man/mcinit.ini.5 || {
	echo "man/mcinit.ini.5 is stale: run make man"
	exit 1
}
mandoc -Tlint -Wwarning "$fresh"
