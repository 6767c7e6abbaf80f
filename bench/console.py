# SPDX-License-Identifier: MIT
#
# console: how fast what a server prints gets into its log file, beside those who do only that.
#
# Used by bench/run.  A program (lines.c) prints lines of 100 bytes as fast as they are taken:
# through mcinit's FIFO, carrier, ring and file writer, or through a plain pipe into a logger.  All
# write into the same file system; rounds take turns, and medians are told.
#
# - MB/s (10^6 bytes) counts from just before the first write of the program until the last byte
#   is in a file, which is looked for every few ms in a run of seconds.
# - The peers get less to write: they need long enough for it, and multilog keeps no more than
#   503 MB (n30 of its largest size).
# - Processor time is that of the supervisor or logger alone, without the program that prints.
# - Of mcinit's files each line is compared with what was printed; with on_full = drop what is
#   missing has to be what the lines say that stand in its place.

import os
import shutil
import statistics
import subprocess
import time

from lab import (INI, INIT, LINES, heading, memory_of, processor_time, read, times, wait_for,
                 write)

BYTES = max(int(os.environ.get('BENCH_CONSOLE_BYTES', 2000000000)) // 100 * 100, 100)
PEER_BYTES = min(BYTES, 500000000)
ROUNDS = 3
BLOCK, DROP = 'mcinit, block', 'mcinit, drop'
# At least so many MB/s, so many times those of a peer, and at most so many KiB.
SPEED_BUDGET, PEER_BUDGETS, MEMORY_BUDGET = 500, {'multilog': 2, 's6-log': 4, 'svlogd': 4}, 40
LOGGERS = {
    'multilog': ['multilog', 's16777215', 'n30', './log'],
    's6-log': ['s6-log', 'n30', 's100000000', './log'],
    'svlogd': ['svlogd', './log'],
}


def files_in(path):
    """The log and the old ones, oldest first, and nothing of what loggers keep beside them."""
    def age(name):
        number = name.rsplit('.', 1)[1]
        return int(number) if number.isdigit() else 1 << 62
    names = os.listdir(path)
    ours = sorted((name for name in names if '.log' in name), key=age)
    peers = sorted(name for name in names if name.startswith('@')) + ['current']
    return [os.path.join(path, name) for name in ours or peers]


def is_written(path, sent):
    """All is there, or, when some of it may be missing, the last line is."""
    # As lines.c numbers them: in its block of 5000 lines, and the block.
    number = sent // 100 - 1
    last = b' %08x %08x\n' % (number % 5000, number // 5000)
    try:
        files = files_in(path)
        if sum(os.path.getsize(name) for name in files) >= sent:
            return True
        with open(files[-1], 'rb') as file:
            file.seek(-len(last), os.SEEK_END)
            return file.read() == last
    except OSError:
        return False


def timed(path, sent, note, pids):
    """MB/s, and processor seconds for each GB."""
    wait_for('%d bytes in %s' % (sent, path), lambda: is_written(path, sent), pause=0.004)
    ended = time.monotonic_ns()
    used = sum(processor_time(pid) for pid in pids())
    return sent * 1e3 / (ended - int(read(note))), used / sent


def through_mcinit(bench, kind):
    """Speed, processor time, bytes that are missing, and the memory of its processes behind it."""
    place = bench.new_place()
    path, note = os.path.join(place, 'log'), os.path.join(place, 'note')
    log = ['stdout = no', 'dir = %s' % path, 'rotate_size = 100M', 'rotate_keep = 1000',
           'on_full = %s' % kind.split()[-1]]
    subject = bench.start(INI, ini={'command': '%s put %d %s' % (LINES, BYTES, note), 'log': log})
    try:
        figures = timed(path, BYTES, note, subject.find().processes)
        memory = {role: memory_of(pid) for role, pid in subject.roles()}
    except TimeoutError as error:
        raise TimeoutError('%s; it said: %s' % (error, subject.log())) from None
    subject.kill()
    checked = subprocess.run([LINES, 'check', str(BYTES), *files_in(path)], check=False,
                             capture_output=True, text=True)
    if checked.returncode != 0:
        bench.verdicts['OVER'] += 1
        print('\n  %s: the files do NOT hold what was printed. %s' %
              (kind, checked.stderr.strip() or 'Their end is missing.'))
    shutil.rmtree(place)
    return (*figures, int(checked.stdout or 0), memory)


def through_peer(bench, kind):
    place = bench.new_place()
    path, note = os.path.join(place, 'log'), os.path.join(place, 'note')
    os.mkdir(path)
    if kind == 'svlogd':
        write(os.path.join(path, 'config'), 's100000000\nn30\n')
    with open(os.path.join(place, 'said'), 'wb') as said, \
            subprocess.Popen([LINES, 'put', str(PEER_BYTES), note], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE) as lines:
        # Without what it reads from it would end, and with it what it has used.
        with subprocess.Popen(LOGGERS[kind], stdin=lines.stdout, stdout=said, stderr=said,
                              cwd=place) as logger:
            try:
                figures = timed(path, PEER_BYTES, note, lambda: [logger.pid])
            finally:
                lines.kill()
                lines.stdout.close()
                logger.kill()
    shutil.rmtree(place)
    return figures


def bench_console(bench):
    peers = [kind for kind in LOGGERS if shutil.which(kind)]
    kinds = [BLOCK] + peers + [DROP]
    found = {kind: [] for kind in kinds}
    for turn in range(ROUNDS):
        for kind in kinds[turn % len(kinds):] + kinds[:turn % len(kinds)]:
            found[kind].append(through_peer(bench, kind) if kind in peers else
                               through_mcinit(bench, kind))
    heading('8. a console of 100-byte lines into files (median of %d rounds)' % ROUNDS, 'MB/s',
            'lowest', 'highest', 's per GB')
    speed = {kind: statistics.median(one[0] for one in found[kind]) for kind in kinds}
    for kind in kinds:
        ratio, verdict = times(speed[kind], speed[BLOCK]), ''
        if kind == BLOCK:
            ratio, verdict = bench.judge(round(speed[kind]), SPEED_BUDGET, least=True)
        bench.row(kind, ['%.0f' % speed[kind], *('%.0f' % end([one[0] for one in found[kind]])
                                                 for end in (min, max)),
                         '%.2f' % statistics.median(one[1] for one in found[kind])],
                  ratio, verdict)
    for kind in peers:
        ratio, verdict = bench.judge(round(speed[BLOCK] / speed[kind], 2), PEER_BUDGETS[kind],
                                     least=True)
        bench.row('block, x %s' % kind, ['%.2f' % (speed[BLOCK] / speed[kind])] + [''] * 3, ratio,
                  verdict)
    lost = ', '.join('%.1f %%' % (100 * one[2] / BYTES) for one in found[DROP])
    print('  mcinit: %d MB, each byte compared; peers: %d MB.  s per GB: processor time without' %
          (BYTES / 1e6, PEER_BYTES / 1e6))
    print('  the program that prints.  drop: so much was missing, and was said to be: %s.' % lost)
    heading('   memory of the processes after that, KiB', 'private', 'of it dirty', 'Pss')
    for role, figures in found[BLOCK][-1][3].items():
        ratio, verdict = ('', '') if role == INIT else bench.judge(figures[1], MEMORY_BUDGET)
        bench.row(role, figures, ratio, verdict)
