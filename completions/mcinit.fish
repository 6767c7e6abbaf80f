# SPDX-License-Identifier: MIT
# Made by "make man" from the verbs of mcinit; changes belong there.

function __mcinit_servers
	mcinit status 2>/dev/null | awk 'NR > 3 && /^[^ ]/ { print $1 }'
end

complete -c mcinit -n __fish_use_subcommand -f -a status -d 'how mcinit and its servers are'
complete -c mcinit -n '__fish_seen_subcommand_from status' -l json
complete -c mcinit -n '__fish_seen_subcommand_from status' -l watch
complete -c mcinit -n '__fish_seen_subcommand_from status' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a health -d 'exit code 0: well, 1: not'
complete -c mcinit -n '__fish_seen_subcommand_from health' -l live
complete -c mcinit -n '__fish_seen_subcommand_from health' -l ready
complete -c mcinit -n '__fish_seen_subcommand_from health' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a metrics -d 'the same for Prometheus; see metrics_file'
complete -c mcinit -n __fish_use_subcommand -f -a start -d 'start a server, and wait until players can join'
complete -c mcinit -n '__fish_seen_subcommand_from start' -l no-wait
complete -c mcinit -n '__fish_seen_subcommand_from start' -l timeout
complete -c mcinit -n '__fish_seen_subcommand_from start' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a stop -d 'stop a server, or all; mcinit stays'
complete -c mcinit -n '__fish_seen_subcommand_from stop' -l now
complete -c mcinit -n '__fish_seen_subcommand_from stop' -l no-wait
complete -c mcinit -n '__fish_seen_subcommand_from stop' -l timeout
complete -c mcinit -n '__fish_seen_subcommand_from stop' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a restart -d 'stop a server, and start it'
complete -c mcinit -n '__fish_seen_subcommand_from restart' -l now
complete -c mcinit -n '__fish_seen_subcommand_from restart' -l no-wait
complete -c mcinit -n '__fish_seen_subcommand_from restart' -l timeout
complete -c mcinit -n '__fish_seen_subcommand_from restart' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a kill -d 'end a server by SIGKILL, unsaved'
complete -c mcinit -n '__fish_seen_subcommand_from kill' -l no-wait
complete -c mcinit -n '__fish_seen_subcommand_from kill' -l timeout
complete -c mcinit -n '__fish_seen_subcommand_from kill' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a shutdown -d 'stop all servers, and mcinit'
complete -c mcinit -n '__fish_seen_subcommand_from shutdown' -l no-wait
complete -c mcinit -n '__fish_seen_subcommand_from shutdown' -l timeout
complete -c mcinit -n __fish_use_subcommand -f -a logs -d 'print what a server printed, -f: go on'
complete -c mcinit -n '__fish_seen_subcommand_from logs' -s f
complete -c mcinit -n '__fish_seen_subcommand_from logs' -s n
complete -c mcinit -n '__fish_seen_subcommand_from logs' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a send -d 'type one command on a server\'s console'
complete -c mcinit -n '__fish_seen_subcommand_from send' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a console -d 'follow a server\'s console and type on it'
complete -c mcinit -n '__fish_seen_subcommand_from console' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a rcon -d 'ask by RCON; -e, -, --host, --json...: see README'
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -s e
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l host
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l port
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l password-file
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l timeout
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l json
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l raw
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -l no-color
complete -c mcinit -n '__fish_seen_subcommand_from rcon' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a backup -d 'run a command while the server does not save'
complete -c mcinit -n '__fish_seen_subcommand_from backup' -l timeout
complete -c mcinit -n '__fish_seen_subcommand_from backup' -f -a '(__mcinit_servers)'
complete -c mcinit -n __fish_use_subcommand -f -a reload -d 'read the INI again'
complete -c mcinit -n '__fish_seen_subcommand_from reload' -l no-wait
complete -c mcinit -n '__fish_seen_subcommand_from reload' -l timeout
complete -c mcinit -n __fish_use_subcommand -f -a rotate -d 'go on in new log files'
complete -c mcinit -n __fish_use_subcommand -f -a reexec -d 'go on in a new binary; servers do not notice'
complete -c mcinit -n __fish_use_subcommand -f -a check -d 'check the INI, say every error in it'
complete -c mcinit -n __fish_use_subcommand -f -a keys -d 'list every key of the INI with its default and range'
complete -c mcinit -n __fish_use_subcommand -f -a sample -d 'print an INI to begin with'
complete -c mcinit -n __fish_use_subcommand -f -a version -d 'print the version'
complete -c mcinit -n __fish_use_subcommand -f -a help -d 'print this'
