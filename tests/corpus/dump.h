/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames of many captures in one file for each link type, and beside it what weir says of them,
 * for somebody else to judge: DIR/1.pcap and DIR/1.told for Ethernet, whose number is 1. The latter
 * has for each capture a line, and then the lines of told.h:
 *
 *   file PATH HEADER BEFORE       bytes of each frame that do not count, frames before its first
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <pcap/pcap.h>

#define DUMP_FILES_MAX 32

struct dump_file {
	int link_type;
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	FILE *told;
	size_t frames;
};

struct dump {
	const char *dir;
	struct dump_file files[DUMP_FILES_MAX];
	size_t len;
};

/* The dump's file of a link type, which is made if there is none. 0, or a negative errno. */
int dump_open(struct dump *dump, int link_type, struct dump_file **ret);
/* bytes: header->caplen of them. */
void dump_frame(struct dump_file *file, const struct pcap_pkthdr *header, const uint8_t *bytes);
/*
 * The newest `frames` of the file are those of the capture at path, of which told.h says the text;
 * without `header` bytes of each.
 */
void dump_tell(struct dump_file *file, const char *path, size_t header, size_t frames,
	       const char *text);
/* -EIO: not all of it could be written. */
int dump_close(struct dump *dump);
