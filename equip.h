/* SPDX-License-Identifier: MIT */
/*
 * equip: a server's directory gets what the INI asks for: eula.txt, server.properties, RCON.
 *
 * Called by become.c, in the child that becomes a server, with the world locked; what comes of it
 * is for act_equip.c.  It must never change what nobody asked for, never end a start, and never say
 * a password.
 */
#ifndef EQUIP_H
#define EQUIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ini/conf.h"
#include "wire.h"

enum { EQUIP_PASSWORD = 256, EQUIP_CLAIMS = 2 * CONF_SERVERS };

/* Where the RCON of a server is.  Numbers and text only: a part of the state. */
struct equip_rcon {
	struct wire_place place;
	char password[EQUIP_PASSWORD];	/* UTF-8, with its NUL */
	bool on;			/* else nothing of the above counts */
	uint8_t unused;
};

/* What children write into memory that they share with us and with each other. */
struct equip_shared {
	/* Ports that are in nobody's state yet, and whose; 0 = free, from there on all are. */
	uint32_t claim[EQUIP_CLAIMS];
	struct equip_told {
		int32_t pid;		/* of the child that has told all of it; 0 = nothing yet */
		struct equip_rcon rcon;
	} told[CONF_SERVERS];
};

/*
 * What there may be to say, each once for a server.  {dir} is its directory; {word} and {number}
 * are the child's.  An error stands behind it.
 */
#define EQUIP_NOTES(X) \
	X(EULA, WARN, "eula = yes, but {dir}/eula.txt cannot be written; make it writable, or " \
	    "write eula=true into it yourself") \
	X(UNREADABLE, WARN, "{dir}/server.properties cannot be read, so nothing of the INI gets " \
	    "into it, and its RCON is not used; make it a file that mcinit may read") \
	X(UNWRITTEN, WARN, "{dir}/server.properties cannot be written, so it stays as it is; " \
	    "make it and its directory writable, or write into it yourself what the INI asks for") \
	X(NO_PROPERTIES, WARN, "the property lines of the INI are not used: there is no " \
	    "{dir}/server.properties, and a server of this type makes none") \
	X(CONSOLE, INFO, "no RCON: it could be reached from outside of this machine; the console " \
	    "does the work. To have it all the same, set \"rcon = on\"") \
	X(GENERIC, WARN, "no RCON: how to enable it for type generic is not known; if it is " \
	    "enabled, say where it is: \"rcon = HOST:PORT\"") \
	X(PORT, INFO, "RCON gets port {number}: port {word} is taken") \
	X(NO_PORT, WARN, "no RCON: no port from {number} to {word} is free; choose one, for " \
	    "example \"property = rcon.port=30000\"") \
	X(NO_PASSWORD, WARN, "no RCON: no password can be made up; set rcon_password") \
	X(UNUSABLE, WARN, "no RCON: {word} in {dir}/server.properties does not allow it; mend it " \
	    "there, or in the property lines of the INI; the console does the work") \
	X(TWIN, WARN, "no RCON: its port {number} is also that of {word}; give each server a port of its " \
	    "own (rcon.port in {dir}/server.properties); the console does the work") \
	X(OPEN, WARN, "others on this machine can read the RCON password in {dir}/server.properties, and " \
	    "its mode cannot be set; see to its owner, or mount it so that they cannot")

#define X(name, level, text) EQUIP_##name,
enum equip_note { EQUIP_NOTES(X) EQUIP_NOTE_COUNT };
#undef X

/* A note as a line for the log, and its level (LEVEL_WARN, LEVEL_INFO). */
void equip_note_text(char *text, size_t room, enum equip_note note, const char *dir,
    const char *word, int number);
int equip_note_level(enum equip_note note);

struct equip_job {
	const struct conf *conf;
	int slot;
	bool in_container;		/* nobody outside reaches a port that was not published */
	const char *jar;		/* that is started, or NULL */
	const struct equip_rcon *known;	/* of all slots: whose ports are taken */
	struct equip_shared *shared;
	int report;			/* for note() */
	void (*note)(int report, enum equip_note note, int error, int number, const char *word);
};

/* In the directory of the server; what is to be known of its RCON is in shared->told afterwards. */
void equip_server(const struct equip_job *job);

#endif
