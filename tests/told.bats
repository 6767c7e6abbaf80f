#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What mcinit tells by itself: statistics in the log, metrics for Prometheus, and its service manager by
# NOTIFY_SOCKET.  Called by tools/run-tests, or alone from the top of the tree.
# shellcheck disable=SC2030,SC2031  # each test is a process

load lib
load survive

# --- statistics ---

@test "statistics each stats_interval" {
	ini '' mcinit.stats_interval=10s
	start
	ready
	tell USR1
	wait_for log 'orphans reaped'
	wait_for log 'orphans reaped' 2
	stop
}

# --- metrics ---

@test "metrics are as Prometheus wants them, for several servers" {
	several a: b:
	start
	wait_for journal.a ' ready '
	wait_for journal.b ' ready '
	until_true test -S run/control
	"$MCINIT" -S run/control metrics >text
	[ -s text ]
	promtool check metrics <text
	grep -qx 'mcinit_server_state{server="b",state="running"} [01]' text
	grep -qx 'mcinit_server_starts_total{server="a"} 1' text
	grep -qE '^mcinit_server_memory_bytes\{server="a"\} [1-9][0-9]+$' text
	grep -qE '^mcinit_server_cpu_seconds_total\{server="a"\} [0-9]+\.[0-9]{3}$' text
	grep -qx 'mcinit_info{version="0.1.0",mode="service"} 1' text
	stop
}

@test "metrics_file is kept up to date, whole at each moment, and what is wrong is said once" {
	local i
	mkdir collector
	ini '' mcinit.metrics_file="$here/collector/mcinit.prom" mcinit.metrics_interval=1s
	start
	ready
	wait_for collector/mcinit.prom 'mcinit_server_state{server="server",state="running"} 1'
	[ "$(stat -c %a collector/mcinit.prom)" = 644 ]
	for ((i = 0; i < 200; i++)); do
		grep -q '^mcinit_server_open_files' collector/mcinit.prom
	done
	rm -r collector
	wait_for log 'metrics_file * is not written'
	mkdir collector
	wait_for log 'metrics_file * is written again'
	tell SEGV
	wait_for log 'mcinit itself failed ('
	rm collector/mcinit.prom
	wait_for collector/mcinit.prom mcinit_info
	expect_count log 'is not written' 1
	until_true test ! -e collector/mcinit.prom.mcinit
	stop
	lived_well 1
}

@test "a link in the place of metrics_file is replaced, and not what it names" {
	ini '' mcinit.metrics_file="$here/link" mcinit.metrics_interval=1s
	echo precious >target
	ln -s target link
	start
	ready
	until_true test ! -L link
	seen link mcinit_info
	[ "$(<target)" = precious ]
	stop
}

# --- the service manager ---

# manager [VARIABLE=VALUE]...: listens in `notify`; what it hears is in `told`.
manager()
{
	rm -f notify
	python3 -c 'import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify")
print("listens", flush=True)
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)' >told 3>&- {idle}>&- &
	started="$! $started"
	wait_for told listens
}

start_managed()
{
	launch env "NOTIFY_SOCKET=$here/notify" "$@" "$MCINIT" -c mcinit.ini
}

@test "a service manager is told of the start, a reload and the stop, once each" {
	manager
	ini_java '--save-time 500ms' type=paper
	start_managed
	ready
	wait_for told "READY=1 MAINPID=$pid"
	wait_for told 'STATUS=1 of 1 server running, 0 players online'
	tell HUP
	wait_for told 'RELOADING=1 MONOTONIC_USEC=*'
	until_true seen told 'READY=1' 2
	tell TERM
	wait_for told 'STOPPING=1'
	wait_for told 'EXTEND_TIMEOUT_USEC=*'
	expect_exit 0
	expect_count told 'STOPPING=1' 1
	expect_count told 'MAINPID' 1
	# It has nothing to do with servers.
	never_seen journal NOTIFY_SOCKET
}

@test "a start that takes long is given more time, and a watchdog is fed" {
	manager
	ini_java '--start-delay 1s' type=paper
	start_managed WATCHDOG_USEC=300000
	wait_for told 'EXTEND_TIMEOUT_USEC=30000000'
	wait_for told 'WATCHDOG=1' 5
	never_seen told 'READY=1'
	ready
	wait_for told 'READY=1'
	tell SEGV
	wait_for told 'READY=1' 2
	wait_for told 'WATCHDOG=1' 15
	stop
}

@test "a watchdog that is another's, a manager that is gone, and one that does not read" {
	manager
	ini '' mcinit.log_level=info
	start_managed WATCHDOG_USEC=100000 WATCHDOG_PID=1
	ready
	wait_for told 'READY=1'
	stop
	never_seen told WATCHDOG
	rm notify
	start_managed
	wait_for log 'cannot tell the service manager anything'
	ready 2
	stop
	python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify")
print("listens", flush=True)
time.sleep(600)' >told 3>&- {idle}>&- &
	started="$! $started"
	wait_for told listens
	start_managed WATCHDOG_USEC=3000
	ready 3
	tell USR1
	wait_for log 'orphans reaped'
	stop
}

@test "an abstract socket" {
	local name=mcinit-test-$$-$RANDOM
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + sys.argv[1])
print("listens", flush=True)
print(s.recv(4096).decode(), flush=True)' "$name" >told 3>&- {idle}>&- &
	started="$! $started"
	wait_for told listens
	ini ''
	launch env "NOTIFY_SOCKET=@$name" "$MCINIT" -c mcinit.ini
	ready
	wait_for told '*=*'
	stop
}
