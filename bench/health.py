# SPDX-License-Identifier: MIT
#
# health: what `mcinit health` costs, as a whole process, beside a health check as containers have them: a
# shell that connects to the port of the server; and what the least program costs that could ask (ask.c).
#
# Used by bench/run.  Rounds take turns; processor time is the kernel's count for the child (wait4), which is
# exact only over many.  It must leave no process behind.

import os
import socket
import subprocess
import time

from lab import ASK, MCINIT, build, heading, times, wait_for

ROUNDS, TIME_BUDGET, STATUS_BUDGET, CHEAPER = 400, 1000, 2000, 5


def one(command):
    """Time and processor time of it, in us."""
    begun = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    took = (time.perf_counter() - begun) * 1e6
    if status != 0:
        raise SystemExit('bench: %s: status %d' % (' '.join(command), status))
    return took, (usage.ru_utime + usage.ru_stime) * 1e6


def start(place, names):
    """An mcinit in a place of its own; the process, and its socket."""
    ini = os.path.join(place, 'mcinit.ini')
    with open(ini, 'w', encoding='ascii') as file:
        file.write('[mcinit]\nrun_dir = %s/run\n[server]\ntype = generic\ncommand = sleep 1000\n' % place)
        for name in names:
            os.mkdir(os.path.join(place, name))
            file.write('[server:%s]\n' % name)
    return subprocess.Popen([MCINIT, '-c', ini], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL), os.path.join(place, 'run', 'control')


def bench_status(bench):
    """All there is to know of 16 servers, while somebody else asks without end."""
    build(ASK)
    mcinit, control = start(bench.new_place(), ['s%d' % i for i in range(16)])
    command = [MCINIT, '-S', control, 'status', '--json']
    other = None
    try:
        wait_for('the servers', lambda: subprocess.run([MCINIT, '-S', control, 'health', '--ready'], check=False,
                                                       capture_output=True).returncode == 0)
        alone = [one(command) for _ in range(ROUNDS)]
        other = subprocess.Popen(['/bin/sh', '-c', 'while "$0" "$1"; do :; done', ASK, control])
        busy = [one(command) for _ in range(ROUNDS)]
    finally:
        if other is not None:
            other.kill()
            other.wait()
        mcinit.terminate()
        mcinit.wait()
    heading('10. status --json of 16 servers, whole process, us', 'median', 'processor')
    for name, some in (('alone', alone), ('under load', busy)):
        middle = sorted(took for took, _ in some)[len(some) // 2]
        ratio, verdict = bench.judge(middle, STATUS_BUDGET)
        bench.row(name, ['%.0f' % middle, '%.0f' % (sum(cpu for _, cpu in some) / len(some))], ratio, verdict)


def bench_health(bench):
    build(ASK)
    listener = socket.create_server(('127.0.0.1', 0))
    port = listener.getsockname()[1]
    mcinit, control = start(bench.new_place(), ['server'])
    commands = {'mcinit health': [MCINIT, '-S', control, 'health'],
                'mcinit health --ready': [MCINIT, '-S', control, 'health', '--ready'],
                'least program': [ASK, control],
                'shell, TCP': ['/bin/bash', '-c', '</dev/tcp/127.0.0.1/%d' % port]}
    try:
        wait_for('the server', lambda: subprocess.run(commands['mcinit health --ready'], check=False,
                                                      capture_output=True).returncode == 0)
        figures = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                figures[name].append(one(command))
            listener.setblocking(False)
            try:
                while True:
                    listener.accept()[0].close()
            except BlockingIOError:
                pass
    finally:
        mcinit.terminate()
        mcinit.wait()
        listener.close()
    heading('9. one look at the health, whole process, us', 'median', 'processor')
    spent = {name: sum(cpu for _, cpu in some) / len(some) for name, some in figures.items()}
    for name, some in figures.items():
        middle = sorted(took for took, _ in some)[len(some) // 2]
        if name == 'mcinit health':
            ratio, verdict = bench.judge(middle, TIME_BUDGET)
        elif name == 'shell, TCP':
            ratio, verdict = bench.judge(CHEAPER * spent['mcinit health'], spent[name])
            ratio = times(spent[name], spent['mcinit health'])
        else:
            ratio, verdict = times(spent[name], spent['mcinit health']), ''
        bench.row(name, ['%.0f' % middle, '%.0f' % spent[name]], ratio, verdict)
