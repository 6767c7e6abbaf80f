#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The verb rcon, by a connection of its own to servers of each kind, well and ill.  Called by
# tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

NOBODY='There are 0 of a max of 20 players online: '
PASSWORD=secret-of-the-server

# rcon_server OPTION...: a fake server whose RCON is at a port of its own, in $port.
rcon_server()
{
	# Who asks is as good as who compares.
	set -o pipefail
	[ -p console ] || mkfifo console
	# shellcheck disable=SC2016  # for the inner shell
	launch bash -c 'exec "$@" <>console' - "$FAKE" --journal "$journal" --rcon-port 0 \
	    --rcon-password "$PASSWORD" "$@"
	wait_for "$journal" ' rcon open '
	port=$(awk '/ rcon open / { port = $4 } END { print port }' "$journal")
}

# ask ARGUMENT...: the verb, with the port and the password.
ask()
{
	MCINIT_RCON_PASSWORD=$PASSWORD timeout $((DEADLINE * 4)) "$MCINIT" rcon --port "$port" "$@" 3>&- \
	    {idle}>&-
}

# refuses CODE TEXT ARGUMENT...: it ends with this code, and standard error has the text, one line.
refuses()
{
	local code=0
	ask "${@:3}" >said 2>error </dev/null || code=$?
	[ "$code" -eq "$1" ] || { echo "code $code, not $1"; cat error; return 1; }
	[ "$(wc -l <error)" -eq 1 ]
	seen error "mcinit: $2" || { cat error; return 1; }
}

# --- commands ---

@test "one command, its words joined by blanks" {
	rcon_server
	ask list >said
	echo "$NOBODY" | cmp - said
	ask echo a 'b  c' -5 ' d' -x >said
	echo 'a b  c -5  d -x' | cmp - said
	ask /list >said
	echo "$NOBODY" | cmp - said
	ask say hello >said
	cmp said /dev/null
	ask --timeout 5s --host=127.0.0.1 --no-color echo x >said
	echo x | cmp - said
	# What a player wrote is no option of ours.
	ask echo --host=203.0.113.5 --json -e >said
	echo '--host=203.0.113.5 --json -e' | cmp - said
	ask -- echo -- -e >said
	echo '-- -e' | cmp - said
	wait_for journal ' rcon closed eof' 6
	never_seen journal 'closed strict'
}

@test "several commands are asked one after another on one connection" {
	rcon_server
	ask -e list -e 'echo  two' -e 'echo three' >said
	printf '%s\n' "$NOBODY" ' two' three | cmp - said
	expect_count journal ' rcon connect' 1
	expect_count journal ' rcon login ok' 1
	printf '# a comment\n\necho one\r\n  \necho two\necho three' >script
	ask <script >said
	printf 'one\ntwo\nthree\n' | cmp - said
	ask - <script | cmp - said
	expect_count journal ' rcon connect' 3
	ask </dev/null >said
	cmp said /dev/null
}

@test "who writes a command and reads its reply gets it before the next" {
	rcon_server
	# Behind & a shell without job control gives /dev/null.
	coproc script { MCINIT_RCON_PASSWORD=$PASSWORD "$MCINIT" rcon --port "$port" - 3>&-; }
	# Bash forgets the name when it has ended.
	local one ended=$script_PID
	for one in {1..20}; do
		echo "echo $one" >&"${script[1]}"
		read -rt "$DEADLINE" reply <&"${script[0]}"
		[ "$reply" = "$one" ]
	done
	eval "exec ${script[1]}>&-"
	wait "$ended"
	expect_count journal ' rcon connect' 1
}

@test "a strict server finds nothing to hang up for" {
	local n
	n=$(soak 10000 300)
	rcon_server
	seq "$n" | sed 's/^/echo /' | ask >said
	seq "$n" | cmp - said
	expect_count journal ' rcon connect' 1
	wait_for journal ' rcon closed eof'
	never_seen journal 'closed strict'
	expect_count journal ' rcon command ' "$n"
}

@test "replies of every length and kind, byte for byte" {
	local n kind
	rcon_server
	for n in 1 4095 4096 4097 8192 12288; do
		for kind in 1 2 3 4 mixed; do
			ask --raw long $n $kind >said
			[ "$(iconv -f UTF-8 -t UTF-16LE said | wc -c)" -ge $((2 * n)) ]
			ask -e list -e "long $n $kind" -e list >between
			{ echo "$NOBODY"; ask long $n $kind; echo "$NOBODY"; } | cmp - between
		done
	done
	never_seen journal 'closed strict'
}

@test "a megabyte comes byte for byte, as text and as JSON" {
	rcon_server
	ask --raw long 1048576 mixed >said
	# What the server's console says is what it sends, but for letters cut in two.
	[ "$(wc -c <said)" -gt 2000000 ]
	ask long 1048576 >letters
	[ "$(wc -c <letters)" -eq 1048577 ]
	[ "$(head -c 1048576 letters | md5sum)" = "$(printf 'abcdefghijklmnopqrstuvwxyz%.0s' {1..40330} |
	    head -c 1048576 | md5sum)" ]
	ask --json long 1048576 mixed >object
	{
		printf '{"command":"long 1048576 mixed","reply":"'
		cat said
		printf '","ok":true}\n'
	} | cmp - object
}

@test "JSON: an object for each command" {
	rcon_server
	ask --json -e color -e 'echo a"b\c' -e 'say x' >said
	printf '%s\n' '{"command":"color","reply":"§aGreen §lbold§r §x§1§2§e§4§5§fHex§r plain","ok":true}' \
	    '{"command":"echo a\"b\\c","reply":"a\"b\\c","ok":true}' \
	    '{"command":"say x","reply":"","ok":true}' | cmp - said
	port=1 refuses 1 '127.0.0.1:1: Connection refused' --json list
	[ "$(<said)" = "{\"command\":\"list\",\"ok\":false,\"error\":\"$(sed 's/^mcinit: //' error)\"}" ]
}

@test "colours are for terminals, and only where they are wanted" {
	local green=$'\e[0;92mGreen ' run="\"$MCINIT\" rcon --port \$0"
	rcon_server
	ask color >said
	echo 'Green bold Hex plain' | cmp - said
	ask --raw color >said
	printf '§aGreen §lbold§r §x§1§2§e§4§5§fHex§r plain' | cmp - said
	export MCINIT_RCON_PASSWORD=$PASSWORD
	run -0 "$HELPERS/helper_tty" -- env -u NO_COLOR sh -c "$run color" "$port"
	[ "$output" = "$green"$'\e[0;1;92mbold\e[0m \e[0;38;2;18;228;95mHex\e[0m plain' ]
	run -0 "$HELPERS/helper_tty" -- env -u NO_COLOR sh -c "$run --no-color color" "$port"
	[ "$output" = 'Green bold Hex plain' ]
	run -0 "$HELPERS/helper_tty" -- env NO_COLOR=1 sh -c "$run color" "$port"
	[ "$output" = 'Green bold Hex plain' ]
	run -0 "$HELPERS/helper_tty" -- env NO_COLOR= sh -c "$run color" "$port"
	[[ $output == "$green"* ]]
	run -0 "$HELPERS/helper_tty" -- sh -c "$run echo \"\$(printf 'a\302\233b')\"" "$port"
	[ "$output" = 'a\x9bb' ]
}

# --- servers of each kind ---

@test "servers that differ are understood" {
	local mode
	for mode in vanilla paper sponge cuberite cuberite-late source latin1 pumpkin; do
		echo "# $mode"
		: >journal
		rcon_server --rcon-mode $mode
		ask list >said
		echo "$NOBODY" | cmp - said
		ask -e list -e 'echo hello' -e list >said
		printf '%s\n' "$NOBODY" hello "$NOBODY" | cmp - said
		ask long 4097 >said
		[ "$(wc -c <said)" -eq 4098 ]
		ask long 4095 >said
		[ "$(wc -c <said)" -eq 4096 ]
		never_seen journal 'closed strict'
		never_seen journal 'closed frame'
		tell TERM "$pid"
		until_true gone "$pid"
	done
}

@test "exactly one full packet, where nobody knows the probe" {
	local mode
	for mode in cuberite cuberite-late pumpkin; do
		: >journal
		rcon_server --rcon-mode $mode
		ask long 4096 >said
		[ "$(wc -c <said)" -eq 4097 ]
		tell TERM "$pid"
		until_true gone "$pid"
	done
}

@test "a server that answers with several packets is heard to the end" {
	rcon_server --rcon-mode pumpkin
	ask help >said
	printf '/help [<command>]\n/list [uuids]\n/stop\n' | cmp - said
	echo help | ask - | cmp - said
	ask --json help >said
	printf '%s\n' '{"command":"help","reply":"/help [<command>]\u000a/list [uuids]\u000a/stop","ok":true}' |
	    cmp - said
}

@test "one that takes its time between the packets of a reply" {
	rcon_server --rcon-mode pumpkin --rcon-gap 30ms
	ask -e help -e list -e help >said
	printf '%s\n' '/help [<command>]' '/list [uuids]' '/stop' "$NOBODY" '/help [<command>]' '/list [uuids]' '/stop' |
	    cmp - said
	# An object has been closed by then; from the next on all of it is waited for.
	ask --json -e help -e list -e help >said 2>error
	expect_count error 'came after the next command' 2
	[ "$(tail -n 1 said)" = '{"command":"help","reply":"/help [<command>]\u000a/list [uuids]\u000a/stop","ok":true}' ]
	sed -n 2p said | grep -qxF "{\"command\":\"list\",\"reply\":\"$NOBODY\",\"ok\":true}"
}

@test "Latin-1 of servers of long ago becomes UTF-8" {
	rcon_server --rcon-mode latin1
	ask echo 'Grüße' >said
	echo 'Grüße' | cmp - said
	ask --raw echo 'Grüße' >said
	printf 'Gr\374\337e' | cmp - said
}

# --- what can go wrong ---

@test "the wrong password, and none" {
	rcon_server
	echo wrong >file
	chmod 600 file
	refuses 1 "127.0.0.1:$port: wrong password" --password-file file list
	: >file
	refuses 64 'file: its first line is to be the password, and is empty' --password-file file list
	refuses 1 'cannot open nothing: No such file' --password-file nothing list
	PASSWORD='' refuses 64 'the password is missing: --password-file FILE, or MCINIT_RCON_PASSWORD' list
	PASSWORD=$(printf '%1447s' x) refuses 64 'a password has 1446 bytes at most' list
	expect_count journal ' rcon connect' 1
	never_seen journal ' rcon command'
}

@test "the password comes from a file, or from standard input" {
	rcon_server
	printf '%s\nmore\n' "$PASSWORD" >file
	chmod 600 file
	PASSWORD='' ask --password-file file list >said 2>error
	echo "$NOBODY" | cmp - said
	cmp error /dev/null
	chmod 644 file
	PASSWORD='' ask --password-file file list 2>error
	seen error 'warning: everybody here can read file'
	printf '%s\r\n' "$PASSWORD" | PASSWORD='' ask --password-file - -e list | cmp - said
	printf '%s' "$PASSWORD" | PASSWORD='' ask --password-file - list | cmp - said
	refuses 64 '--password-file -: the commands come on standard input' --password-file -
}

@test "the password is nowhere to be seen" {
	rcon_server --rcon-hang
	printf '%s\n' "$PASSWORD" >file
	chmod 600 file
	MCINIT_RCON_PASSWORD=x "$MCINIT" rcon --port "$port" --password-file file --timeout 60s list \
	    >said 2>error 3>&- {idle}>&- &
	started="$! $started"
	asker=$!
	wait_for journal ' rcon command list'
	no_line "$PASSWORD" "/proc/$asker/cmdline" "/proc/$asker/environ"
	kill "$asker"
	until_true gone "$asker"
	no_line "$PASSWORD" said error
}

@test "nobody listens" {
	port=1 refuses 1 '127.0.0.1:1: Connection refused. Is RCON on there (server.properties: enable-rcon' list
	port=1 refuses 1 '127.0.0.1:1: Connection refused' --host localhost list
	port=1 refuses 1 '\[::1]:1: ' --host ::1 list
}

@test "who does not answer in time" {
	rcon_server --rcon-hang
	refuses 75 "127.0.0.1:$port: timed out, without a whole reply" --timeout 300ms list
	refuses 75 "127.0.0.1:$port: timed out" --timeout 300ms --json list
	seen said '{"command":"list","ok":false,"error":"127.0.0.1:*timed out*"}'
}

@test "half a reply is printed, and is no reply" {
	rcon_server --rcon-half
	local text
	text=$(printf '%0100d' 7)
	refuses 75 "127.0.0.1:$port: timed out" --timeout 300ms echo "$text"
	seen said 0000000000
	refuses 75 "127.0.0.1:$port: timed out" --timeout 300ms --json echo "$text"
	seen said '"reply":"0000000000*"ok":false,"error":"'
}

@test "noise is no reply" {
	local seed
	for seed in 1 2 3 4 5; do
		: >journal
		rcon_server --rcon-garble --rcon-seed $seed
		code=0
		ask --timeout 300ms list >said 2>error || code=$?
		[ "$code" -eq 1 ] || [ "$code" -eq 75 ]
		[ "$(wc -l <error)" -eq 1 ]
		tell TERM "$pid"
		until_true gone "$pid"
	done
}

@test "a reply that is for somebody else is none" {
	rcon_server --rcon-wrong-id
	refuses 75 "127.0.0.1:$port: timed out" --timeout 300ms list
	cmp said /dev/null
}

@test "replies that come late, or byte by byte" {
	rcon_server --rcon-delay 50ms
	ask -e list -e list | cmp - <(echo "$NOBODY"; echo "$NOBODY")
	tell TERM "$pid"
	until_true gone "$pid"
	: >journal
	rcon_server --rcon-drip 1ms
	ask -e 'echo héllo' -e 'long 100 mixed' >said
	[ "$(head -n 1 said)" = héllo ]
	[ "$(wc -l <said)" -eq 2 ]
}

@test "a server that hangs up in the middle fails its command, and the rest is not asked" {
	rcon_server --rcon-close 2
	refuses 1 "127.0.0.1:$port: the server hung up before its reply was whole" -e list -e 'echo 2' -e 'echo 3'
	echo "$NOBODY" | cmp - said
	expect_count journal ' rcon command ' 2
	expect_count journal ' rcon connect' 1
}

@test "replies without an end are cut off in time, however fast" {
	local before code=0
	rcon_server --rcon-flood
	now_ms
	before=$now
	ask --timeout 500ms list 2>error >/dev/null || code=$?
	[ "$code" -eq 75 ]
	seen error 'timed out'
	now_ms
	[ $((now - before)) -lt 20000 ]
	code=0
	set +e
	ask --timeout 60s list 2>error | head -c 100000 >said
	code=${PIPESTATUS[0]}
	set -e
	[ "$code" -eq 1 ]
	seen error 'cannot write to standard output: Broken pipe'
}

@test "stop is answered or not, and its end is success" {
	rcon_server
	ask stop >said
	echo 'Stopping the server' | cmp - said
	until_true gone "$pid"
	: >journal
	rcon_server --rcon-no-stop-reply
	ask stop >said
	cmp said /dev/null
	until_true gone "$pid"
	: >journal
	rcon_server
	refuses 1 '127.0.0.1:' -e /stop -e list -e list
	echo 'Stopping the server' | cmp - said
	never_seen journal ' rcon command list'
	never_seen journal 'closed strict'
}

@test "what cannot be sent is refused before anything is" {
	local most
	most=$(printf '%1441s' x | tr ' ' x)
	rcon_server
	ask echo "$most" >said
	echo "$most" | cmp - said
	expect_count journal ' rcon connect' 1
	refuses 64 "echo xxx*: a command has 1446 bytes at most" echo "${most}x"
	refuses 64 "echo xxx*: a command has 1446 bytes at most" -e list -e "echo ${most}x"
	refuses 64 'list[?]stop: a command has no control characters' $'list\nstop'
	refuses 64 "*: the command is empty" ''
	refuses 64 "*: the command is empty" -e /
	expect_count journal ' rcon connect' 1
	code=0
	printf 'list\nsay \001\nlist\n' | ask >said 2>error || code=$?
	[ "$code" -eq 64 ]
	seen error 'mcinit: line 2 of standard input: a command has no control characters'
	code=0
	printf 'say \0x\n' | ask >said 2>error || code=$?
	[ "$code" -eq 64 ]
	code=0
	printf 'echo %s%s%s\n' "$most" "$most" "$most" | ask >said 2>error || code=$?
	[ "$code" -eq 64 ]
	expect_count journal ' rcon command list' 1
	never_seen journal ' rcon command stop'
}

@test "command lines that are none" {
	port=1
	refuses 64 '--host example.com: give an address' --host example.com list
	refuses 64 '--port 0: give a number from 1 to 65535' --port 0 list
	refuses 64 '--port 65536: give a number' --port 65536 list
	refuses 64 '--port x: give a number' --port x list
	refuses 64 '--timeout 0: give a time such as' --timeout 0 list
	refuses 64 '--timeout 5x: give a time' --timeout 5x list
	refuses 64 '--timeout 25h: give a time' --timeout 25h list
	refuses 64 'a value is missing behind --timeout' --timeout
	refuses 64 'rcon has no option --jso' --jso list
	refuses 64 'either -e or a command: list' -e list list
	refuses 64 'either --json or --raw' --json --raw list
}

@test "IPv6, and localhost wherever it listens" {
	rcon_server
	ask --host localhost list | cmp - <(echo "$NOBODY")
	grep -q ' lo$' /proc/net/if_inet6 2>/dev/null || skip 'no IPv6'
	tell TERM "$pid"
	until_true gone "$pid"
	: >journal
	echo 'rcon.ip=::1' >server.properties
	rcon_server
	ask --host ::1 list | cmp - <(echo "$NOBODY")
	ask --host '[::1]' list | cmp - <(echo "$NOBODY")
	ask --host localhost list | cmp - <(echo "$NOBODY")
	expect_count journal ' rcon command list' 3
	PASSWORD=x refuses 1 "\[::1]:$port: wrong password" --host localhost list
}

@test "standard output that is full is waited for" {
	rcon_server
	mkfifo slow
	# Nothing reads before the pipe is full and the server waits.
	exec {slow}<>slow
	ask long 300000 >slow &
	asker=$!
	started="$asker $started"
	wait_for journal ' rcon command long'
	head -c 300001 <slow >said
	ask long 300000 | cmp - said
	wait "$asker"
	exec {slow}>&-
}

# --- a person at a terminal ---

# on_tty STEP...: the verb on a terminal, in $output; the terminal is then as it was.
on_tty()
{
	export MCINIT_RCON_PASSWORD=$PASSWORD
	# shellcheck disable=SC2016  # for the inner shell
	run -0 "$HELPERS/helper_tty" "$@" -- sh -c 'stty rows 30 cols 100; stty -g >before; trap : INT; "$0" rcon --port "$1"
	    echo "code $?"; stty -g >after' "$MCINIT" "$port"
	cmp before after
}

@test "a person types commands, and gets earlier ones back" {
	rcon_server
	on_tty "wait:127.0.0.1:$port> " 'send:list^M' "wait:$NOBODY" 'wait:> ' 'send:echo one^M' wait:one 'wait:> ' \
	    send:$'\e[A\e[A' 'wait:list' 'send:^M' "wait:$NOBODY" 'wait:> ' 'send:^M' 'wait:> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	expect_count journal ' rcon command list' 2
	expect_count journal ' rcon command ' 3
	expect_count journal ' rcon connect' 1
	on_tty 'wait:> ' 'send:say never^C' 'wait:> ' 'send:^C'
	[[ $output == *'code 0'* ]]
	never_seen journal 'say never'
}

@test "a person goes on after what failed" {
	rcon_server --rcon-close 2
	on_tty 'wait:> ' 'send:echo one^M' wait:one 'wait:> ' 'send:echo two^M' 'wait:hung up' 'wait:> ' \
	    'send:echo three^M' wait:three 'wait:> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	expect_count journal ' rcon connect' 2
	PASSWORD=wrong on_tty
	[[ $output == *'wrong password'*'code 1'* ]]
}

@test "Ctrl-C ends the waiting for a reply, and signals end it all; the terminal is as it was" {
	local signal code
	rcon_server --rcon-hang
	on_tty 'wait:> ' 'send:list^M' 'wait:
' 'send:^C' 'wait:given up' 'wait:> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	for signal in TERM:143 HUP:129 QUIT:131; do
		code=${signal#*:}
		signal=${signal%:*}
		: >out
		export MCINIT_RCON_PASSWORD=$PASSWORD
		# shellcheck disable=SC2016  # for the inner shells
		launch "$HELPERS/helper_tty" -- sh -c 'stty -g >before; sh -c "$2" "$0" "$1"; echo "code $?"
		    stty -g >after' "$MCINIT" "$port" 'echo $$ >asker; exec "$0" rcon --port "$1"'
		outer=$pid
		wait_for out '> '
		tell "$signal" "$(<asker)"
		wait_for out "code $code"
		until_true gone "$pid"
		cmp before after
	done
}

@test "a Ctrl-C that is typed in one go with a line: the line is said, and not waited for" {
	rcon_server --rcon-hang
	on_tty 'wait:> ' 'paste:list^M^C' 'wait:given up; the server was told, and may do it' 'wait:> ' 'send:^D'
	[[ $output == *'code 0'* ]]
	wait_for journal ' rcon command list'
	# Behind a line that says nothing it is one for the next.
	on_tty 'wait:> ' 'paste:^M^C' 'wait:code 0'
	on_tty 'wait:> ' 'paste:# nothing^M^C' 'wait:code 0'
}

@test "a Ctrl-C in one go with a line that cannot be said: it is over with the line, and the prompt stays" {
	local listener
	rcon_server
	listener=$pid
	export MCINIT_RCON_PASSWORD=$PASSWORD
	launch "$HELPERS/helper_tty" 'wait:> ' 'wait:the server is gone' 'paste:list^M^C' 'wait:refused' 'wait:> ' \
	    'send:list^M' 'wait:refused' 'wait:> ' 'send:^D' -- "$MCINIT" rcon --port "$port"
	wait_for out '> '
	children "$pid"
	kill -KILL "$listener"
	until_true gone "$listener"
	echo 'the server is gone' >"/proc/$children/fd/1"
	expect_exit 0
}

@test "the prompt follows the width of the terminal" {
	rcon_server
	export MCINIT_RCON_PASSWORD=$PASSWORD
	# shellcheck disable=SC2016  # for the inner shell
	launch "$HELPERS/helper_tty" 'wait:> ' 'send:say something' 'wait:something' 'wait:> ' 'send:^M' 'wait:> ' \
	    'send:^D' -- sh -c 'stty cols 100; exec "$0" rcon --port "$1"' "$MCINIT" "$port"
	wait_for out something
	children "$pid"
	stty -F "/proc/$children/fd/0" cols 60
	expect_exit 0
	wait_for journal ' rcon command say something'
}
