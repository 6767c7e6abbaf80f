/* SPDX-License-Identifier: MIT */
/*
 * sys: the only door to the kernel.
 *
 * One wrapper per system call with effects, one to a few lines each, returning >= 0 or -errno;
 * errno never travels.  EINTR is retried here and nowhere else.  Every descriptor is born
 * close-on-exec.  No policy: what a failure means is for the caller to know.
 */
#ifndef SYS_H
#define SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stat;
struct signalfd_siginfo;
struct pollfd;
struct termios;

/* A directory being read: opendir() without its malloc().  Set fd, zero the rest. */
struct sys_dir {
	int fd;				/* the caller's, open for reading; nobody else moves it */
	long at, filled;
	_Alignas(8) char records[2048];
};

enum { SYS_SIGNALS = 64 };		/* the kernel's count; a libc hides some of them */

/* Signals. */
int sys_signals_block(void);		/* all 64, whatever libc thinks of 32..34 */
int sys_signals_unblock(void);		/* empty mask: the last step before exec */
int sys_signal_block(int signal);	/* this one as well: SIGPIPE, to get -EPIPE instead */
int sys_signal_admit(int signal);	/* lets it act on us here, if it came while it was blocked */
int sys_signal_default(int signal);	/* the disposition of this one */
int sys_signals_default(void);		/* all dispositions; a leaked SIG_IGN costs a world */
int sys_signalfd(void);			/* all but faults (sys_fault_mask()), non-blocking */
int sys_signalfd_blocking(void);	/* for a loop that has nothing else to wait for */
int sys_suspend(int signal);		/* lets a stop signal act on us; 1 once we were continued, 0 if
					 * the kernel discarded it (an orphaned group), or -errno */
int sys_signal_read(int fd, struct signalfd_siginfo *info, int room);	/* how many; 0: none waits */
int sys_kill(pid_t pid, int signal);	/* one process, pid > 1, or -EINVAL */
int sys_kill_group(pid_t group, int signal);	/* group > 1, or -EINVAL */
int sys_pidfd_open(pid_t pid);
int sys_pidfd_kill(int pidfd, int signal);
int sys_pidfd_kill_group(int pidfd, int signal);	/* its process group; -EINVAL before Linux 6.9 */
int sys_pidfd_status(int pidfd, int *status);	/* of one that was reaped; -EINVAL before Linux 6.15 */

/* Processes. */
const char *sys_own_path(void);		/* as given to the execve() that started us, or NULL */
pid_t sys_pid(void);
pid_t sys_parent(void);
uid_t sys_uid(void);			/* effective */
pid_t sys_fork(void);
int sys_exec(const char *file, char *const argv[], char *const envp[]);
_Noreturn void sys_exit(int code);	/* _exit: no atexit, no stdio flush */
pid_t sys_reap(int *status);		/* any child: its pid, 0 none ended, -ECHILD none left */
pid_t sys_fork_into(int32_t *number);	/* the child's number is there before the child runs */
pid_t sys_peek_end(int *status);	/* as sys_reap(), but the child stays a zombie... */
void sys_bury(pid_t pid);		/* ... until this */
int sys_any_child(void);		/* whether there is one, ended or not; 0 or 1 */
pid_t sys_reap_all(int *status);	/* the same, and says when one stopped (Ctrl-Z) */
int sys_session(void);			/* setsid */
pid_t sys_session_of(pid_t pid);
int sys_group(pid_t pid, pid_t group);	/* setpgid */
pid_t sys_own_group(void);
int sys_subreaper(void);
int sys_death_signal(int signal);
int sys_limit(int resource, uint64_t soft, uint64_t hard);
int sys_limit_get(int resource, uint64_t *soft, uint64_t *hard);
int sys_nice(int value);
mode_t sys_umask(mode_t mask);
int sys_no_new_privileges(void);

/* Descriptors and files. */
const char *sys_dir_next(struct sys_dir *dir);	/* the next name, . and .. left out; NULL: no more */
int sys_open(const char *path, int flags, mode_t mode);
int sys_open_at(int dir, const char *name, int flags, mode_t mode);
int sys_close(int fd);
ssize_t sys_read(int fd, void *bytes, size_t count);
ssize_t sys_write(int fd, const void *bytes, size_t count);
ssize_t sys_pread(int fd, void *bytes, size_t count, off_t at);
ssize_t sys_pwrite(int fd, const void *bytes, size_t count, off_t at);
ssize_t sys_send_now(int socket, const void *bytes, size_t count);	/* never blocks, never SIGPIPE */
int sys_writable_now(int fd);		/* 1, 0, or -errno: poll without waiting */
int sys_readable(int fd, int timeout_ms);	/* waits; 1, 0 or -errno */
int sys_pipe(int ends[2]);		/* both close-on-exec, neither non-blocking */
int sys_nonblocking(int fd);		/* only for descriptors that nobody else shares */
int sys_move(int fd, int to);		/* dup2; fd == to clears close-on-exec */
int sys_move_private(int fd, int to);	/* dup3, close-on-exec; fd != to */
int sys_move_above(int fd, int lowest);	/* close-on-exec copy at `lowest` or higher */
int sys_close_from(int lowest);		/* close_range, else by number up to RLIMIT_NOFILE */
int sys_stat_fd(int fd, struct stat *st);
int sys_stat(const char *path, struct stat *st);
int sys_stat_at(int dir, const char *name, struct stat *st);	/* does not follow a link */
int sys_writable(const char *path);	/* 0 or -errno */
int sys_executable(const char *path);	/* 0 when we may execute it */
int sys_truncate(int fd, off_t size);
int sys_set_mode(int fd, mode_t mode);
int sys_set_owner(int fd, uid_t user, gid_t group);
int sys_give_name(const char *name, gid_t group, mode_t mode);	/* what has that name here */
int sys_allocate(int fd, off_t size);	/* with its blocks */
int sys_lock(int fd);			/* flock exclusive, at once or -EWOULDBLOCK */
int sys_lock_shared(int fd);		/* the same for many at a time */
int sys_make_dir(const char *path, mode_t mode);
int sys_remove_at(int dir, const char *name, bool directory);
int sys_change_dir(const char *path);
int sys_change_dir_fd(int dir);
int sys_working_dir(char *path, size_t room);
ssize_t sys_read_link(const char *path, char *target, size_t room);
ssize_t sys_read_link_at(int dir, const char *name, char *target, size_t room);

/* Waiting and time. */
int sys_epoll(void);
int sys_epoll_add(int epoll, int fd, uint64_t tag);
int sys_epoll_add_edge(int epoll, int fd, uint64_t tag);	/* told of once, not as long as it is so */
int sys_epoll_again(int epoll, int fd, uint64_t tag);	/* ... and once more, if it is so now */
int sys_epoll_watch(int epoll, int fd, uint64_t tag, bool in, bool out);	/* from now on for these */
int sys_epoll_remove(int epoll, int fd);	/* always before the close */
int sys_epoll_wait(int epoll, uint64_t *tags, int room, int timeout_ms);	/* -1: until one comes */
int64_t sys_now(void);			/* CLOCK_MONOTONIC in ms: for every decision */
int64_t sys_wall_clock(void);		/* CLOCK_REALTIME in ms: for the text of a log line only */

/* Memory that outlives a turn (world.c). */
void *sys_map_shared(size_t bytes);	/* zeroed, shared with children; NULL when refused */
void *sys_map_fd(int fd, size_t bytes);
int sys_memfd(const char *name);

/* What the console processes share with PID 1, and with whoever follows. */
void *sys_map_fd_at(int fd, int64_t at, size_t bytes);
/* `head` bytes, then `body` twice in a row, so that its end runs on into its beginning. */
void *sys_map_ring(int fd, int64_t at, size_t head, size_t body, bool writable);
int sys_seal_size(int fd);
int sys_allocate_part(int fd, int64_t at, int64_t bytes);	/* the blocks of a part of a file */
int sys_lock_byte(int fd, int64_t at);	/* ours until we end; at once, or -EAGAIN, -EACCES */
void sys_futex_wake(uint32_t *word);	/* all that wait for it */
void sys_futex_wait(const uint32_t *word, uint32_t value, int timeout_ms);	/* while it is so */
int sys_bell(void);			/* eventfd, non-blocking */
void sys_bell_ring(int bell);
void sys_bell_clear(int bell);
int sys_poll(struct pollfd *fds, unsigned count, int timeout_ms);	/* EINTR is 0 */
int sys_poll_admit(struct pollfd *fds, unsigned count, int timeout_ms, int signal);	/* ... acts on us */
int sys_make_fifo_at(int dir, const char *name, mode_t mode);
int sys_make_dir_at(int dir, const char *name, mode_t mode);
int sys_link_at(int dir, const char *name, const char *target);
int sys_rename_at(int dir, const char *from, const char *to);
int sys_rename_new_at(int dir, const char *from, const char *to);	/* -EEXIST: there is one */
int sys_pipe_room(int fd, int bytes);	/* what it has then, or -errno */
int sys_waiting_bytes(int fd);		/* in a pipe or terminal */
int64_t sys_place_in(int fd);		/* the offset that all who share the open file share */

/* Terminals. */
bool sys_is_tty(int fd);
int sys_pty(void);			/* a master, non-blocking */
int sys_pty_peer(int master);		/* its other side */
int sys_tty_own(int fd);		/* makes it the terminal of our session */
int sys_tty_copy_size(int from, int to);
int sys_tty_columns(int fd);		/* 0: unknown */
int sys_tty_keys(int fd, struct termios *before);
int sys_tty_typing(int fd, const struct termios *before, bool on);	/* Ctrl-C, Ctrl-Z are keys meanwhile */
int sys_tty_restore(int fd, const struct termios *before);
pid_t sys_tty_group(int fd);
int sys_tty_set_group(int fd, pid_t group);

/* To outlive our own faults and our own exec (crash.c). */
/*
 * The handler of SIGSEGV and the like, on a stack of its own; `info` is a siginfo_t.  All signals
 * are blocked then, these too.
 */
int sys_on_fault(void (*handler)(int signal, void *info, void *context), void *stack, size_t bytes);
uint64_t sys_fault_mask(void);		/* SIGSEGV and the like, a bit each */
int sys_faults_unblock(void);		/* blocked, they would end us without a word */
int sys_keep_at_exec(int fd, bool keep);	/* close-on-exec or not; -EBADF: it is not open */
void *sys_map_private(int fd, size_t bytes);	/* to read, NULL when refused */
void sys_unmap(void *at, size_t bytes);
size_t sys_page(void);			/* bytes of one */
void sys_give_back(void *at, size_t bytes);	/* whole pages of it are zeros from now on */
void sys_build_id(uint8_t id[20]);	/* which build of the program we are; zeros: unknown */

/* Local sockets; names are in the working directory, as a path has room for 107 bytes only. */
int sys_listen_here(const char *name);	/* 0600, non-blocking, close-on-exec */
int sys_connect_here(const char *name);	/* the same; -EAGAIN: too many wait there */
int sys_accept(int socket);		/* non-blocking, close-on-exec; -EAGAIN: nobody is there */
int sys_connect_datagram(const char *path);	/* "@name" is an abstract one; non-blocking */
int sys_peer_uid(int socket, uid_t *uid);	/* of whoever connected */
bool sys_peer_is_in(int socket, gid_t group);	/* as his own, or one beside it (Linux 4.13) */
int sys_pair(int ends[2]);		/* each send is one read; close-on-exec */
ssize_t sys_send_with_fd(int socket, const void *bytes, size_t count, int fd);
/* Never blocks; *fd is a descriptor that came with it, close-on-exec, or -1. */
ssize_t sys_receive_with_fd(int socket, void *bytes, size_t room, int *fd);

/* Connections to elsewhere: on their way as a rule when the call returns, non-blocking, close-on-exec. */
struct sockaddr_storage;
int sys_connect_to(const struct sockaddr_storage *address, unsigned bytes);
int sys_socket_error(int socket);	/* 0, or what became of it: -errno, -EINPROGRESS: nothing yet */
int sys_try_address(const struct sockaddr_storage *address, unsigned bytes);	/* could we listen there? */
int sys_shut_down(int socket);		/* nothing more is sent; what comes can still be read */
int sys_random(void *bytes, size_t count);	/* all of them, or -errno */

/*
 * Another program in our place, with all signals blocked: by its descriptor, or by its path if that is
 * -1 or the kernel knows no such way (before Linux 3.19).  Returns -errno, with the mask as it was.
 */
int sys_exec_fd(int fd, const char *path, char *const argv[], char *const envp[]);
int sys_take_name(const char *name);	/* for ps and top; after an exec by descriptor it is a number */

/* The machine: refused (EPERM, EINVAL) everywhere but in an appliance. */
int sys_reboot(int command);
void sys_sync(void);
int sys_flush(int fd);			/* fsync */

#endif
