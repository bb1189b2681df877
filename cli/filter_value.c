// SPDX-License-Identifier: BSD-2-Clause
/*
 * The values that Hubble's command checks itself, and weir's own; the complaints are Hubble's. All
 * others are the agent's to refuse.
 */
#include "filter_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/num.h"
#include "agent/base/quote.h"
#include "agent/base/services.h"
#include "agent/base/spelling.h"
#include "agent/flow/names.h"

#include "filter_number.h"

#define WORD_SIZE 64

static int refuse(char reason[static OPTION_REASON_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(char reason[static OPTION_REASON_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, OPTION_REASON_SIZE, format, args);
	va_end(args);
	return -EINVAL;
}

FILTER_WRITE(text)
{
	(void)reason;
	json_string(out, NULL, value);
	return 0;
}

FILTER_WRITE(bool)
{
	(void)reason;
	json_bool(out, NULL, strcmp(value, "true") == 0);
	return 0;
}

static int refuse_service(const char *value, char reason[static OPTION_REASON_SIZE])
{
	struct spelling spelling;
	const char *meant;

	spelling_begin(&spelling, value, strlen(value));
	services_consider(&spelling);
	meant = spelling_found(&spelling);
	return refuse(reason, "neither a port nor a service of /etc/services%s%s%s",
		      meant ? ": did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

/* What begins with a digit is a number or a range of them, or wrong, and the agent's to check. */
FILTER_WRITE(port)
{
	uint16_t port = isalpha((unsigned char)*value) ? services_port(text_from_str(value)) : 0;
	char text[sizeof("65535")];

	if (!port && isalpha((unsigned char)*value))
		return refuse_service(value, reason);
	snprintf(text, sizeof(text), "%u", port);
	json_string(out, NULL, port ? text : value);
	return 0;
}

FILTER_WRITE(verdict)
{
	if (names_find(NAMES_VERDICT, text_from_str(value)).number < 0)
		return refuse(reason, "invalid --verdict value: %s", value);
	json_string(out, NULL, value);
	return 0;
}

FILTER_WRITE(drop_reason)
{
	if (!*value)
		return refuse(reason, "empty --drop-reason-desc value");
	if (names_find(NAMES_DROP_NAME, text_from_str(value)).number < 0)
		return refuse(reason, "invalid --drop-reason-desc value: %s", value);
	json_string(out, NULL, value);
	return 0;
}

FILTER_WRITE(direction)
{
	char lower[WORD_SIZE];

	if (strcasecmp(value, "ingress") == 0) {
		json_string(out, NULL, "INGRESS");
		return 0;
	}
	if (strcasecmp(value, "egress") == 0) {
		json_string(out, NULL, "EGRESS");
		return 0;
	}
	snprintf(lower, sizeof(lower), "%s", value);
	for (char *at = lower; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return refuse(reason, "%s: invalid traffic direction, expected ingress or egress", lower);
}

/* In the order of declaration, which is that of the bits as well. */
static const char *const tcp_flags[] = { "FIN", "SYN", "RST", "PSH", "ACK",
					 "URG", "ECE", "CWR", "NS" };

static int find_tcp_flag(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(tcp_flags); i++) {
		if (strlen(tcp_flags[i]) == len && strncasecmp(tcp_flags[i], name, len) == 0)
			return (int)i;
	}
	return -1;
}

FILTER_WRITE(tcp_flags)
{
	unsigned int set = 0;

	for (const char *at = value;; at++) {
		size_t len = strcspn(at, ",");
		int flag = find_tcp_flag(at, len);

		if (flag < 0)
			return refuse(reason, "unknown tcp flag: %.*s", (int)len, at);
		set |= 1u << flag;
		at += len;
		if (!*at)
			break;
	}
	json_object_begin(out, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(tcp_flags); i++) {
		if (set & 1u << i)
			json_bool(out, tcp_flags[i], true);
	}
	json_object_end(out);
	return 0;
}

/* Hubble takes what it does not know for none. */
FILTER_WRITE(ip_version)
{
	static const struct {
		const char *word, *name;
	} words[] = {
		{ "none", "IP_NOT_USED" }, { "4", "IPv4" },    { "v4", "IPv4" },
		{ "ip4", "IPv4" },	   { "ipv4", "IPv4" }, { "6", "IPv6" },
		{ "v6", "IPv6" },	   { "ip6", "IPv6" },  { "ipv6", "IPv6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i].word, value) != 0)
			continue;
		json_string(out, NULL, words[i].name);
		return 0;
	}
	return refuse(reason, "invalid --ip-version value: %s, expected none, v4 or v6", value);
}

FILTER_WRITE(ip_trace_id)
{
	char why[OPTION_REASON_SIZE / 2];
	uint64_t id;

	if (strcmp(value, "0") == 0)
		return refuse(reason, "invalid --ip-trace-id value; must be greater than 0");
	if (filter_number_parse(value, UINT64_MAX, &id, why, sizeof(why)) < 0)
		return refuse(reason, "invalid --ip-trace-id value: %s", why);
	json_u64_str(out, NULL, id);
	return 0;
}

FILTER_WRITE(identity)
{
	int64_t known = names_find(NAMES_IDENTITY, text_from_str(value)).number;
	char names[OPTION_REASON_SIZE] = "";
	uint64_t number;
	size_t len = 0;

	/* "unknown" is no name to ask for. */
	if (known > 0 || num_parse_u64(value, UINT32_MAX, &number) == 0) {
		json_u64(out, NULL, known > 0 ? (uint64_t)known : number);
		return 0;
	}
	for (int64_t i = 1; names_get(NAMES_IDENTITY, i) && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s ",
					names_get(NAMES_IDENTITY, i));
	return refuse(reason,
		      "invalid security identity, expected one of [%.256s11] or a numeric value",
		      names);
}

FILTER_WRITE(workload)
{
	const char *slash = strchr(value, '/');
	const char *name = slash ? slash + 1 : value;
	char kind[WORD_SIZE];

	if (slash && (size_t)(slash - value) >= sizeof(kind))
		return refuse(reason, "the kind of the workload is longer than %zu bytes",
			      sizeof(kind) - 1);
	json_object_begin(out, NULL);
	if (*name)
		json_string(out, "name", name);
	if (slash && slash > value) {
		snprintf(kind, sizeof(kind), "%.*s", (int)(slash - value), value);
		json_string(out, "kind", kind);
	}
	json_object_end(out);
	return 0;
}

FILTER_WRITE(interface)
{
	(void)reason;
	json_object_begin(out, NULL);
	if (*value)
		json_string(out, "name", value);
	json_object_end(out);
	return 0;
}

FILTER_WRITE(header)
{
	const char *colon = strchr(value, ':');
	char quoted[OPTION_REASON_SIZE / 2];
	auto_free char *name = NULL;

	if (!colon)
		return refuse(reason, "invalid http-header value %s, expected name:value",
			      quote(value, quoted, sizeof(quoted)));
	name = strndup(value, (size_t)(colon - value));
	if (!name)
		return refuse(reason, "%s", strerror(ENOMEM));
	json_object_begin(out, NULL);
	if (*name)
		json_string(out, "key", name);
	if (colon[1])
		json_string(out, "value", colon + 1);
	json_object_end(out);
	return 0;
}

/* A range stays text, and is the agent's to check. */
static bool is_range(const char *value)
{
	return isdigit((unsigned char)*value) && strchr(value, '-');
}

FILTER_WRITE(netns)
{
	uint64_t inode;

	if (!is_range(value) && num_parse_u64(value, UINT32_MAX, &inode) < 0) {
		return refuse(reason,
			      "invalid network namespace: %s, expected " NUM_U32_IS
			      " or a range of them",
			      value);
	}
	json_string(out, NULL, value);
	return 0;
}

FILTER_WRITE(uid)
{
	uint64_t uid;

	if (is_range(value)) {
		json_string(out, NULL, value);
		return 0;
	}
	if (num_parse_u64(value, UINT32_MAX, &uid) < 0) {
		return refuse(reason,
			      "invalid user id: %s, expected " NUM_U32_IS " or a range of them",
			      value);
	}
	json_u64(out, NULL, uid);
	return 0;
}

FILTER_WRITE(event)
{
	static const char *const events[] = { "open", "established", "update", "close", "drop" };

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		if (strcmp(events[i], value) != 0)
			continue;
		json_string(out, NULL, value);
		return 0;
	}
	return refuse(
		reason,
		"invalid --event value: %s, expected open, established, update, close or drop",
		value);
}

FILTER_WRITE(bytes)
{
	uint64_t bytes;

	if (num_parse_size(value, &bytes) < 0)
		return refuse(reason, "%s is not " NUM_SIZE_SUCH_AS, value);
	json_u64_str(out, NULL, bytes);
	return 0;
}

FILTER_WRITE(duration)
{
	uint64_t ns;

	if (num_parse_duration(value, &ns) < 0)
		return refuse(reason, "%s is not " NUM_DURATION_SUCH_AS, value);
	json_string(out, NULL, value);
	return 0;
}
