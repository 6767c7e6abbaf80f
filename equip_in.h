/* SPDX-License-Identifier: MIT */
/*
 * equip_in: what equip.c (files, and what is told) and equip_rcon.c (what RCON needs) share with
 * each other and with nobody else.
 */
#ifndef EQUIP_IN_H
#define EQUIP_IN_H

#include "equip.h"
#include "props.h"

/* Whether to enable the RCON in server.properties: no, where it does no harm, or in any case. */
enum equip_wish { EQUIP_NONE, EQUIP_AUTO, EQUIP_ON };

struct equip_work {
	const struct equip_job *job;
	const struct conf_server *conf;
	enum equip_wish wish;
	struct props_file file;		/* server.properties */
	bool said;			/* why there is no RCON */
	bool secret;			/* holds a password that the INI or we have put there */
	struct equip_rcon rcon;		/* the result */
};

/* The value that the last property line of `key` gives it, or NULL. */
const char *equip_line(const struct conf_server *conf, const char *key);

/* A port in a text, or 0. */
int equip_port(const char *text);

/* What the INI wants; EQUIP_NONE, and the result is there, where it says HOST:PORT. */
enum equip_wish equip_rcon_wish(struct equip_work *work);

/* The RCON of the file as it is: whether it is enabled, and can be found. */
bool equip_rcon_read(const struct props_file *file, struct equip_rcon *rcon);

/* Enables it, if it is wished, and reads it.  0, or -errno of a file that there is no room in. */
int equip_rcon_enable(struct equip_work *work);

/* A port is taken from here on by this slot; whose it was before, or this slot. */
int equip_rcon_claim(struct equip_shared *shared, int slot, int port);

/* Whose RCON is at the same place as the result, which was told before: his slot, or -1. */
int equip_rcon_twin(const struct equip_work *work);

#endif
