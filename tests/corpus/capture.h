/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture files (pcap, pcapng) as sessions: each frame is a packet to an entry point, with the number
 * that it has in its file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/corpus/dump.h"
#include "tests/diff/session.h"

/* How frames come to weir. */
struct way {
	const char *name;
	enum session_prog prog;
	bool offloads_tags; /* VLAN tags are in the metadata, as drivers hand them over */
};

struct capture {
	struct session session;
	struct dump_file *dump;
	size_t header;	 /* bytes of each frame in the file that are not handed over */
	size_t frames;	 /* of the file */
	size_t left_out; /* too short or too long for this way */
	char why[256];	 /* what is wrong with the file, or "" */
};

void capture_free(struct capture *capture);
#define auto_capture __attribute__((cleanup(capture_free)))

/*
 * All frames of a file, up to where it is damaged (then `why` says how). What a capture has cut off
 * comes as zeros. 1: *ret is to be run; 0: there is nothing weir could be attached to that has such
 * frames, or `why` says why the file cannot be read; or a negative errno. dump: where the frames go,
 * too; may be NULL.
 */
int capture_read(struct capture *ret, const char *path, const struct way *way, struct dump *dump);
