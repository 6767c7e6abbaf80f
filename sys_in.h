/* SPDX-License-Identifier: MIT */
/*
 * sys_in: what the parts of sys share with each other and with nobody else: sys.c (processes,
 * signals, waiting), sys_file.c (descriptors, files, memory), sys_share.c (rings, bells, FIFOs,
 * terminals), sys_self.c (faults, exec of ourselves), sys_socket.c (sockets).
 */
#ifndef SYS_IN_H
#define SYS_IN_H

/* The result of a call that is repeated while a signal interrupts it, or -errno. */
#define RETRY(call) ({ \
	long result_; \
	do \
		result_ = (long)(call); \
	while (result_ == -1 && errno == EINTR); \
	result_ == -1 ? -errno : result_; \
})

/* sys.c: to SIG_DFL or SIG_IGN; a handler would need more. */
int sys_signal_set(int signal, void (*handler)(int));

#endif
