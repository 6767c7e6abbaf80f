# SPDX-License-Identifier: MIT
# Made by "make man" from the verbs of mcinit; changes belong there.
# shellcheck shell=bash disable=SC2207  # words

_mcinit()
{
	local verb= words= names=0 i
	local word=${COMP_WORDS[COMP_CWORD]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | -o | -S | --trace) ((i++)) ;;
		-*) ;;
		*) verb=${COMP_WORDS[i]}; break ;;
		esac
	done
	case $verb in
	'') words=' status health metrics start stop restart kill shutdown logs send console rcon backup reload rotate reexec check keys sample version help -c -n -d -o -S --trace --help --version' ;;
	status) words='--json --watch'; names=1 ;;
	health) words='--live --ready'; names=1 ;;
	metrics) words=''; names=0 ;;
	start) words='--no-wait --timeout'; names=1 ;;
	stop) words='--now --no-wait --timeout'; names=1 ;;
	restart) words='--now --no-wait --timeout'; names=1 ;;
	kill) words='--no-wait --timeout'; names=1 ;;
	shutdown) words='--no-wait --timeout'; names=0 ;;
	logs) words='-f -n'; names=1 ;;
	send) words=''; names=1 ;;
	console) words=''; names=1 ;;
	rcon) words='-e --host --port --password-file --timeout --json --raw --no-color'; names=1 ;;
	backup) words='--timeout'; names=1 ;;
	reload) words='--no-wait --timeout'; names=0 ;;
	rotate) words=''; names=0 ;;
	reexec) words=''; names=0 ;;
	check) words=''; names=0 ;;
	keys) words=''; names=0 ;;
	sample) words=''; names=0 ;;
	version) words=''; names=0 ;;
	help) words=''; names=0 ;;
	esac
	[ "$names" = 0 ] || words+=" $(mcinit status 2>/dev/null | awk 'NR > 3 && /^[^ ]/ { print $1 }')"
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _mcinit mcinit
