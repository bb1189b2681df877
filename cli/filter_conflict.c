// SPDX-License-Identifier: BSD-2-Clause
/*
 * As Hubble's command refuses them: an address, a name and a pod of the same side are alternatives
 * that nobody can mean at once, and so are --X and --from-X.
 */
#include "filter_conflict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/quote.h"
#include "agent/base/text.h"

#include "filter_flag.h"
#include "filter_name.h"
#include "filters.h"

#define GROUP_MAX 8

/* Flags of a group exclude each other; a complaint names two of them in this order. */
static const char *const groups[][GROUP_MAX] = {
	{ "from-fqdn", "from-ip", "ip", "fqdn", "from-namespace", "namespace",
	  "from-all-namespaces", "all-namespaces" },
	{ "from-fqdn", "from-ip", "ip", "fqdn", "from-pod", "pod" },
	{ "to-fqdn", "to-ip", "ip", "fqdn", "to-namespace", "namespace", "to-all-namespaces",
	  "all-namespaces" },
	{ "to-fqdn", "to-ip", "ip", "fqdn", "to-pod", "pod" },
	{ "to-pod", "namespace", "all-namespaces" },
	{ "from-pod", "namespace", "all-namespaces" },
	{ "to-service", "namespace", "all-namespaces" },
	{ "from-service", "namespace", "all-namespaces" },
	{ "encrypted", "unencrypted" },
};

/* Its place in the group, GROUP_MAX if it is not of it. */
static size_t find_place(const char *const group[static GROUP_MAX], const char *name)
{
	for (size_t i = 0; i < GROUP_MAX && group[i]; i++) {
		if (strcmp(group[i], name) == 0)
			return i;
	}
	return GROUP_MAX;
}

/* --X beside --from-X or --to-X, where no group knows of it; --X is named first. */
static bool is_either_and_one(const struct filter_flag *either, const struct filter_flag *one)
{
	return either->form == FILTER_FORM_EITHER && one->form != FILTER_FORM_EITHER &&
	       either->source == one->source && !either->is_free;
}

struct pair {
	const char *first, *second;
};

static bool exclude(const struct option_row *a, const struct option_row *b, struct pair *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		size_t place_a = find_place(groups[i], a->long_name);
		size_t place_b = find_place(groups[i], b->long_name);

		if (place_a == place_b || place_a == GROUP_MAX || place_b == GROUP_MAX)
			continue;
		*ret = place_a < place_b ? (struct pair){ a->long_name, b->long_name }
					 : (struct pair){ b->long_name, a->long_name };
		return true;
	}
	if (is_either_and_one(a->data, b->data))
		*ret = (struct pair){ a->long_name, b->long_name };
	else if (is_either_and_one(b->data, a->data))
		*ret = (struct pair){ b->long_name, a->long_name };
	else
		return false;
	return true;
}

static bool has_row(const struct filter_list *list, const struct option_row *row)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->values[i].row == row)
			return true;
	}
	return false;
}

bool filter_conflict_excludes(const struct option_row *row, const struct option_row *other,
			      const void *target)
{
	const struct filters *filters = target;
	struct pair pair;

	return other->excludes == filter_conflict_excludes && has_row(&filters->allow, other) &&
	       exclude(row, other, &pair);
}

int filter_conflict_check_flags(const struct filter_list *list, const struct option_row *row,
				char reason[static OPTION_REASON_SIZE])
{
	for (size_t i = 0; i < list->count; i++) {
		struct pair pair;

		if (!exclude(list->values[i].row, row, &pair))
			continue;
		snprintf(reason, OPTION_REASON_SIZE, "filters --%s and --%s cannot be combined",
			 pair.first, pair.second);
		return -EINVAL;
	}
	return 0;
}

/* The namespace that a name begins with; of length 0 if it has none. */
static struct text namespace_of(const char *name)
{
	const char *slash = strchr(name, '/');

	return (struct text){ name, slash ? (size_t)(slash - name) : 0 };
}

/* --namespace a --pod b/x */
static int check_namespaces(const struct filter_list *list, enum filter_side side,
			    enum filter_key namespaces, enum filter_key names,
			    char reason[static OPTION_REASON_SIZE])
{
	const char *namespace, *name;

	for (size_t i = 0; (namespace = filter_list_next(list, side, namespaces, &i));) {
		for (size_t j = 0; (name = filter_list_next(list, side, names, &j));) {
			struct text own = namespace_of(name);
			char quoted[OPTION_REASON_SIZE / 3], quoted_name[OPTION_REASON_SIZE / 3];

			if (!own.len || text_is(own, namespace))
				continue;
			snprintf(reason, OPTION_REASON_SIZE,
				 "namespace conflict: %s does not contain %s",
				 quote(namespace, quoted, sizeof(quoted)),
				 quote(name, quoted_name, sizeof(quoted_name)));
			return -EINVAL;
		}
	}
	return 0;
}

/* --pod a/x --service b/y */
static int check_services(const struct filter_list *list, enum filter_side side,
			  const struct filter_names *names, char reason[static OPTION_REASON_SIZE])
{
	const char *pod, *service;

	for (size_t i = 0; (pod = filter_list_next(list, side, names->pod, &i));) {
		struct text own = namespace_of(pod);

		for (size_t j = 0; (service = filter_list_next(list, side, names->service, &j));) {
			struct text its = namespace_of(service);
			char quoted[OPTION_REASON_SIZE / 3];

			if (!own.len ||
			    (its.len == own.len && !memcmp(its.bytes, own.bytes, own.len)))
				continue;
			snprintf(reason, OPTION_REASON_SIZE,
				 "namespace of service %s conflict with pod \"%.*s\"",
				 quote(service, quoted, sizeof(quoted)), (int)own.len, own.bytes);
			return -EINVAL;
		}
	}
	return 0;
}

int filter_conflict_check_names(const struct filter_list *list,
				char reason[static OPTION_REASON_SIZE])
{
	static const enum filter_side sides[] = { FILTER_LEFT, FILTER_RIGHT };
	int r = 0;

	for (size_t i = 0; i < FILTER_NAMES_COUNT * ARRAY_SIZE(sides) && r == 0; i++) {
		const struct filter_names *names = filter_names_of(i % FILTER_NAMES_COUNT);
		enum filter_side side = sides[i / FILTER_NAMES_COUNT];

		r = check_namespaces(list, side, names->namespace, names->pod, reason);
		if (r == 0)
			r = check_namespaces(list, side, names->namespace, names->service, reason);
		if (r == 0)
			r = check_services(list, side, names, reason);
	}
	return r;
}
