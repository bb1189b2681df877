// SPDX-License-Identifier: BSD-2-Clause
/* /etc/services as a sorted table, kept from one question to the next. */
#include "services.h"

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

static struct {
	struct stat status; /* of the file that this is of */
	char *text;
	struct service *services;
	size_t count;
} known;

/* Of equal names the one that is first in the file, and so in the text. */
static int compare(const void *left, const void *right)
{
	const struct service *a = left, *b = right;
	int r = strcasecmp(a->name, b->name);

	return r ? r : (a->name > b->name) - (a->name < b->name);
}

static void add(const char *name, uint16_t port)
{
	struct service *services;

	if (known.count == NAMES_MAX)
		return;
	services = reallocarray(known.services, known.count + 1, sizeof(*services));
	if (!services)
		return;
	known.services = services;
	services[known.count++] = (struct service){ name, port };
}

/* "http 80/tcp www # WorldWideWeb HTTP"; what is no such line is passed over, as the C library does. */
static void read_line(char *line)
{
	char *rest = line, *name, *port, *slash;
	uint64_t number;

	line[strcspn(line, "#")] = '\0';
	name = strtok_r(line, BLANKS, &rest);
	port = strtok_r(NULL, BLANKS, &rest);
	slash = port ? strchr(port, '/') : NULL;
	if (!slash)
		return;
	*slash = '\0';
	if (num_parse_u64(port, UINT16_MAX, &number) < 0 || !number)
		return;
	for (; name; name = strtok_r(NULL, BLANKS, &rest))
		add(name, (uint16_t)number);
}

static void forget(void)
{
	free(known.services);
	free(known.text);
	memset(&known, 0, sizeof(known));
}

/* What cannot be read has no names. */
static void read_all(int fd, const struct stat *status)
{
	auto_free char *text = malloc(FILE_MAX + 1);
	size_t len = 0;
	ssize_t got;

	forget();
	known.status = *status;
	while (text && len < FILE_MAX && (got = read(fd, text + len, FILE_MAX - len)) > 0)
		len += (size_t)got;
	if (!len)
		return;
	text[len] = '\0';
	known.text = realloc(text, len + 1);
	if (!known.text)
		return;
	TAKE_PTR(text);
	for (char *line, *rest = known.text; (line = strsep(&rest, "\n"));)
		read_line(line);
	if (known.count)
		qsort(known.services, known.count, sizeof(*known.services), compare);
}

static bool is_known(const struct stat *status)
{
	return known.status.st_ino == status->st_ino && known.status.st_dev == status->st_dev &&
	       known.status.st_size == status->st_size &&
	       known.status.st_mtim.tv_sec == status->st_mtim.tv_sec &&
	       known.status.st_mtim.tv_nsec == status->st_mtim.tv_nsec;
}

static void refresh(void)
{
	auto_close int fd = open(services_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		forget();
	else if (!is_known(&status))
		read_all(fd, &status);
}

uint16_t services_port(struct text name)
{
	size_t low = 0, high;

	refresh();
	for (high = known.count; low < high;) {
		size_t middle = low + (high - low) / 2;
		const char *at = known.services[middle].name;
		int r = strncasecmp(at, name.bytes, name.len);

		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* What begins so comes in a row, and the name itself is the shortest of it. */
	if (low == known.count || strlen(known.services[low].name) != name.len ||
	    strncasecmp(known.services[low].name, name.bytes, name.len) != 0)
		return 0;
	return known.services[low].port;
}

void services_consider(struct spelling *spelling)
{
	refresh();
	for (size_t i = 0; i < known.count; i++)
		spelling_consider(spelling, known.services[i].name);
}
