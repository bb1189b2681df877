// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever the path of a cgroup is: texts that are inside of what was given for them and of the
 * form that they promise, and the same ones in just as much room.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "who/cgroup_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

/* Returns what it takes. */
static size_t check_text(const char *at, const char *text, size_t used)
{
	if (!at)
		return 0;
	check(at >= text && at < text + used);
	check(memchr(at, '\0', used - (size_t)(at - text)) != NULL);
	check(*at && strlen(at) <= 255);
	return strlen(at) + 1;
}

static void check_pod(const char *pod)
{
	size_t len = strlen(pod);

	check(len == 32 || len == 36);
	check(strspn(pod, "0123456789abcdef-") == len);
	check(!strchr(pod, '-') == (len == 32));
}

static size_t check_texts(const struct cgroup_name *name, const char *text, size_t used)
{
	return check_text(name->container, text, used) + check_text(name->outer, text, used) +
	       check_text(name->pod, text, used) + check_text(name->task, text, used) +
	       check_text(name->unit, text, used) + check_text(name->slice, text, used) +
	       check_text(name->session, text, used);
}

static void check_same(const char *a, const char *b)
{
	check(a && b ? !strcmp(a, b) : a == b);
}

static void check_again(const char *path, const struct cgroup_name *name, size_t used)
{
	auto_free char *exact = malloc(used ? used : 1);
	struct cgroup_name again;

	if (!exact)
		return;
	check(cgroup_name_parse(path, exact, used, &again) == used);
	check_same(name->container, again.container);
	check_same(name->outer, again.outer);
	check_same(name->pod, again.pod);
	check_same(name->task, again.task);
	check_same(name->unit, again.unit);
	check_same(name->slice, again.slice);
	check_same(name->session, again.session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Nothing behind the NUL: the sanitizer sees a byte read too many. */
	auto_free char *path = malloc(size + 1);
	auto_free char *text = malloc(CGROUP_NAME_TEXT);
	struct cgroup_name name;
	size_t used;

	if (!path || !text)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	used = cgroup_name_parse(path, text, CGROUP_NAME_TEXT, &name);
	check(used <= CGROUP_NAME_TEXT);
	check(name.runtime < CGROUP_RUNTIME_MAX && name.qos < CGROUP_QOS_MAX);
	check(!name.container == (name.runtime == CGROUP_RUNTIME_NONE));
	check(check_texts(&name, text, used) == used);
	check(name.pod || name.qos == CGROUP_QOS_NONE);
	if (name.pod)
		check_pod(name.pod);
	check_again(path, &name, used);
	return 0;
}
