# SPDX-License-Identifier: MIT
#
# rcon: what one command by RCON costs, as a whole process, beside mcrcon where that is there.
#
# Used by bench/run.  The server is the fake one of the tests, in its vanilla mode; rounds take turns.
# It must leave no process behind.

import os
import shutil
import subprocess
import time

from lab import MCINIT, TOP, heading, read, times, wait_for

FAKE = os.path.join(TOP, 'build', 'tests', 'fakeserver')
ROUNDS, RCON_BUDGET = 300, 1.3
PASSWORD = 'swordfish'


def start_server(place):
    """The fake server, and the port that it tells."""
    journal = os.path.join(place, 'journal')
    server = subprocess.Popen([FAKE, '--rcon-port', '0', '--rcon-password', PASSWORD, '--journal',
                               journal], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    wait_for('RCON', lambda: os.path.exists(journal) and 'rcon open' in read(journal))
    port = [line.split()[3] for line in read(journal).splitlines() if 'rcon open' in line][0]
    return server, port


def one(command):
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   env={'MCINIT_RCON_PASSWORD': PASSWORD, 'MCRCON_PASS': PASSWORD})
    return (time.perf_counter() - begun) * 1e6


def bench_rcon(bench):
    subprocess.run(['make', '-s', '-C', TOP, 'build/tests/fakeserver'], check=True)
    server, port = start_server(bench.new_place())
    commands = {'mcinit rcon list': [MCINIT, 'rcon', '--port', port, 'list'],
                'nothing (mcinit version)': [MCINIT, 'version']}
    peer = shutil.which('mcrcon')
    if peer is not None:
        commands['mcrcon list'] = [peer, '-H', '127.0.0.1', '-P', port, 'list']
    try:
        figures = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                figures[name].append(one(command))
    finally:
        server.kill()
        server.wait()
    heading('8. one command by RCON, whole process, us', 'median', 'best')
    middle = {name: sorted(some)[len(some) // 2] for name, some in figures.items()}
    for name, some in figures.items():
        ratio, verdict = '', ''
        if name.startswith('mcinit rcon') and peer is not None:
            ratio, verdict = bench.judge(middle[name], RCON_BUDGET * middle['mcrcon list'])
        elif name != 'mcinit rcon list':
            ratio = times(middle[name], middle['mcinit rcon list'])
        bench.row(name, ['%.0f' % middle[name], '%.0f' % min(some)], ratio, verdict)
    if peer is None:
        print('  mcrcon is not here to be measured beside it.')
