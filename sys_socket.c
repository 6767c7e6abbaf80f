/* SPDX-License-Identifier: MIT */
/*
 * sys_socket: the fifth part of sys.c: local sockets, and what goes with a file of a descriptor's
 * own; see sys.h.
 *
 * It must never decide anything, log anything, or keep state.
 */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys_in.h"

enum { BACKLOG = 1024, GROUPS = 1024, PEER_GROUPS = 59 /* SO_PEERGROUPS */ };

static socklen_t
address_of(struct sockaddr_un *address, const char *name)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(address->sun_path, name, sizeof(address->sun_path) - 1);
	return sizeof(*address);
}

int
sys_listen_here(const char *name)
{
	struct sockaddr_un address;
	socklen_t bytes = address_of(&address, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;

	if (fd < 0)
		return -errno;
	/* The mode of the socket before it has a name is that of the name from its first moment on. */
	if (fchmod(fd, 0600) == 0 && bind(fd, (struct sockaddr *)&address, bytes) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
sys_connect_here(const char *name)
{
	struct sockaddr_un address;
	socklen_t bytes = address_of(&address, name);
	int fd, rc;

	if (strlen(name) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = (int)RETRY(connect(fd, (struct sockaddr *)&address, bytes));
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int
sys_connect_datagram(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd, rc;

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
sys_accept(int socket)
{
	return (int)RETRY(accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int
sys_peer_uid(int socket, uid_t *uid)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
		return -errno;
	*uid = peer.uid;
	return 0;
}

bool
sys_peer_is_in(int socket, gid_t group)
{
	static gid_t groups[GROUPS];
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
		return false;
	if (peer.gid == group)
		return true;
	/* One who is in more groups than fit is not looked at. */
	bytes = sizeof(groups);
	if (getsockopt(socket, SOL_SOCKET, PEER_GROUPS, groups, &bytes) != 0)
		return false;
	for (size_t i = 0; i < bytes / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

int
sys_give_name(const char *name, gid_t group, mode_t mode)
{
	if (lchown(name, (uid_t)-1, group) != 0)
		return -errno;
	return chmod(name, mode) != 0 ? -errno : 0;
}

int
sys_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? -errno : 0;
}

int
sys_connect_to(const struct sockaddr_storage *address, unsigned bytes)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, rc;

	if (fd < 0)
		return -errno;
	/* What waits for more to be sent could arrive together with it. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)address, bytes) == 0 || errno == EINPROGRESS ||
	    errno == EINTR)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
sys_socket_error(int socket)
{
	struct pollfd state = { .fd = socket, .events = POLLOUT };
	socklen_t bytes = sizeof(int);
	int error = 0;

	if (RETRY(poll(&state, 1, 0)) == 0)
		return -EINPROGRESS;
	return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &bytes) ? -errno : -error;
}

int
sys_try_address(const struct sockaddr_storage *address, unsigned bytes)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, rc;

	if (fd < 0)
		return -errno;
	/* As servers do it: what is left of connections of before is in nobody's way. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = bind(fd, (const struct sockaddr *)address, bytes) ? -errno : 0;
	if (rc == 0 && listen(fd, 1) != 0)
		rc = -errno;
	close(fd);
	return rc;
}

int
sys_shut_down(int socket)
{
	return shutdown(socket, SHUT_WR) ? -errno : 0;
}

int
sys_random(void *bytes, size_t count)
{
	for (size_t done = 0; done < count; ) {
		ssize_t n = RETRY(getrandom((char *)bytes + done, count - done, 0));

		if (n < 0)
			return (int)n;
		done += (size_t)n;
	}
	return 0;
}

/* Room for one descriptor beside a message. */
union beside {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr aligned;
};

ssize_t
sys_send_with_fd(int socket, const void *bytes, size_t count, int fd)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = count };
	union beside beside = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &beside,
		.msg_controllen = sizeof(beside) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return RETRY(sendmsg(socket, &message, MSG_NOSIGNAL));
}

ssize_t
sys_receive_with_fd(int socket, void *bytes, size_t room, int *fd)
{
	struct iovec part = { .iov_base = bytes, .iov_len = room };
	union beside beside = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &beside,
		/* Of a second one the kernel shall not make a descriptor that nobody knows of. */
		.msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n = RETRY(recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
	struct cmsghdr *head = n >= 0 ? CMSG_FIRSTHDR(&message) : NULL;

	*fd = -1;
	if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return n;
}

/*
 * The handlers of ours are gone with the exec: what is sent before it has its own has to wait.  Between
 * the mask and the exec nothing of ours can fail.
 */
int
sys_exec_fd(int fd, const char *path, char *const argv[], char *const envp[])
{
	uint64_t all = ~UINT64_C(0), before = 0;
	int rc;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	if (fd >= 0)
		syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	if (fd < 0 || errno == ENOSYS)
		execve(path, argv, envp);
	rc = -errno;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	return rc;
}

int
sys_take_name(const char *name)
{
	return prctl(PR_SET_NAME, name) ? -errno : 0;
}
