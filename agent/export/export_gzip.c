// SPDX-License-Identifier: BSD-2-Clause
#include "export/export_gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/cleanup.h"
#include "export/export_backups.h"

#define SLICE_BYTES ((size_t)512 << 10)
#define MODE	    0640

struct export_gzip {
	char *path, *part, *result;
	int from, to;
	gzFile gz; /* writes to a descriptor of its own, the same file as `to` */
	unsigned char slice[SLICE_BYTES];
};

static int gzip_names(struct export_gzip *gzip, const char *path)
{
	gzip->path = strdup(path);
	if (asprintf(&gzip->part, "%s" BACKUP_PART, path) < 0)
		gzip->part = NULL;
	if (asprintf(&gzip->result, "%s" BACKUP_GZIP, path) < 0)
		gzip->result = NULL;
	return gzip->path && gzip->part && gzip->result ? 0 : -ENOMEM;
}

static int gzip_open(struct export_gzip *gzip)
{
	auto_close int copy = -1;

	gzip->from = open(gzip->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (gzip->from < 0)
		return -errno;
	gzip->to = open(gzip->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
	if (gzip->to < 0)
		return -errno;
	copy = fcntl(gzip->to, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	gzip->gz = gzdopen(copy, "wb");
	if (!gzip->gz)
		return -ENOMEM;
	(void)TAKE_FD(copy);
	return 0;
}

int export_gzip_new(struct export_gzip **ret, const char *path)
{
	struct export_gzip *gzip = calloc(1, sizeof(*gzip));
	int r;

	if (!gzip)
		return -ENOMEM;
	gzip->from = gzip->to = -1;
	r = gzip_names(gzip, path);
	if (!r)
		r = gzip_open(gzip);
	if (r) {
		export_gzip_free(&gzip);
		return r;
	}
	*ret = gzip;
	return 0;
}

void export_gzip_free(struct export_gzip **at)
{
	struct export_gzip *gzip = TAKE_PTR(*at);

	if (!gzip)
		return;
	if (gzip->gz)
		(void)gzclose_w(gzip->gz);
	if (gzip->to >= 0) {
		(void)unlink(gzip->part);
		close(gzip->to);
	}
	if (gzip->from >= 0)
		close(gzip->from);
	free(gzip->path);
	free(gzip->part);
	free(gzip->result);
	free(gzip);
}

/* zlib leaves errno as the system call has set it. */
static int zlib_error(int code)
{
	if (code == Z_ERRNO && errno)
		return -errno;
	return code == Z_MEM_ERROR ? -ENOMEM : -EIO;
}

static int gzip_finish(struct export_gzip *gzip)
{
	int code = gzclose_w(TAKE_PTR(gzip->gz));

	if (code != Z_OK)
		return zlib_error(code);
	if (fsync(gzip->to) || rename(gzip->part, gzip->result))
		return -errno;
	close(TAKE_FD(gzip->to));
	return unlink(gzip->path) ? -errno : 0;
}

int export_gzip_step(struct export_gzip *gzip)
{
	ssize_t len = read(gzip->from, gzip->slice, sizeof(gzip->slice));
	int code;

	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	if (!len)
		return gzip_finish(gzip);
	errno = 0;
	if (gzwrite(gzip->gz, gzip->slice, (unsigned int)len) == len)
		return 1;
	(void)gzerror(gzip->gz, &code);
	return zlib_error(code);
}
