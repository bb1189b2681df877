// SPDX-License-Identifier: BSD-2-Clause
/*
 * Writes frames with libpcap.
 */
#include "dump.h"

#include <errno.h>

#include "base/cleanup.h"

#define SNAPSHOT 262144

static int open_file(struct dump_file *file, const char *dir)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%d.told", dir, file->link_type);
	file->told = fopen(path, "we");
	if (!file->told)
		return -errno;
	file->pcap = pcap_open_dead(file->link_type, SNAPSHOT);
	if (!file->pcap)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/%d.pcap", dir, file->link_type);
	file->dumper = pcap_dump_open(file->pcap, path);
	return file->dumper ? 0 : -EIO;
}

int dump_open(struct dump *dump, int link_type, struct dump_file **ret)
{
	struct dump_file *file;
	int r;

	for (size_t i = 0; i < dump->len; i++) {
		if (dump->files[i].link_type == link_type) {
			*ret = &dump->files[i];
			return 0;
		}
	}
	if (dump->len == ARRAY_SIZE(dump->files))
		return -ENOSPC;
	file = &dump->files[dump->len++];
	file->link_type = link_type;
	r = open_file(file, dump->dir);
	if (!r)
		*ret = file;
	return r;
}

void dump_frame(struct dump_file *file, const struct pcap_pkthdr *header, const uint8_t *bytes)
{
	pcap_dump((unsigned char *)file->dumper, header, bytes);
	file->frames++;
}

void dump_tell(struct dump_file *file, const char *path, size_t header, size_t frames,
	       const char *text)
{
	fprintf(file->told, "file\t%s\t%zu\t%zu\n%s", path, header, file->frames - frames, text);
}

static int close_file(struct dump_file *file)
{
	int r = 0;

	if (file->dumper) {
		r = pcap_dump_flush(file->dumper) ? -EIO : 0;
		pcap_dump_close(file->dumper);
	}
	if (file->pcap)
		pcap_close(file->pcap);
	if (file->told && fclose(file->told))
		r = -EIO;
	return r;
}

int dump_close(struct dump *dump)
{
	int r = 0;

	for (size_t i = 0; i < dump->len; i++)
		if (close_file(&dump->files[i]))
			r = -EIO;
	dump->len = 0;
	return r;
}
