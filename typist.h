/* SPDX-License-Identifier: MIT */
/*
 * typist: a person who types lines at a terminal, by the keys of edit.c.
 *
 * Called by remote.c (the verb rcon) and talk.c (the verb console).  Between typist_open() and typist_close()
 * the terminal gives its keys one by one, and signals come as bytes do.  It must never end, nor be stopped, with
 * the terminal as it is then, and never draw into what others print.
 */
#ifndef TYPIST_H
#define TYPIST_H

#include <stdbool.h>
#include <stddef.h>

enum typist_news {
	TYPIST_NOTHING,			/* so far */
	TYPIST_LINE,
	TYPIST_OFF,			/* Ctrl-C: what was typed is given up */
	TYPIST_TOO_LONG,		/* nor is that a line */
	TYPIST_END			/* Ctrl-C or Ctrl-D on an empty line, a signal, or the terminal is gone */
};

/*
 * Takes the terminal that is standard input and output.  0; or -errno, or a signal that was to end us while we had to
 * wait for it in the background: nothing was changed.
 */
int typist_open(void);

/* Begins a line; whatever was printed has to be out, and to end with a newline. */
void typist_begin(const char *prompt);

/* What is typed, for so long (ms; -1: until there is news).  *line is the whole one, until the next call. */
enum typist_news typist_wait(int timeout_ms, char **line);

/* Takes the line off the screen while others print, and draws it again below. */
void typist_hide(void);
void typist_show(void);

/*
 * While something else is waited for: can be read when a signal has come, or -1: nobody types; whether that
 * ends the waiting; and it was taken for that.
 */
int typist_signals(void);
bool typist_interrupted(void);
void typist_go_on(void);

/* What the line wants is on its way: from here on the waiting is ended by a Ctrl-C that was typed right behind it, too. */
void typist_said(void);

/*
 * Prints, between hide and show.  0; -EINTR: a signal wants what is under way to end, and not all was printed; or
 * another -errno: the terminal is gone.
 */
int typist_print(const char *bytes, size_t count);

/* The terminal is as it was.  0, or the signal that was to end us. */
int typist_close(void);

#endif
