// SPDX-License-Identifier: BSD-2-Clause
/* /etc/services as a sorted table, kept from one question to the next. */
#include "services.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "num.h"
#include "spelling.h"

#define FILE_MAX  (1 << 20) /* bytes; Debian's has 13,000 */
#define NAMES_MAX 65536
#define BLANKS	  " \t\r"

const char *services_file = "/etc/services";

struct service {
	const char *name; /* in the text */
	uint16_t port;
};

struct services {
	char *text;
	struct service *rows;
	size_t count;
};

static struct services *in_use; /* NULL: nobody has asked yet */

/* Of equal names the one that is first in the file, and so in the text. */
static int compare(const void *left, const void *right)
{
	const struct service *a = left, *b = right;
	int r = strcasecmp(a->name, b->name);

	return r ? r : (a->name > b->name) - (a->name < b->name);
}

/* Doubled as it fills: a file may have tens of thousands. */
static int add(struct services *services, const char *name, uint16_t port)
{
	size_t count = services->count;

	if (count == NAMES_MAX)
		return 0;
	if (!(count & (count - 1))) {
		struct service *rows =
			reallocarray(services->rows, count ? 2 * count : 1, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		services->rows = rows;
	}
	services->rows[services->count++] = (struct service){ name, port };
	return 0;
}

/* "http 80/tcp www # WorldWideWeb HTTP"; what is no such line is passed over, as the C library does. */
static int read_line(struct services *services, char *line)
{
	char *rest = line, *name, *port, *slash;
	uint64_t number;
	int r = 0;

	line[strcspn(line, "#")] = '\0';
	name = strtok_r(line, BLANKS, &rest);
	port = strtok_r(NULL, BLANKS, &rest);
	slash = port ? strchr(port, '/') : NULL;
	if (!slash)
		return 0;
	*slash = '\0';
	if (num_parse_u64(port, UINT16_MAX, &number) < 0 || !number)
		return 0;
	for (; name && !r; name = strtok_r(NULL, BLANKS, &rest))
		r = add(services, name, (uint16_t)number);
	return r;
}

/* What is beyond the bound is left out. */
static int read_text(char **ret, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_free char *text = NULL;
	struct stat status;
	size_t size, len = 0;
	ssize_t got = 0;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	size = status.st_size < FILE_MAX ? (size_t)status.st_size : FILE_MAX;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	while (len < size && (got = read(fd, text + len, size - len)) > 0)
		len += (size_t)got;
	if (got < 0)
		return -errno;
	text[len] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

int services_load(struct services **ret, const char *path)
{
	struct services *services = calloc(1, sizeof(*services));
	int r = services ? read_text(&services->text, path) : -ENOMEM;

	for (char *line, *rest = r ? NULL : services->text; !r && (line = strsep(&rest, "\n"));)
		r = read_line(services, line);
	if (r) {
		services_free(&services);
		return r;
	}
	if (services->count)
		qsort(services->rows, services->count, sizeof(*services->rows), compare);
	*ret = services;
	return 0;
}

void services_free(struct services **at)
{
	struct services *services = TAKE_PTR(*at);

	if (!services)
		return;
	free(services->rows);
	free(services->text);
	free(services);
}

void services_use(struct services *services)
{
	services_free(&in_use);
	in_use = services;
}

/* A file that cannot be read has no names, and is not tried again. */
static const struct services *asked(void)
{
	static const struct services none;

	if (!in_use && services_load(&in_use, services_file))
		in_use = calloc(1, sizeof(*in_use));
	return in_use ? in_use : &none;
}

uint16_t services_port(struct text name)
{
	const struct services *services = asked();
	size_t low = 0, high;

	for (high = services->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		const char *at = services->rows[middle].name;
		int r = strncasecmp(at, name.bytes, name.len);

		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* What begins so comes in a row, and the name itself is the shortest of it. */
	if (low == services->count || strlen(services->rows[low].name) != name.len ||
	    strncasecmp(services->rows[low].name, name.bytes, name.len) != 0)
		return 0;
	return services->rows[low].port;
}

void services_consider(struct spelling *spelling)
{
	const struct services *services = asked();

	for (size_t i = 0; i < services->count; i++)
		spelling_consider(spelling, services->rows[i].name);
}
