/* SPDX-License-Identifier: MIT */
/*
 * control: the socket run_dir/control, and whoever is connected to it.
 *
 * Only root, our own user, and the members of a group are heard.  A client that says nothing, or half a line,
 * costs a place, and loses it after a moment to the next one when there is no other; one that does not read
 * costs itself its answer.
 * Called by act_control.c.  It must never wait for anybody, and never know what is asked for.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTROL_CLIENTS = 32 };

/*
 * The listening socket, above all that children rearrange; leaves us in run_dir.  Or -errno.  run_dir and
 * socket are open to `group`, if it is not CONTROL_NO_GROUP; *refused is then 0, or why they could not be.
 */
#define CONTROL_NO_GROUP	UINT32_MAX
int control_open(const char *run_dir, uint32_t group, int *refused);

/* Whose members are heard, too; an image has to be told. */
void control_admit(uint32_t group);

/* Whether it is root, or our own user. */
bool control_is_trusted(int client);
void control_remove(int dir);

/*
 * The next one who has connected is let in, and watched with `tag` + its place, which is returned: he is to be
 * heard at once, for where many come and say nothing he may not be there for long.  Or one of these: it was
 * nobody who may ask, or nobody more waits.  To be called until then, and again when another descriptor may be
 * free: who waits is told of once.
 */
enum { CONTROL_NOBODY = -1, CONTROL_NOBODY_MORE = -2 };
int control_accept(int listener, int epoll, unsigned tag);

/* What a client says: the length of a whole line, without its newline, and the line; or 0: not yet. */
size_t control_hear(int client, int epoll, const char **line);

/* Tells it something, and hangs up if that was the `last`. */
void control_tell(int client, int epoll, const char *line, size_t bytes, bool last);

/* The same for the last time, and with a descriptor, which stays the caller's.  0; or -errno: nothing was told. */
int control_give(int client, int epoll, const char *line, size_t bytes, int fd);

/*
 * Its answer takes time, for what is the caller's `matter` (to INT8_MAX): its place is not another's meanwhile,
 * what more it says is not heard, and the line that it said is kept.  False: too many wait, and some places
 * are for those who want something else.
 */
bool control_keep(int client, int matter);
int control_matter(int client);		/* or -1: it waits for nothing */
size_t control_said(int client, const char **line);
/* What it said is being done; from then on it does not wait for its turn any more. */
void control_serve(int client);
bool control_is_served(int client);
bool control_is_there(int client);

/* A part of such an answer: how many bytes were taken; -1, and it was hung up on: it is not there any more. */
int control_send(int client, int epoll, const char *bytes, size_t count);

/* Tells of a client that waits also when it can take more. */
void control_watch(int client, int epoll, unsigned tag, bool room);

/* It leaves its place, and its descriptor is the caller's. */
int control_release(int client, int epoll);

#endif
