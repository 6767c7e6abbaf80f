#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Which INI is read, whom root may trust with it, and the rest of the command line.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

# A directory that another user can reach, for mcinit without root.
open_up()
{
	local dir=$here
	while [ "$dir" != / ] && [ "$dir" != /tmp ]; do
		chmod a+x "$dir"
		dir=${dir%/*}
		[ -n "$dir" ] || dir=/
	done
}

as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# A root directory with nothing but mcinit, /proc left out: where files are searched by their
# absolute names, those of this machine must not be found.
make_root()
{
	need_root
	mkdir -p root/data root/etc
	cp "$MCINIT" root/mcinit
	printf '[mcinit]\nrun_dir = /run\n[server]\ncommand = /nothing\n' >good.ini
}

in_root()
{
	env -i "$(command -v chroot)" "$here/root" "$@"
}

# --- which INI ---

@test "./mcinit.ini comes first, then /data/mcinit.ini, then /etc/mcinit.ini" {
	make_root
	cp good.ini root/etc/mcinit.ini
	run -0 in_root /mcinit check
	[[ $output == "/etc/mcinit.ini: configuration OK, 1 server" ]]
	cp good.ini root/data/mcinit.ini
	run -0 in_root /mcinit check
	[[ $output == "/data/mcinit.ini: "* ]]
	cp good.ini root/mcinit.ini
	run -0 in_root /mcinit check
	[[ $output == "/mcinit.ini: "* ]]
}

@test "-c names the INI, and relative paths in it begin at its directory" {
	mkdir -p sub/world
	ini '' server.dir=world mcinit.run_dir=run
	mv mcinit.ini sub/other.ini
	launch "$MCINIT" -c sub/other.ini
	ready
	[ "$(readlink "/proc/$server/cwd")" = "$here/sub/world" ]
	[ -d sub/run ]
	stop
}

@test "no INI but ./server.jar: it runs with defaults, and one line says so" {
	need_java
	cp "$JAR" server.jar
	export JAVA_TOOL_OPTIONS="-Dfake.journal=$journal -Xshare:auto"
	launch "$MCINIT" -o "mcinit.run_dir=$here/run"
	ready
	expect_count log "no INI found; running server.jar of $here with defaults" 1
	[ "$(readlink "/proc/$server/cwd")" = "$here" ]
	stop
}

@test "no INI but /data/server.jar: it runs there" {
	make_root
	touch root/data/server.jar
	run -127 in_root /mcinit -o mcinit.run_dir=/run -o mcinit.when_all_stopped=exit \
	    -o server.java=/none
	[[ $output == *"running server.jar of /data with defaults"* ]]
}

@test "no INI and no server.jar: 78, where was looked, and how to get a sample" {
	make_root
	run -78 in_root /mcinit
	[[ $output == *"./mcinit.ini"*"/data/mcinit.ini"*"/etc/mcinit.ini"*"mcinit sample"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "an INI that does not exist: 78, and its full name" {
	run -78 "$MCINIT" -c none.ini
	[[ $output == *"$here/none.ini: does not exist"*"mcinit sample"* ]]
}

@test "the sample is an INI that mcinit takes" {
	"$MCINIT" sample >mcinit.ini
	run -0 "$MCINIT" -c mcinit.ini check
	[[ $output == *"configuration OK"* ]]
}

@test "an INI that this user may not read: 78" {
	need_root
	open_up
	cp "$MCINIT" mcinit
	ini ''
	chmod 600 mcinit.ini
	run -78 "${as_nobody[@]}" ./mcinit -c mcinit.ini
	[[ $output == *"mcinit.ini: may not be read by this user"* ]]
}

@test "an INI that is a directory: 78" {
	run -78 "$MCINIT" -c world
	[[ $output == *"$here/world: is a directory"* ]]
}

@test "an INI that is a device or a FIFO: 78 at once, without reading it" {
	mkfifo fifo
	run -78 timeout "$DEADLINE" "$MCINIT" -c /dev/zero
	[[ $output == *"/dev/zero: is not a regular file"* ]]
	run -78 timeout "$DEADLINE" "$MCINIT" -c fifo
	[[ $output == *"fifo: is not a regular file"* ]]
}

@test "an INI of more than 64 KiB: 78" {
	head -c 70000 /dev/zero | tr '\0' '#' >mcinit.ini
	run -78 "$MCINIT" -c mcinit.ini
	[[ $output == *"larger than 64 KiB"* ]]
}

@test "every mistake in the INI is said at once, with its line, and nothing runs" {
	ini '' restart=perhaps colour=blue
	start
	expect_exit 78
	seen log 'mcinit.ini:*: server.restart: '
	seen log 'mcinit.ini:*colour'
	expect_count journal ' start ' 0
	[ ! -e run ]
}

@test "a crash limit that can never be reached is refused at load" {
	ini '' restart_delay=10s restart_delay_max=60s crash_limit=5 crash_window=1m
	start
	expect_exit 78
	seen log 'crash_window'
}

# --- whom may root trust? ---

@test "as root: an INI that others may write is refused, with who could do what" {
	need_root
	ini ''
	chmod 666 mcinit.ini
	start
	expect_exit 78
	seen log "the file $here/mcinit.ini can be changed by others (owner 0:0, mode 666)"
	expect_count journal ' start ' 0
}

@test "as root: an INI of another user is refused" {
	need_root
	ini ''
	chown 65534 mcinit.ini
	start
	expect_exit 78
	seen log "can be changed by others (owner 65534:0"
}

@test "as root: an INI in a directory of another user is refused, however far above" {
	need_root
	mkdir -p a/b/c
	ini ''
	mv mcinit.ini a/b/c
	chown 65534 a/b
	launch "$MCINIT" -c a/b/c/mcinit.ini
	expect_exit 78
	seen log "the directory $here/a/b can be changed by others"
}

@test "as root: an INI in a directory where others may write is refused, a sticky one is not" {
	need_root
	mkdir -m 777 open
	ini '--exit-on-start 0' server.restart=no
	cp mcinit.ini open
	launch "$MCINIT" -c open/mcinit.ini
	expect_exit 78
	seen log "the directory $here/open can be changed by others"
	chmod 1777 open
	launch "$MCINIT" -c open/mcinit.ini
	expect_exit 0
}

@test "as root: a symbolic link to an INI in a directory of others is refused" {
	need_root
	mkdir -m 777 open
	ini ''
	mv mcinit.ini open
	ln -s open/mcinit.ini mcinit.ini
	start
	expect_exit 78
	seen log "the directory $here/open can be changed by others"
}

@test "as another user than root the owner of the INI is no matter" {
	need_root
	open_up
	cp "$MCINIT" mcinit
	ini ''
	chmod 666 mcinit.ini
	run -0 "${as_nobody[@]}" ./mcinit -c mcinit.ini check
}

@test "mcinit runs a server as an ordinary user, too" {
	need_root
	open_up
	cp "$MCINIT" mcinit
	cp "$FAKE" fakeserver
	ini '' "command=$here/fakeserver --journal $journal"
	chmod 777 world journal
	mkdir -m 700 run
	chown 65534 run
	launch "${as_nobody[@]}" ./mcinit -c mcinit.ini
	ready
	field "$server" Uid
	[[ $field == 65534* ]]
	stop
}

# --- the command line ---

@test "-n and check say OK, do nothing, and make no run_dir" {
	ini ''
	run -0 "$MCINIT" -c mcinit.ini -n
	[ "$output" = "$here/mcinit.ini: configuration OK, 1 server" ]
	run -0 "$MCINIT" -c mcinit.ini check
	[ "$output" = "$here/mcinit.ini: configuration OK, 1 server" ]
	[ ! -e run ]
	[ ! -s journal ]
}

@test "-n and check say every mistake and end with 78" {
	ini '' restart=perhaps crash_limit=0
	run -78 "$MCINIT" -c mcinit.ini -n
	[[ $output == *server.restart* && $output == *server.crash_limit* ]]
	run -78 "$MCINIT" -c mcinit.ini check
	[[ $output == *server.restart* && $output == *server.crash_limit* ]]
}

@test "-o sets a key over the INI, several times, attached or not" {
	ini '--exit-on-start 3' restart=always
	start -oserver.restart=no -o mcinit.log_level=error
	expect_exit 3
	never_seen log 'starting /'
}

@test "-o with a mistake: 78, and it is said that it came from there" {
	ini ''
	start -o server.restart=perhaps
	expect_exit 78
	seen log '-o*server.restart'
}

@test "more -o than there is room for: 64 at once, not a lost one" {
	local i options=()
	ini ''
	for ((i = 0; i < 200; i++)); do
		options+=(-o mcinit.log_level=info)
	done
	start "${options[@]}"
	expect_exit 64
}

@test "every verb and flag that needs no supervisor works" {
	local word
	for word in help --help -h version --version -V keys sample; do
		run -0 --separate-stderr "$MCINIT" "$word"
		[ -n "$output" ] && [ -z "$stderr" ]
	done
	run -64 "$MCINIT" keys --man
	run -64 "$MCINIT" check one.ini two.ini
}

@test "an unknown verb or flag, or a value that is missing: 64, and where help is" {
	local words
	for words in fly -x --fly -c -o --trace; do
		run -64 "$MCINIT" "$words"
		[[ $output == *"mcinit help"* ]]
	done
}

@test "log_format = json: every line is an object, also of what the server is called" {
	ini '' mcinit.log_format=json
	start
	ready
	stop
	[ "$(grep -cvE '^\{"time":"[^"]*","level":"[a-z]+",("server":"server",)?"message":".*"\}$' \
	    log)" -eq 0 ]
	seen log '"server":"server","message":"stopped (exit 143)"'
}
