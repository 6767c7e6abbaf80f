# SPDX-License-Identifier: MIT
#
# lab: who is measured, how he is started, and how a figure is printed and judged.
#
# Used by bench/run and bench/console.py.  It must leave no process and no file behind.

import mmap
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MCINIT = os.path.abspath(os.environ.get('MCINIT', os.path.join(TOP, 'mcinit')))
SERVER = os.path.join(TOP, 'build', 'bench', 'server')
LINES = os.path.join(TOP, 'build', 'bench', 'lines')
ASK = os.path.join(TOP, 'build', 'bench', 'ask')
PATIENCE = 60

DROPIN, INI = 'mcinit --', 'mcinit INI'
INIT = 'process 1'
OURS = (DROPIN, INI)
LIVES = 1024
BOARD = 8 * (10 + 2 * LIVES)
UP, GO, DONE, SIGNALLED, ENDED, REAPED, ZOMBIE_TIME, ASKED, GRANTED, LET_GO = range(10)
START, END = 10, 10 + LIVES


class Board:
    """What the supervised program noted; the layout is that of server.c."""

    def __init__(self, path):
        self.path = path
        with open(path, 'wb') as file:
            file.truncate(BOARD)
        with open(path, 'r+b') as file:
            self.map = mmap.mmap(file.fileno(), BOARD)

    def __getitem__(self, word):
        return struct.unpack_from('=Q', self.map, 8 * word)[0]

    def __setitem__(self, word, value):
        struct.pack_into('=Q', self.map, 8 * word, value)


def write(path, text):
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)


def read(path):
    with open(path, encoding='ascii', errors='replace') as file:
        return file.read()


def wait_for(what, condition, pause=0.002):
    """Until it is true; a supervisor that does not do its part is an error of the bench."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError('waited %d s in vain for %s' % (PATIENCE, what))
        time.sleep(pause)


def build(program):
    """Our own programs: what is measured beside them must not be their libc."""
    source = os.path.join(TOP, 'bench', os.path.basename(program) + '.c')
    if os.path.exists(program) and os.path.getmtime(program) > os.path.getmtime(source):
        return
    os.makedirs(os.path.dirname(program), exist_ok=True)
    compiler = 'musl-gcc' if shutil.which('musl-gcc') else os.environ.get('CC', 'gcc')
    subprocess.run([compiler, '-std=c11', '-O2', '-Wall', '-Wextra', '-static', '-s', '-o',
                    program, source], check=True)


# --- who is measured ---

def ini_file(place, names, command=SERVER, log=()):
    """An INI with these servers; one server is the plain [server]."""
    lines = ['[mcinit]', 'run_dir = %s/run' % place, 'when_all_stopped = exit', '[log]', *log,
             '[server]', 'type = generic', 'command = %s' % command, 'restart = always',
             'restart_delay = 0', 'stop_timeout = 10s', 'dir = %s' % place]
    for name in names if len(names) > 1 else ():
        lines += ['[server:%s]' % name, 'dir = %s/%s' % (place, name)]
        os.mkdir(os.path.join(place, name))
    write(os.path.join(place, 'mcinit.ini'), '\n'.join(lines) + '\n')
    return os.path.join(place, 'mcinit.ini')


def service_dirs(place, names):
    """What s6 and runit look after: a directory per server with the program in it."""
    for name in names:
        os.makedirs(os.path.join(place, 'services', name))
        os.symlink(SERVER, os.path.join(place, 'services', name, 'run'))
    return os.path.join(place, 'services')


class Bench:
    """The temporary directory, what runs in it, and the verdicts."""

    def __init__(self):
        self.place = tempfile.mkdtemp(prefix='mcinit-bench-')
        self.count = 0
        self.running = []
        self.verdicts = {'ok': 0, 'OVER': 0}
        # A file of its own for each mode: code is not shared between the two.
        self.binary = {mode: os.path.join(self.place, 'mcinit-%d' % i)
                       for i, mode in enumerate(OURS)}
        for path in self.binary.values():
            shutil.copy(MCINIT, path)
        # Pages that are not on the disk yet would count as dirty in every process.
        os.sync()
        self.namespaces = None

    def enter(self):
        """How this user gets namespaces of his own, or None."""
        for words in (['unshare', '-pf', '--mount-proc'],
                      ['unshare', '--user', '--map-root-user', '-pf', '--mount-proc']):
            if subprocess.run(words + ['true'], check=False, capture_output=True).returncode == 0:
                self.namespaces = words
                return words
        return None

    def command(self, kind, place, servers):
        names = ['s%d' % i for i in range(servers)]
        if kind in ('s6-svscan', 'runsvdir'):
            return [kind, service_dirs(place, names)]
        if kind in ('s6-supervise', 'runsv'):
            return [kind, os.path.join(service_dirs(place, names), 's0')]
        if kind == 'dumb-init':
            return [kind, SERVER]
        return [self.binary.get(kind, kind), '--', SERVER]

    def new_place(self):
        self.count += 1
        place = os.path.join(self.place, str(self.count))
        os.mkdir(place, 0o700)
        return place

    def start(self, kind, part='park', servers=1, ini=None, **settings):
        """`ini`: what is to be in the INI beside the usual, as ini_file() takes it."""
        place = self.new_place()
        subject = Subject(self, kind, place, servers)
        if kind == INI:
            names = ['s%d' % i for i in range(servers)]
            command = [self.binary[INI], '-c', ini_file(place, names, **(ini or {}))]
        else:
            command = self.command(kind, place, servers)
        subject.launch(command, part, settings)
        self.running.append(subject)
        return subject

    def present(self, kinds):
        return [kind for kind in kinds if kind in OURS or shutil.which(kind)]

    def stop_all(self):
        for subject in list(self.running):
            subject.kill()

    def close(self):
        self.stop_all()
        shutil.rmtree(self.place, ignore_errors=True)

    # --- printing ---

    def row(self, name, figures, ratio='', verdict=''):
        print('  %-24s %s %20s  %s' % (name, ' '.join('%10s' % f for f in figures), ratio,
                                       verdict), flush=True)

    def judge(self, value, budget, least=False):
        """Returns how much of the budget it is, and the verdict, which is counted."""
        verdict = 'ok' if (value >= budget if least else value <= budget) else 'OVER'
        self.verdicts[verdict] += 1
        if budget == 0:
            return 'budget 0', verdict
        return '%.0f %% of %s' % (max(0, 100 * value / budget), budget), verdict


class Subject:
    """One supervisor as process 1 of its own namespaces."""

    def __init__(self, bench, kind, place, servers):
        self.bench, self.kind, self.place, self.servers = bench, kind, place, servers
        self.board = Board(os.path.join(place, 'board'))
        self.outside = None
        self.pid = 0

    def launch(self, command, part, settings):
        environment = {'PATH': os.environ['PATH'], 'BENCH_PART': part,
                       'BENCH_BOARD': self.board.path}
        # What is typed: with a pipe there is one process more, which waits for it.
        stdin = subprocess.PIPE if settings.pop('typed', False) else subprocess.DEVNULL
        environment.update({'BENCH_' + key.upper(): str(value)
                            for key, value in settings.items()})
        with open(os.path.join(self.place, 'log'), 'wb') as log:
            self.outside = subprocess.Popen(self.bench.namespaces + command, stdout=log,
                                            stderr=log, stdin=stdin, env=environment,
                                            cwd=self.place)

    def log(self):
        return read(os.path.join(self.place, 'log'))

    def children(self, pid):
        try:
            return [int(word) for word in
                    read('/proc/%d/task/%d/children' % (pid, pid)).split()]
        except OSError:
            return []

    def find(self):
        """The number that its process 1 has out here."""
        wait_for('%s to be there' % self.kind, lambda: self.children(self.outside.pid))
        self.pid = self.children(self.outside.pid)[0]
        return self

    def ready(self, settled=False):
        """The program runs; with `settled` mcinit has no more to do for its start either."""
        self.find()
        try:
            wait_for('%s to start the program' % self.kind,
                     lambda: self.board[UP] >= self.servers)
            if settled and self.kind == INI:
                wait_for('%s to find it running' % self.kind,
                         lambda: self.log().count('running after') >= self.servers)
        except TimeoutError as error:
            raise TimeoutError('%s; it said: %s' % (error, self.log())) from None
        return self

    def processes(self):
        """All that belong to the supervisor: the tree without the servers."""
        found, look_at = [], [self.pid]
        while look_at:
            pid = look_at.pop()
            look_at += self.children(pid)
            try:
                if os.readlink('/proc/%d/exe' % pid) not in (SERVER, LINES):
                    found.append(pid)
            except OSError:
                pass
        return found

    def roles(self):
        """mcinit's process 1 and console processes, each with what it is."""
        found = []
        for pid in self.processes():
            words = read('/proc/%d/cmdline' % pid).split('\0')
            role = [word[len('--role='):] for word in words if word.startswith('--role=')]
            found.append((role[0] if role else INIT, pid))
        return sorted(found, key=lambda pair: pair[1])

    def memory(self):
        """Private, dirty part of it, and Pss of all its processes, in KiB."""
        return [sum(column) for column in zip(*(memory_of(pid) for pid in self.processes()))]

    def switches(self):
        return sum(switches_of(pid) for pid in self.processes())

    def kill(self):
        """Process 1 takes all of its namespace along."""
        if self.outside.poll() is None:
            for pid in self.children(self.outside.pid) or [self.outside.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.outside.wait()
        if self.outside.stdin is not None:
            self.outside.stdin.close()
        self.bench.running.remove(self)


def memory_of(pid):
    """Private, dirty part of it, and Pss of a process, in KiB, without its part of the rings."""
    total, counted = {}, True
    for line in read('/proc/%d/smaps' % pid).splitlines():
        words = line.split()
        if not words[0].endswith(':'):
            # They are shared memory, but counted as private in the only one that has touched them.
            counted = '/memfd:' not in line
        elif counted and words[-1] == 'kB':
            total[words[0]] = total.get(words[0], 0) + int(words[1])
    dirty = total['Private_Dirty:']
    return [dirty + total['Private_Clean:'], dirty, total['Pss:']]


def switches_of(pid):
    """How often it gave up or lost a processor."""
    return sum(int(line.split()[1]) for line in read('/proc/%d/status' % pid).splitlines()
               if 'ctxt_switches' in line)


def processor_time(pid):
    """In ns."""
    return int(read('/proc/%d/schedstat' % pid).split()[0])


# --- what is printed ---

def heading(text, *columns):
    print('\n%s' % text)
    print('  %-24s %s' % ('', ' '.join('%10s' % column for column in columns)))


def times(value, base):
    """A peer's figure beside ours."""
    return '%.2f x mcinit' % (value / base) if base > 0 else ''
