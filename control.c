/* SPDX-License-Identifier: MIT */
/*
 * control: the socket run_dir/control, and whoever is connected to it; see control.h.
 *
 * Clients do not outlive an image of mcinit: they ask again.  It must never wait for anybody.
 */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ctl.h"
#include "sys.h"

/*
 * So many places are for those who have asked for nothing yet, however many wait.  Who has a place has it for a
 * moment (ms), in which the next one cannot take it.  The last place is the door: who comes when there is none
 * is heard there, if he speaks at once.
 */
enum { HIGH = 16, NOT_TO_WAIT_IN = 8, MOMENT = 100, DOOR = CONTROL_CLIENTS };

/* Apart from their lines, so that the memory of those is not touched before somebody speaks. */
static struct {
	int fd;				/* 0 = nobody */
	int64_t since;
	uint16_t filled, said;		/* bytes of its line, and of that up to its newline */
	int8_t matter;			/* what its answer waits for, or -1 */
	bool served, trusted;
} clients[CONTROL_CLIENTS + 1];
static _Alignas(4096) char lines[CONTROL_CLIENTS + 1][CTL_REQUEST];
static uint32_t admitted = CONTROL_NO_GROUP;

/* The socket first: it is for members only when it is theirs. */
static int
open_to(uint32_t group)
{
	int rc = sys_give_name("control", group, 0660);

	return rc < 0 ? rc : sys_give_name(".", group, 0750);
}

int
control_open(const char *run_dir, uint32_t group, int *refused)
{
	int fd, above, rc = sys_change_dir(run_dir);

	*refused = 0;

	if (rc < 0)
		return rc;
	/* Nobody else answers there: the lock of run_dir is ours. */
	sys_remove_at(AT_FDCWD, "control", false);
	fd = sys_listen_here("control");
	if (fd < 0)
		return fd;
	if (group != CONTROL_NO_GROUP)
		*refused = open_to(group);
	control_admit(*refused < 0 ? CONTROL_NO_GROUP : group);
	above = sys_move_above(fd, HIGH);
	sys_close(fd);
	return above;
}

void
control_admit(uint32_t group)
{
	admitted = group;
}

void
control_remove(int dir)
{
	sys_remove_at(dir, "control", false);
}

int
control_release(int client, int epoll)
{
	int fd = clients[client].fd;

	sys_epoll_remove(epoll, fd);
	clients[client].fd = 0;
	return fd;
}

static void
hang_up(int client, int epoll)
{
	sys_close(control_release(client, epoll));
	/* A crowd has made memory of all lines. */
	for (int i = 0; i <= DOOR; i++)
		if (clients[i].fd != 0)
			return;
	sys_give_back(lines, sizeof(lines));
}

/* A free place, or that of the one who has been silent for longest, or the door. */
static int
make_place(int epoll, int64_t now)
{
	int oldest = -1;

	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		if (clients[i].fd == 0)
			return i;
		if (clients[i].matter < 0 && (oldest < 0 || clients[i].since < clients[oldest].since))
			oldest = i;
	}
	if (oldest < 0 || now - clients[oldest].since < MOMENT)
		return DOOR;
	hang_up(oldest, epoll);
	return oldest;
}

static bool
may_ask(int fd, bool *trusted)
{
	uid_t uid;

	*trusted = sys_peer_uid(fd, &uid) == 0 && (uid == 0 || uid == sys_uid());
	return *trusted || (admitted != CONTROL_NO_GROUP && sys_peer_is_in(fd, (gid_t)admitted));
}

/* Its place, or CONTROL_NOBODY. */
static int
let_in(int fd, int epoll, unsigned tag, bool trusted)
{
	int64_t now = sys_now();
	int client = make_place(epoll, now), above = sys_move_above(fd, HIGH);
	char line[CTL_ANSWER];

	sys_close(fd);
	if (above < 0 || sys_epoll_add(epoll, above, tag | (unsigned)client) < 0) {
		if (above >= 0)
			sys_close(above);
		return CONTROL_NOBODY;
	}
	clients[client].fd = above;
	clients[client].since = now;
	clients[client].filled = clients[client].said = 0;
	clients[client].matter = -1;
	clients[client].trusted = trusted;
	control_tell(client, epoll, line, ctl_greeting(line), false);
	return client;
}

int
control_accept(int listener, int epoll, unsigned tag)
{
	bool trusted;
	int fd = sys_accept(listener);

	if (clients[DOOR].fd != 0)
		hang_up(DOOR, epoll);
	if (fd < 0)
		return CONTROL_NOBODY_MORE;
	if (may_ask(fd, &trusted))
		return let_in(fd, epoll, tag, trusted);
	sys_close(fd);
	return CONTROL_NOBODY;
}

/* Of one that waits only its end is of interest. */
static void
hear_more(int client, int epoll)
{
	char unheard[256];
	ssize_t n = sys_read(clients[client].fd, unheard, sizeof(unheard));

	if (n <= 0 && n != -EAGAIN)
		hang_up(client, epoll);
}

size_t
control_hear(int client, int epoll, const char **line)
{
	char *all = lines[client], *end;
	size_t room;
	ssize_t n;

	if (clients[client].fd == 0)
		return 0;
	if (clients[client].matter >= 0) {
		hear_more(client, epoll);
		return 0;
	}
	room = sizeof(lines[client]) - clients[client].filled;
	n = sys_read(clients[client].fd, all + clients[client].filled, room);
	if (n == -EAGAIN)
		return 0;
	end = n > 0 ? memchr(all + clients[client].filled, '\n', (size_t)n) : NULL;
	if (n > 0)
		clients[client].filled = (uint16_t)(clients[client].filled + n);
	*line = all;
	if (end != NULL && end > all) {
		clients[client].said = (uint16_t)(end - all);
		return clients[client].said;
	}
	/* It has hung up, says nothing, or too much. */
	if (n <= 0 || end != NULL || clients[client].filled == sizeof(lines[client]))
		hang_up(client, epoll);
	return 0;
}

void
control_tell(int client, int epoll, const char *line, size_t bytes, bool last)
{
	/* Who does not read does not want to know. */
	if (sys_send_now(clients[client].fd, line, bytes) != (ssize_t)bytes || last)
		hang_up(client, epoll);
}

int
control_give(int client, int epoll, const char *line, size_t bytes, int fd)
{
	ssize_t n = sys_send_with_fd(clients[client].fd, line, bytes, fd);

	/* As many descriptors are on their way as our user may have (ETOOMANYREFS), to others who do not read. */
	if (n < 0 && n != -EAGAIN && n != -EPIPE)
		return (int)n;
	hang_up(client, epoll);
	return 0;
}

/* ---- answers that take time ---- */

bool
control_keep(int client, int matter)
{
	int wait = 0;

	for (int i = 0; i < CONTROL_CLIENTS; i++)
		wait += clients[i].fd != 0 && clients[i].matter >= 0;
	if (wait >= CONTROL_CLIENTS - NOT_TO_WAIT_IN || client == DOOR)
		return false;
	clients[client].matter = (int8_t)matter;
	clients[client].served = false;
	return true;
}

bool
control_is_trusted(int client)
{
	return clients[client].trusted;
}

void
control_serve(int client)
{
	clients[client].served = true;
}

bool
control_is_served(int client)
{
	return clients[client].served;
}

int
control_matter(int client)
{
	return clients[client].fd != 0 ? clients[client].matter : -1;
}

size_t
control_said(int client, const char **line)
{
	*line = lines[client];
	return clients[client].fd != 0 ? clients[client].said : 0;
}

bool
control_is_there(int client)
{
	return clients[client].fd != 0;
}

int
control_send(int client, int epoll, const char *bytes, size_t count)
{
	ssize_t n = sys_send_now(clients[client].fd, bytes, count);

	if (n >= 0 || n == -EAGAIN)
		return n > 0 ? (int)n : 0;
	hang_up(client, epoll);
	return -1;
}

void
control_watch(int client, int epoll, unsigned tag, bool room)
{
	if (clients[client].fd != 0)
		sys_epoll_watch(epoll, clients[client].fd, tag | (unsigned)client, true, room);
}
