/* SPDX-License-Identifier: MIT */
/*
 * files: the console process that writes one server's log file, DIR/NAME.log.
 *
 * A role of the binary (mcinit --role=files SLOT DIR ROTATE_SIZE ROTATE_KEEP raw|json
 * [COMPRESS...]), started by console.c where log.dir is set.  A file that is full or was asked
 * to rotate becomes DIR/NAME.log.N, with the highest N so far plus one; N tells the age, whatever
 * a clock says.  It must never write into what is not a regular file with one name, never follow
 * a link in DIR, and never lose its place because a disk is full or gone: it tries again.
 */
#ifndef FILES_H
#define FILES_H

int files_main(int argc, char *argv[]);

#endif
