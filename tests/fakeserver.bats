#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The RCON of the fake servers: that it is what it stands for, byte for byte, before what talks to
# it is judged by it.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib

LOGIN='13 00 00 00 01 00 00 00 03 00 00 00 6d 69 6e 65 63 72 61 66 74 00 00'
LOGGED_IN='0a 00 00 00 01 00 00 00 02 00 00 00 00 00'
REFUSED='0a 00 00 00 ff ff ff ff 02 00 00 00 00 00'
LIST='0e 00 00 00 02 00 00 00 02 00 00 00 6c 69 73 74 00 00'
PROBE='0a 00 00 00 07 00 00 00 c8 00 00 00 00 00'
NOBODY='There are 0 of a max of 20 players online: '

# serve OPTION...: a fake server alone, whose console is the fifo.
serve()
{
	[ -p console ] || mkfifo console
	# shellcheck disable=SC2016  # for the inner shell
	launch bash -c 'exec "$@" <>console' - "$FAKE" --journal "$journal" "$@"
	ready
}

# rcon_server OPTION...: one with RCON at a port of its own, in $port.
rcon_server()
{
	serve --rcon-port 0 --rcon-password minecraft "$@"
	find_port
}

find_port()
{
	wait_for "$journal" ' rcon open '
	port=$(awk '/ rcon open / { port = $4 } END { print port }' "$journal")
}

hex()
{
	printf %s "$1" | od -An -v -tx1 | tr -d '\n'
}

le32()
{
	printf '%02x %02x %02x %02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) \
	    $(($1 >> 24 & 255))
}

# packet ID TYPE TEXT: in hexadecimal.
packet()
{
	local body
	body=$(hex "$3")
	echo "$(le32 $((${#body} / 3 + 10))) $(le32 "$1") $(le32 "$2")$body 00 00"
}

command()
{
	packet "$1" 2 "$2"
}

# rcon STEP...: what helper_rcon tells is in the file.
rcon()
{
	"$HELPERS/helper_rcon" -t $((DEADLINE * 1000)) "$port" "$@" >told || :
}

# told LINE...: exactly these.
told()
{
	printf '%s\n' "$@" | diff - told
}

# client NAME STEP...: in the background; go_on NAME gives the word that its next "wait" is for.
client()
{
	mkfifo "$1.in"
	"$HELPERS/helper_rcon" -t $((DEADLINE * 1000)) "$port" "${@:2}" <>"$1.in" >"$1.out" \
	    3>&- {idle}>&- &
	started="$! $started"
}

go_on()
{
	printf x >"$1.in"
}

# letters COUNT: the pattern of "long".
letters()
{
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%c", 97 + i % 26 }'
}

# --- vanilla, byte for byte ---

@test "the packets of vanilla" {
	rcon_server
	rcon "$LOGIN" packet "$LIST" packet \
	    '0f 00 00 00 03 00 00 00 02 00 00 00 73 61 79 20 78 00 00' packet \
	    "$PROBE" packet '0a 00 00 00 07 00 00 00 64 00 00 00 00 00' packet \
	    '0a 00 00 00 07 00 00 00 00 00 00 00 00 00' packet \
	    '0a 00 00 00 07 00 00 00 ff ff ff ff 00 00' packet \
	    '0e 00 00 00 09 00 00 00 02 00 00 00 73 74 6f 70 00 00' packet end
	told "$LOGGED_IN" "35 00 00 00 02 00 00 00 00 00 00 00$(hex "$NOBODY") 00 00" \
	    '0a 00 00 00 03 00 00 00 00 00 00 00 00 00' \
	    "1c 00 00 00 07 00 00 00 00 00 00 00$(hex 'Unknown request c8') 00 00" \
	    "1c 00 00 00 07 00 00 00 00 00 00 00$(hex 'Unknown request 64') 00 00" \
	    "1b 00 00 00 07 00 00 00 00 00 00 00$(hex 'Unknown request 0') 00 00" \
	    "22 00 00 00 07 00 00 00 00 00 00 00$(hex 'Unknown request ffffffff') 00 00" \
	    "1d 00 00 00 09 00 00 00 00 00 00 00$(hex 'Stopping the server') 00 00" closed
	expect_exit 0
	seen out "RCON running on 0.0.0.0:$port"
	seen out '[[]Rcon[]] x'
	never_seen out 'Stopping the server'
	seen journal ' rcon connect'
	seen journal ' rcon login ok'
	seen journal ' rcon command list'
	seen journal ' rcon probe ffffffff'
}

@test "who is not logged in is told so, and may try again" {
	rcon_server
	rcon "$LIST" packet "$(packet 4 3 minecraf)" packet "$(packet 5 3 '')" packet \
	    "$LIST" packet "$PROBE" show "$LOGIN" packet "$LIST" show "$(packet 6 3 wrong)" packet \
	    "$LIST" packet
	told "$REFUSED" "$REFUSED" "$REFUSED" "$REFUSED" '7 0 Unknown request c8' "$LOGGED_IN" \
	    "2 0 $NOBODY" "$REFUSED" "$REFUSED"
	expect_count journal ' rcon login bad' 3
	expect_count journal ' rcon refused list' 3
	wait_for journal ' rcon closed eof'
}

@test "two packets in one segment close the connection, and so does one in two" {
	rcon_server
	rcon "$LOGIN$LIST" end
	told closed
	rcon "$LOGIN" packet "$LIST$LIST" end
	told "$LOGGED_IN" closed
	rcon '13 00 00 00 01 00 00 00 03 00 00 00 6d 69' end
	told closed
	wait_for journal ' rcon closed strict' 3
	never_seen journal ' rcon command '
}

@test "the shortest packets" {
	rcon_server
	rcon '05 00 00 00 01 00 00 00 02' end
	told closed
	rcon '06 00 00 00 08 00 00 00 c8 00' show
	told '8 0 Unknown request 0'
	rcon '08 00 00 00 08 00 00 00 02 00 00 00' end
	told closed
	rcon "$LOGIN" packet '0d 00 00 00 08 00 00 00 02 00 00 00 6c 69 73 74 00' show
	told "$LOGGED_IN" "8 0 $NOBODY"
	rcon '09 00 00 00 01 00 00 00 03 00 00 00 6d' packet
	told "$REFUSED"
}

@test "the longest packet, and one that is longer" {
	rcon_server
	rcon "$LOGIN" packet "$(command 2 "echo $(letters 1441)")" show
	told "$LOGGED_IN" "2 0 $(letters 1441)"
	rcon "$LOGIN" packet "$(command 2 "echo $(letters 1442)")" end
	told "$LOGGED_IN" closed
}

@test "a reply is cut at 4096 units" {
	rcon_server
	rcon "$LOGIN" packet "$(command 2 'long 4096')" get 12 get 4098 "$(command 3 'long 4097')" \
	    show show "$(command 4 'long 8192')" show show "$LIST" show
	{
		echo "$LOGGED_IN"
		echo '0a 10 00 00 02 00 00 00 00 00 00 00'
		echo "$(hex "$(letters 4096)") 00 00" | cut -c 2-
		echo "3 0 $(letters 4096)"
		echo "3 0 $(letters 4097 | tail -c 1)"
		echo "4 0 $(letters 4096)"
		echo "4 0 $(letters 8192 | tail -c 4096)"
		echo "2 0 $NOBODY"
	} | diff - told
}

@test "a unit of a reply has up to three bytes, or is half of four" {
	rcon_server
	rcon "$LOGIN" packet "$(command 2 'long 4096 2')" get 12 get 8194 \
	    "$(command 2 'long 4096 3')" get 12 get 12290 \
	    "$(command 2 'long 4097 4')" get 12 get 8194 show
	cut -c 1-35 told | diff - <(
		echo "${LOGGED_IN:0:35}"
		echo '0a 20 00 00 02 00 00 00 00 00 00 00'
		echo 'c3 a0 c3 a1 c3 a2 c3 a3 c3 a4 c3 a5'
		echo '0a 30 00 00 02 00 00 00 00 00 00 00'
		echo 'e4 b8 80 e4 b8 81 e4 b8 82 e4 b8 83'
		echo '0a 20 00 00 02 00 00 00 00 00 00 00'
		echo 'f0 9f 98 80 f0 9f 98 82 f0 9f 98 84'
		printf '2 0 %c\n' "$(letters 4097 | tail -c 1)"
	)
}

@test "a character that is cut in two becomes two question marks" {
	rcon_server
	rcon "$LOGIN" packet "$(command 2 'long 8 mixed')" show \
	    "$(command 3 'long 4100 mixed')" show show
	sed -n '2p' told | diff - <(printf '2 0 \360\237\230\200c\303\243\344\270\204%s\n' \
	    "$(printf '\360\237\230\205h')")
	[ "$(sed -n '3p' told | tail -c 2)" = '?' ]
	[ "$(sed -n '4p' told | cut -c 5)" = '?' ]
}

@test "messages follow each other with nothing between, and nothing of them is on the console" {
	rcon_server
	rcon "$LOGIN" packet "$(command 2 help)" show "$(command 3 save-all)" show \
	    "$(command 4 save-off)" show "$(command 5 '')" show "$(command 6 nonsense)" show \
	    "$(command 7 color)" show "$(command 8 '/echo a b')" show
	told "$LOGGED_IN" '2 0 /help [<command>]/list [uuids]/stop' \
	    '3 0 Saving the game (this may take a moment!)Saved the game' \
	    '4 0 Automatic saving is now disabled' \
	    '5 0 Unknown or incomplete command, see below for error<--[HERE]' \
	    '6 0 Unknown or incomplete command, see below for errornonsense<--[HERE]' \
	    '7 0 §aGreen §lbold§r §x§1§2§e§4§5§fHex§r plain' '8 0 a b'
	never_seen out 'Saved the game'
	never_seen out 'a b'
	echo 'long 6' >console
	wait_for out 'INFO[]]: abcdef'
}

# --- when it opens ---

@test "server.properties says whether, where and for whom, and its last word counts" {
	rcon_server
	tell KILL
	expect_exit 137
	printf '%s\n' '# a comment' 'enable-rcon=false' "rcon.port=1" 'rcon.ip=127.0.0.1' \
	    'rcon.password=x=y ' 'enable-rcon=true' "rcon.port = $port" >server.properties
	: >journal
	serve --rcon
	wait_for out "RCON running on 127.0.0.1:$port"
	rcon "$(packet 1 3 'x=y ')" packet
	told "$LOGGED_IN"
	echo stop >console
	expect_exit 0
}

@test "a server that must not have RCON has none" {
	echo 'enable-rcon=false' >server.properties
	serve --rcon
	printf '%s\n' enable-rcon=true rcon.password= >server.properties
	serve --rcon
	wait_for out 'No rcon password set in server.properties, rcon disabled!'
	printf '%s\n' enable-rcon=true rcon.password=x rcon.port=0 >server.properties
	serve --rcon
	wait_for out 'Invalid rcon port 0 found in server.properties, rcon disabled!'
	serve --rcon --rcon-never
	rm server.properties
	serve --rcon
	ready 5
	never_seen journal ' rcon open '
	rcon_server
	serve --rcon-port "$port" --rcon-password x
	wait_for out "Unable to initialise RCON on 0.0.0.0:$port"
	expect_count journal ' rcon open ' 1
}

@test "it opens after the server is ready, in Paper before" {
	rcon_server
	sed -n 's/.*INFO\]: \(Done\|RCON\).*/\1/p' out | diff - <(printf 'Done\nRCON\n')
	: >out
	rcon_server --rcon-mode paper
	wait_for out 'Done'
	sed -n 's/.*INFO\]: \(Done\|RCON\).*/\1/p' out | diff - <(printf 'RCON\nDone\n')
	: >journal
	serve --rcon-port 0 --rcon-password x --rcon-after 1h
	never_seen journal ' rcon open '
	serve --rcon-port 0 --rcon-password x --rcon-after 100ms
	wait_for journal ' rcon open '
}

# --- the main thread ---

@test "a command waits for the main thread, and a login does not" {
	rcon_server --save-time 1h
	echo save-all >console
	wait_for out 'Saving the game'
	client one "$LOGIN" packet "$LIST" show
	wait_for journal ' rcon command list'
	seen one.out "$LOGGED_IN"
	never_seen one.out 'players online'
	rcon "$LOGIN" packet "$LIST"
	wait_for journal ' rcon gone'
	tell TERM
	wait_for journal ' saving '
	never_seen one.out 'players online'
}

@test "a command to a server that hangs is never answered, and executed never" {
	rcon_server
	client one "$LOGIN" packet "$(command 2 hang)" show
	wait_for journal ' rcon command hang'
	client two "$LOGIN" packet "$(command 2 'say nobody')" wait show
	wait_for journal ' rcon command say nobody'
	wait_for two.out ready
	never_seen out nobody
	rcon "$PROBE" show
	told '7 0 Unknown request c8'
	expect_count one.out ' 0 ' 0
}

@test "who hangs up while his command waits has it executed all the same" {
	rcon_server --save-time 500ms
	echo save-all >console
	wait_for out 'Saving the game'
	rcon "$LOGIN" packet "$(command 2 'say late')"
	wait_for out '[[]Rcon[]] late'
	wait_for journal ' rcon closed '
}

# both_wait: two clients whose commands come in while the server stands still.
both_wait()
{
	client one "$LOGIN" packet wait "$(command 2 'echo first')" wait show
	client two "$LOGIN" packet wait "$(command 3 'echo second')" wait show
	wait_for one.out ready
	wait_for two.out ready
	tell STOP
	until_true state_is "$pid" T
	go_on one
	wait_for one.out ready 2
	go_on two
	wait_for two.out ready 2
	tell CONT
	go_on one
	go_on two
	wait_for one.out '2 0 '
	wait_for two.out '3 0 '
}

@test "two clients of vanilla at once get each other's replies" {
	rcon_server
	both_wait
	seen one.out '2 0 firstsecond' || seen one.out '2 0 secondfirst'
	seen two.out '3 0 firstsecond' || seen two.out '3 0 secondfirst'
}

@test "two clients of Paper at once get their own replies" {
	rcon_server --rcon-mode paper
	both_wait
	[ "$(tail -n 1 one.out)" = '2 0 first' ]
	[ "$(tail -n 1 two.out)" = '3 0 second' ]
}

@test "a client that does not read holds nobody up" {
	rcon_server --clock 10ms
	client deaf "$LOGIN" packet "$(command 2 'long 20000000 3')" wait
	wait_for journal ' rcon command long'
	rcon "$LOGIN" packet "$LIST" show
	told "$LOGGED_IN" "2 0 $NOBODY"
	: >journal
	wait_for journal ' clock ' 3
	go_on deaf
	wait_for journal ' rcon closed error'
	echo stop >console
	expect_exit 0
}

# --- other servers ---

@test "Paper: a blank command is nothing" {
	rcon_server --rcon-mode paper
	rcon "$LOGIN" packet "$(command 2 '  ')" show "$LIST$LIST" end
	told "$LOGGED_IN" '2 0 ' closed
}

@test "Sponge: packets have a frame" {
	rcon_server --rcon-mode sponge
	rcon "$LOGIN$LIST$PROBE" packet show show '0e 00 00 00 02 00 00 00' '02 00 00 00 6c 69 73' \
	    '74 00 00' show '09 00 00 00' end
	told "$LOGGED_IN" "2 0 $NOBODY" '7 0 Unknown request c8' "2 0 $NOBODY" closed
	wait_for journal ' rcon closed frame'
}

@test "Cuberite: an empty answer, then the real one, never cut" {
	rcon_server --rcon-mode cuberite
	rcon "$(packet 1 3 mine)" packet "$(command 2 'echo hi')" packet packet "$PROBE" end
	told "$LOGGED_IN" '0a 00 00 00 02 00 00 00 02 00 00 00 00 00' \
	    '0c 00 00 00 02 00 00 00 02 00 00 00 68 69 00 00' closed
	wait_for journal ' rcon closed probe'
	rcon "$(packet 1 3 wrong)" packet end
	told "$REFUSED" closed
	wait_for journal ' rcon closed login'
	rcon "$LOGIN" packet "$(command 2 'long 5000')" packet get 12 get 5002
	sed -n '3p' told | diff - <(echo '92 13 00 00 02 00 00 00 02 00 00 00')
}

@test "Cuberite: the real answer, then an empty one" {
	rcon_server --rcon-mode cuberite-late
	rcon "$LOGIN" packet "$(command 2 'echo hi')" show show
	told "$LOGGED_IN" '2 2 hi' '2 2 '
}

@test "Pumpkin: a packet for each line, none for none, and all else is a login" {
	rcon_server --rcon-mode pumpkin
	rcon "$LIST" shut end
	told closed
	rcon "$LOGIN" packet "$(command 2 'say x')" shut end
	told "$LOGGED_IN" closed
	rcon "$LOGIN" packet "$(command 2 help)" show show show "$(command 4 'echo hi')" show \
	    "$PROBE" packet end
	told "$LOGGED_IN" '2 0 /help [<command>]' '2 0 /list [uuids]' '2 0 /stop' '4 0 hi' \
	    "$REFUSED" closed
	rcon "$LOGIN$LIST" packet "$PROBE" show
	told "$LOGGED_IN" "2 0 $NOBODY"
}

@test "Source: an empty packet before the word on a login" {
	rcon_server --rcon-mode source
	rcon "$LOGIN" show packet "$(packet 8 0 '')" packet "$(packet 9 3 wrong)" show packet
	told '1 0 ' "$LOGGED_IN" '0a 00 00 00 08 00 00 00 00 00 00 00 00 00' '9 0 ' "$REFUSED"
}

@test "Latin-1: a byte for each unit" {
	rcon_server --rcon-mode latin1
	rcon "$LOGIN" packet "$(command 2 'long 4 2')" packet "$(command 2 'long 4096 2')" get 4
	told "$LOGGED_IN" '0e 00 00 00 02 00 00 00 00 00 00 00 e0 e1 e2 e3 00 00' '0a 10 00 00'
}

# --- misbehaviour ---

@test "replies that come late, or byte by byte" {
	local began
	rcon_server --rcon-delay 100ms --rcon-drip 1ms
	now_ms
	began=$now
	rcon "$LOGIN" packet "$LIST" show
	now_ms
	told "$LOGGED_IN" "2 0 $NOBODY"
	[ $((now - began)) -ge 200 ]
	: >journal
	rcon_server --rcon-drip 1h
	rcon "$LOGIN" recv
	told 0a
}

@test "half a reply, and then nothing" {
	rcon_server --rcon-half
	client one "$LOGIN" packet "$LIST" get 28 wait end
	wait_for one.out ready
	[ "$(sed -n 2p one.out)" = "35 00 00 00 02 00 00 00 00 00 00 00$(hex "${NOBODY:0:16}")" ]
	tell KILL
	go_on one
	wait_for one.out closed
	[ "$(tail -n 2 one.out | head -n 1)" = ready ]
}

@test "a login works and no command is ever answered" {
	rcon_server --rcon-hang
	client one "$LOGIN" packet "$(command 2 'say nobody')" wait
	wait_for one.out ready
	wait_for journal ' rcon command say nobody'
	go_on one
	wait_for journal ' rcon closed eof'
	never_seen out nobody
}

@test "the connection ends instead of the answer to the n-th command" {
	rcon_server --rcon-close 2
	rcon "$LOGIN" packet "$LIST" show "$(command 3 'say done')" end
	told "$LOGGED_IN" "2 0 $NOBODY" closed
	rcon "$LOGIN" packet "$LIST" show
	told "$LOGGED_IN" "2 0 $NOBODY"
	seen out '[[]Rcon[]] done'
	seen journal ' rcon closed asked'
}

@test "noise, the same for the same seed" {
	rcon_server --rcon-garble
	rcon "$LOGIN" packet "$LIST" recv
	mv told noise
	: >journal
	rcon_server --rcon-garble --rcon-seed 1
	rcon "$LOGIN" packet "$LIST" recv
	diff noise told
	: >journal
	rcon_server --rcon-garble --rcon-seed 2
	rcon "$LOGIN" packet "$LIST" recv
	[ "$(sed -n 2p told)" != "$(sed -n 2p noise)" ]
}

@test "a reply without an end" {
	rcon_server --rcon-flood
	rcon "$LOGIN" packet "$LIST" get 12 get 2000000
	sed -n 2p told | diff - <(echo '0a 10 00 00 02 00 00 00 00 00 00 00')
	wait_for journal ' rcon closed error'
}

@test "the wrong id, and the reply to list that a test wants" {
	printf '%s\n' '--rcon-list There are §c5§6 out of maximum §c10§6 players online.' >config
	rcon_server --rcon-wrong-id --config config
	rcon "$LOGIN" packet "$LIST" show
	told "$LOGGED_IN" '3 0 There are §c5§6 out of maximum §c10§6 players online.'
}

@test "a stop that is obeyed and not answered" {
	rcon_server --rcon-no-stop-reply
	rcon "$LOGIN" packet "$(command 2 stop)" end
	told "$LOGGED_IN" closed
	expect_exit 0
	seen journal ' saved '
}

@test "a misspelt mode is refused" {
	launch "$FAKE" --rcon-mode vanila
	expect_exit 64
}

# --- on a JVM ---

@test "the one on a JVM is as strict" {
	need_java
	launch java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
	    "-Dfake.journal=$journal" -Dfake.rcon=0 -Dfake.rconPassword=minecraft -jar "$JAR"
	ready
	find_port
	rcon "$LIST" packet "$(packet 4 3 wrong)" packet "$LOGIN" packet "$LIST" show \
	    "$PROBE" show "$(command 3 'echo ä')" show "$(command 4 'long 4097')" show show \
	    "$(command 5 'say x')" show
	told "$REFUSED" "$REFUSED" "$LOGGED_IN" "2 0 $NOBODY" '7 0 Unknown request c8' '3 0 ä' \
	    "4 0 $(letters 4096)" "4 0 $(letters 4097 | tail -c 1)" '5 0 '
	rcon "$LOGIN" packet "$LIST$LIST" end
	told "$LOGGED_IN" closed
	wait_for journal ' rcon closed strict'
	rcon "$LOGIN" packet "$(command 2 stop)" show end
	[ "$(sed -n 2p told)" = '2 0 Stopping the server' ]
	expect_exit 0
	seen out '[[]Rcon[]] x'
	seen out 'RCON running on 0.0.0.0:'
}
