# SPDX-License-Identifier: MIT
#
# crowd: how long who asks waits for his answer, while a crowd behaves badly at the control socket and mcinit
# itself fails again and again.
#
# Used by bench/run.  A thousand clients: they say nothing, half a line, noise, megabytes, or hang up at once;
# who is hung up on comes again, in a process of its own.  Meanwhile mcinit is killed by SIGSEGV a hundred times,
# which it outlives.  Each look is a connection of this process, from connect() to the last byte of the answer
# to `status`; who is hung up on without one asks again, as the verbs do.  It must leave no process behind.

import os
import random
import select
import signal
import socket
import subprocess
import time

from lab import MCINIT, heading, wait_for

CROWD, FAULTS, LOOKS, BUDGET = 1000, 100, 10, 50000
NOISE = os.urandom(3000)
SAYINGS = (b'', b'stat', NOISE, bytes(100000), b'status\n', None)


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    client.setblocking(False)
    return client


def behave_badly(path, there):
    """For ever: the crowd; a byte to `there` when all of them have come."""
    come = 0
    poll = select.epoll()
    clients = {}
    while True:
        while len(clients) < CROWD:
            try:
                client = connect(path)
            except OSError:
                break
            saying = random.choice(SAYINGS)
            try:
                client.send(saying or b'')
            except OSError:
                pass
            come += 1
            if come == CROWD:
                os.write(there, b'x')
            if saying is None:
                client.close()
                continue
            clients[client.fileno()] = client
            poll.register(client, select.EPOLLIN | select.EPOLLHUP)
        for number, _ in poll.poll(1):
            try:
                heard = clients[number].recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                heard = b''
            if not heard:
                poll.unregister(number)
                clients.pop(number).close()
        time.sleep(0.01)


def look(path):
    """In us."""
    begun = time.perf_counter()
    while True:
        said = b''
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b'status\n')
                while piece := client.recv(65536):
                    said += piece
        except OSError:
            pass
        if said.endswith(b'ok \n'):
            return (time.perf_counter() - begun) * 1e6
        time.sleep(0.001)


def fail(log, mcinit, number):
    mcinit.send_signal(signal.SIGSEGV)
    with open(log, encoding='utf-8', errors='replace') as file:
        wait_for('the next image', lambda: file.seek(0) == 0 and
                 file.read().count('mcinit itself failed') == number)


def bench_crowd(bench):
    place = bench.new_place()
    ini, log = os.path.join(place, 'mcinit.ini'), os.path.join(place, 'log')
    path = os.path.join(place, 'run', 'control')
    with open(ini, 'w', encoding='ascii') as file:
        file.write('[mcinit]\nrun_dir = %s/run\n[server]\ntype = generic\ncommand = sleep 1000\ndir = %s\n'
                   % (place, place))
    with open(log, 'wb') as out:
        mcinit = subprocess.Popen([MCINIT, '-c', ini], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    crowd = 0
    try:
        wait_for('the socket', lambda: os.path.exists(path))
        alone = sorted(look(path) for _ in range(FAULTS * LOOKS))
        come, there = os.pipe()
        crowd = os.fork()
        if crowd == 0:
            try:
                behave_badly(path, there)
            finally:
                os._exit(1)
        os.close(there)
        if os.read(come, 1) == b'':
            raise OSError('the crowd has gone')
        os.close(come)
        looks = []
        for number in range(1, FAULTS + 1):
            looks += [look(path) for _ in range(LOOKS)]
            fail(log, mcinit, number)
        looks.sort()
    finally:
        if crowd > 0:
            os.kill(crowd, signal.SIGKILL)
            os.waitpid(crowd, 0)
        mcinit.terminate()
        mcinit.wait()
    heading('11. an answer of mcinit, us', 'median', '99 %', 'most')
    for name, some in (('alone', alone), ('in a crowd of 1000, with 100 faults', looks)):
        figures = [some[len(some) // 2], some[len(some) * 99 // 100], some[-1]]
        ratio, verdict = bench.judge(figures[1], BUDGET) if some is looks else ('', '')
        bench.row(name, ['%.0f' % figure for figure in figures], ratio, verdict)
