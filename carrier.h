/* SPDX-License-Identifier: MIT */
/*
 * carrier: the console process that carries what one server prints into its ring.
 *
 * A role of the binary (mcinit --role=carrier SLOT), started by console.c for each start of a
 * server; it leaves when the server's output has ended, or PID 1 is gone.  It looks at each line for a marker,
 * and tells PID 1.  It must never wait for anybody but a writer under `block`, never write a
 * file, and never take more from the server than it has room for.
 */
#ifndef CARRIER_H
#define CARRIER_H

int carrier_main(int argc, char *argv[]);

#endif
