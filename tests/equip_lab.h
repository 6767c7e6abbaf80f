/* SPDX-License-Identifier: MIT */
/*
 * equip_lab: a server's directory, and where that is allowed a network of its own, for the tests of
 * what is done in it before a server starts.
 *
 * Included once by each.  It must never listen where others could be in its way, unless it is
 * alone.
 */
#ifndef EQUIP_LAB_H
#define EQUIP_LAB_H

#include "conf_try.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "equip.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define PROPERTIES	"server.properties"

static char path[64], notes[2048];
static struct equip_shared *shared;
static struct equip_rcon known[CONF_SERVERS];
static bool alone;			/* nobody else listens in our network */

static inline void
loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	alone = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
	request.ifr_flags |= IFF_UP;
	alone = alone && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
}

static inline int
set_up_all(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		loopback_up();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED;
}

static inline int
make_dir(void **state)
{
	(void)state;
	strcpy(path, "/tmp/unit_equip.XXXXXX");
	umask(022);
	memset(shared, 0, sizeof(*shared));
	memset(known, 0, sizeof(known));
	return mkdtemp(path) == NULL || chdir(path) != 0;
}

static inline int
remove_dir(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", path);
	return chdir("/") != 0 || system(command);
}

static inline void
put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* NULL: there is none. */
static inline const char *
text_of(const char *name)
{
	static char text[4096];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static inline int
mode_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (int)(st.st_mode & 0777) : -1;
}

static inline void
take_note(int report, enum equip_note note, int error, int number, const char *word)
{
#define X(name, level, text) #name,
	static const char *const names[] = { EQUIP_NOTES(X) };
#undef X
	char *to = notes + strlen(notes);
	size_t room = sizeof(notes) - strlen(notes);

	assert_int_equal(report, 4711);
	assert_true(strlen(word) < 64);
	snprintf(to, room, "%s%s", notes[0] != '\0' ? " " : "", names[note]);
	if (error != 0)
		snprintf(notes + strlen(notes), sizeof(notes) - strlen(notes), ":%s", strerror(error));
	if (number != 0 || word[0] != '\0')
		snprintf(notes + strlen(notes), sizeof(notes) - strlen(notes), ":%d:%s", number, word);
}

static inline const struct equip_rcon *
equip(const char *keys, bool in_container, const char *jar, int slot)
{
	struct equip_job job = { .conf = &conf, .slot = slot, .in_container = in_container, .jar = jar,
		.known = known, .shared = shared, .report = 4711, .note = take_note };
	char text[4096];

	snprintf(text, sizeof(text), "[server]\n%s\n", keys);
	good(text);
	notes[0] = '\0';
	equip_server(&job);
	assert_int_equal(shared->told[slot].pid, getpid());
	return &shared->told[slot].rcon;
}

/* "127.0.0.1:25575 PASSWORD", or "off". */
static inline const char *
shown_rcon(const struct equip_rcon *rcon)
{
	static char text[512];
	char place[WIRE_TEXT];

	if (!rcon->on)
		return "off";
	wire_text(&rcon->place, place);
	snprintf(text, sizeof(text), "%s %s", place, rcon->password);
	return text;
}

/* A "*" stands for a password that was made up: 24 letters and digits. */
static inline bool
is_like(const char *text, const char *pattern)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	for (; *pattern != '\0'; pattern++) {
		size_t n = *pattern == '*' ? strspn(text, letters) : 1;

		if (*pattern == '*' ? n != 24 : *text != *pattern)
			return false;
		text += n;
	}
	return *text == '\0';
}

static inline int
listener(const char *address, int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

#endif
