/* SPDX-License-Identifier: MIT */
/*
 * sys_self: the fourth part of sys.c: what a program needs to outlive its own faults and its own
 * exec; see sys.h.
 *
 * It must never decide anything, log anything, or keep state.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys_in.h"

enum { MASK_BYTES = 8, NT_BUILD = 3, MUSL_OWN = 33 };

/* All that the kernel sends for what a program does itself. */
static const uint8_t faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };

/*
 * CLONE_PARENT_SETTID: the kernel stores the number before the child can run and before we are
 * told, so there is no instruction at which a child exists whose number stands nowhere.  The
 * first three arguments are in this order on every machine that we are built for.
 */
pid_t
sys_fork_into(int32_t *number)
{
	long pid = syscall(SYS_clone, (unsigned long)SIGCHLD | CLONE_PARENT_SETTID, 0, number, 0, 0);

	return pid < 0 ? -errno : (pid_t)pid;
}

pid_t
sys_peek_end(int *status)
{
	siginfo_t info = { 0 };
	int rc = (int)RETRY(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT));

	if (rc < 0)
		return rc;
	*status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 :
	    (info.si_status & 0x7f) | (info.si_code == CLD_DUMPED ? 0x80 : 0);
	return info.si_pid;
}

void
sys_bury(pid_t pid)
{
	siginfo_t info;

	RETRY(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
}

int
sys_on_fault(void (*handler)(int signal, void *info, void *context), void *stack, size_t bytes)
{
	/* The header of siginfo_t is not for all to have; a pointer is passed as a pointer. */
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK,
		.sa_sigaction = (void (*)(int, siginfo_t *, void *))(void (*)(void))handler };
	stack_t room = { .ss_sp = stack, .ss_size = bytes };
	int rc = 0;

	if (sigaltstack(&room, NULL) < 0)
		return -errno;
	sigfillset(&action.sa_mask);
	/* For its threads musl unblocks two signals at the first handler (1.2.3 to 1.2.5); they would end us. */
	for (int i = 0; i < 2; i++)
		sys_signal_set(MUSL_OWN + i, SIG_IGN);
	for (size_t i = 0; i < sizeof(faults) && rc == 0; i++)
		rc = sigaction(faults[i], &action, NULL) < 0 ? -errno : 0;
	sys_signals_block();
	for (int i = 0; i < 2; i++)
		sys_signal_set(MUSL_OWN + i, SIG_DFL);
	return rc;
}

uint64_t
sys_fault_mask(void)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < sizeof(faults); i++)
		mask |= UINT64_C(1) << (faults[i] - 1);
	return mask;
}

int
sys_faults_unblock(void)
{
	uint64_t mask = sys_fault_mask();

	return syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, MASK_BYTES) ? -errno : 0;
}

int
sys_keep_at_exec(int fd, bool keep)
{
	return fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC) < 0 ? -errno : 0;
}

void *
sys_map_private(int fd, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

void
sys_unmap(void *at, size_t bytes)
{
	munmap(at, bytes);
}

size_t
sys_page(void)
{
	return (size_t)getauxval(AT_PAGESZ);
}

void
sys_give_back(void *at, size_t bytes)
{
	uintptr_t page = sys_page(), from = (uintptr_t)at, to = from + bytes;

	from = (from + page - 1) / page * page;
	to = to / page * page;
	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

/* From the notes that the linker puts beside the program headers. */
/* Where the linker put our head; without an interpreter there is no PT_PHDR to find it by. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

static bool
find_build(const char *at, const char *end, uint8_t id[20])
{
	while ((size_t)(end - at) > sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
		const char *body = at + sizeof(*note) + ((note->n_namesz + 3) & ~3U);

		if (note->n_type == NT_BUILD && note->n_descsz == 20) {
			memcpy(id, body, 20);
			return true;
		}
		at = body + ((note->n_descsz + 3) & ~3U);
	}
	return false;
}

void
sys_build_id(uint8_t id[20])
{
	const char *base = __ehdr_start;
	const ElfW(Ehdr) *head = (const ElfW(Ehdr) *)(const void *)base;
	const ElfW(Phdr) *part = (const ElfW(Phdr) *)(const void *)(base + head->e_phoff);

	memset(id, 0, 20);
	for (const ElfW(Phdr) *end = part + head->e_phnum; part < end; part++)
		if (part->p_type == PT_NOTE && find_build(base + part->p_vaddr,
		    base + part->p_vaddr + part->p_memsz, id))
			return;
}
