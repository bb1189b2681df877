// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/filter_reference.h"

#include <json-c/json.h>
#include <strings.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/num.h"
#include "tests/harness.h"
#include "tests/unit/flow_json.h"

/* A value of the flow; "" where it has none. */
struct value {
	char text[FLOW_JSON_TEXT];
	bool is_there;
};

static struct value get(struct json_object *line, enum field field, unsigned int index)
{
	struct value value;

	value.is_there = flow_json_value(line, field, index, value.text);
	return value;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Every way to divide the text is tried. */
static bool star(const char *pattern, const char *text, const char *allowed)
{
	if (*pattern != '*')
		return *pattern == *text && (!*text || star(pattern + 1, text + 1, allowed));
	for (;; text++) {
		if (star(pattern + 1, text, allowed))
			return true;
		if (!*text || (allowed && !strchr(allowed, *text)))
			return false;
	}
}

static const char *text_of(struct json_object *json)
{
	return json_object_get_string(json);
}

static bool ref_ip(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);
	uint8_t addr[16], net[16];
	int family, net_family, len;
	char copy[64], *slash;

	if (!is.is_there)
		return false;
	snprintf(copy, sizeof(copy), "%s", text_of(wanted));
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	assert_int_equal(addr_parse(copy, net, &net_family), 0);
	assert_int_equal(addr_parse(is.text, addr, &family), 0);
	len = slash ? (int)strtoul(slash + 1, NULL, 10) : net_family == 4 ? 32 : 128;
	if (family != net_family)
		return false;
	for (int bit = 0; bit < len; bit++) {
		int at = bit + (family == 4 ? 96 : 0), mask = 0x80 >> at % 8;

		if ((addr[at / 8] ^ net[at / 8]) & mask)
			return false;
	}
	return true;
}

static bool ref_name(const char *wanted, const struct value *namespace, const struct value *name)
{
	const char *slash = strchr(wanted, '/');

	if (!namespace->is_there && !name->is_there)
		return false;
	if (!slash)
		return !strcmp(namespace->text, "default") && begins(name->text, wanted);
	if (slash == wanted)
		return begins(name->text, slash + 1);
	return strlen(namespace->text) == (size_t)(slash - wanted) &&
	       begins(wanted, namespace->text) && begins(name->text, slash + 1);
}

static bool ref_pod(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value name = get(line, field, 0);
	struct value namespace = get(line, field - FIELD_SOURCE_POD + FIELD_SOURCE_NAMESPACE, 0);

	return ref_name(text_of(wanted), &namespace, &name);
}

static bool ref_service(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value name = get(line, field, 0);
	struct value namespace =
		get(line, field - FIELD_SOURCE_SERVICE + FIELD_SOURCE_SERVICE_NAMESPACE, 0);

	return ref_name(text_of(wanted), &namespace, &name);
}

/* The first label with that key, of that source if the key has one. */
static bool find_label(const char *key, enum field field, struct json_object *line, char *ret)
{
	struct value label;

	for (unsigned int i = 0; (label = get(line, field, i)).is_there; i++) {
		char *equals = strchr(label.text, '='), *colon;

		if (equals)
			*equals = '\0';
		colon = strchr(label.text, ':');
		if (strcmp(strchr(key, ':') || !colon ? label.text : colon + 1, key) != 0)
			continue;
		snprintf(ret, FLOW_JSON_TEXT, "%s", equals ? equals + 1 : "");
		return true;
	}
	return false;
}

/* One of "k", "!k", "k=v", "k!=v", "k in (v,w)", "k notin (v,w)". */
static bool ref_requirement(char *text, enum field field, struct json_object *line)
{
	char *in = strstr(text, " in ("), *notin = strstr(text, " notin (");
	char *equals = strchr(text, '='), value[FLOW_JSON_TEXT];
	bool is_not = *text == '!';
	bool is_negated = is_not || notin || (equals && equals[-1] == '!');
	char *wanted = in ? in + 5 : notin ? notin + 8 : equals ? equals + 1 : NULL;
	char *key = text + is_not;
	bool holds;

	key[strcspn(key, "!= ")] = '\0';
	holds = find_label(key, field, line, value);
	if (holds && wanted) {
		holds = false;
		for (char *one = strtok(wanted, ",)"); one; one = strtok(NULL, ",)"))
			holds |= !strcmp(one, value);
	}
	return holds != is_negated;
}

/* Requirements with ", " between them. */
static bool ref_label(struct json_object *wanted, enum field field, struct json_object *line)
{
	char copy[256], *next;

	snprintf(copy, sizeof(copy), "%s", text_of(wanted));
	for (char *at = copy; at; at = next) {
		next = strstr(at, ", ");
		if (next) {
			*next = '\0';
			next += 2;
		}
		if (!ref_requirement(at, field, line))
			return false;
	}
	return true;
}

static bool is_within(const char *wanted, const char *is)
{
	unsigned long long min = strtoull(wanted, NULL, 10), max = min;
	unsigned long long number = strtoull(is, NULL, 10);
	const char *dash = strchr(wanted, '-');

	if (dash)
		max = strtoull(dash + 1, NULL, 10);
	return number >= min && number <= max;
}

static bool ref_range(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);

	return is.is_there && is_within(text_of(wanted), is.text);
}

/* A port of 0 is left out. */
static bool ref_port(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value protocol = get(line, FIELD_PROTOCOL, 0);
	struct value is = get(line, field, 0);

	return (is.is_there || !strcmp(protocol.text, "tcp") || !strcmp(protocol.text, "udp") ||
		!strcmp(protocol.text, "sctp")) &&
	       is_within(text_of(wanted), is.text);
}

static bool ref_protocol(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);

	if (!strcasecmp(text_of(wanted), "icmp"))
		return begins(is.text, "icmp");
	return is.is_there && !strcasecmp(text_of(wanted), is.text);
}

static bool ref_glob(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);

	return is.is_there && star(text_of(wanted), is.text, NULL);
}

static bool ref_unit(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);
	char with[FLOW_JSON_TEXT];

	snprintf(with, sizeof(with), "%s.service", text_of(wanted));
	return ref_glob(wanted, field, line) || (is.is_there && star(with, is.text, NULL));
}

static bool ref_container(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value id = get(line, field - FIELD_SOURCE_CONTAINER + FIELD_SOURCE_CONTAINER_ID, 0);

	return ref_glob(wanted, field, line) ||
	       (strlen(text_of(wanted)) >= 4 && begins(id.text, text_of(wanted)));
}

static bool ref_fqdn(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value name;

	for (unsigned int i = 0; (name = get(line, field, i)).is_there; i++) {
		if (star(text_of(wanted), name.text, "abcdefghijklmnopqrstuvwxyz0123456789-."))
			return true;
	}
	return false;
}

static bool ref_least(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);
	uint64_t least;

	if (num_parse_duration(text_of(wanted), &least))
		least = strtoull(text_of(wanted), NULL, 10);
	return is.is_there && strtoull(is.text, NULL, 10) >= least;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? text_of(value) : "";
}

static bool ref_workload(struct json_object *wanted, enum field field, struct json_object *line)
{
	enum field kind_field = field - FIELD_SOURCE_WORKLOAD + FIELD_SOURCE_WORKLOAD_KIND;
	const char *name = member(wanted, "name"), *kind = member(wanted, "kind");
	struct value is;

	for (unsigned int i = 0; (is = get(line, field, i)).is_there; i++) {
		if ((!*name || !strcmp(is.text, name)) &&
		    (!*kind || !strcmp(get(line, kind_field, i).text, kind)))
			return true;
	}
	return false;
}

static bool ref_flags(struct json_object *wanted, enum field field, struct json_object *line)
{
	static const char *const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"
	};
	struct value is = get(line, field, 0);
	unsigned long long flags = strtoull(is.text, NULL, 10);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(member(wanted, names[i]), "true") && !(flags >> i & 1))
			return false;
	}
	return is.is_there;
}

static bool ref_event_type(struct json_object *wanted, enum field field, struct json_object *line)
{
	const char *type = member(wanted, "type");

	if (*type && strcmp(type, get(line, field, 0).text) != 0)
		return false;
	return strcmp(member(wanted, "match_sub_type"), "true") != 0 ||
	       !strcmp(member(wanted, "sub_type"), get(line, FIELD_SUB_TYPE, 0).text);
}

static bool ref_interface(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value name = get(line, field, 0), index = get(line, FIELD_INTERFACE_INDEX, 0);
	const char *wanted_name = member(wanted, "name"), *wanted_index = member(wanted, "index");

	if (!name.is_there && !index.is_there)
		return false;
	return (!*wanted_name || !strcmp(wanted_name, name.text)) &&
	       (!*wanted_index || !strcmp(wanted_index, "0") || !strcmp(wanted_index, index.text));
}

/* Enums of Hubble's, whatever the case they are kept in, and other words. */
static bool ref_word(struct json_object *wanted, enum field field, struct json_object *line)
{
	struct value is = get(line, field, 0);

	return is.is_there && !strcasecmp(text_of(wanted), is.text);
}

static bool ref_bool(struct json_object *wanted, enum field field, struct json_object *line)
{
	bool is_true = !strcmp(get(line, field, 0).text, "1");

	return is_true == (bool)json_object_get_boolean(wanted);
}

static bool ref_version(struct json_object *wanted, enum field field, struct json_object *line)
{
	return strchr(text_of(wanted), *get(line, field, 0).text);
}

static bool ref_node(struct json_object *wanted, enum field field, struct json_object *line)
{
	const char *slash = strchr(text_of(wanted), '/');
	char cluster[64];

	(void)field;
	if (!slash)
		return ref_fqdn(wanted, FIELD_NODE, line);
	snprintf(cluster, sizeof(cluster), "%.*s", (int)(slash - text_of(wanted)), text_of(wanted));
	return (!*cluster || star(cluster, "default", "abcdefghijklmnopqrstuvwxyz0123456789-.")) &&
	       (!slash[1] || star(slash + 1, get(line, FIELD_NODE, 0).text,
				  "abcdefghijklmnopqrstuvwxyz0123456789-."));
}

static const struct {
	const char *key;
	enum field field;
	bool (*holds)(struct json_object *wanted, enum field field, struct json_object *line);
	bool is_sided;
} keys[] = {
	{ "ip", FIELD_SOURCE_IP, ref_ip, true },
	{ "pod", FIELD_SOURCE_POD, ref_pod, true },
	{ "fqdn", FIELD_SOURCE_NAME, ref_fqdn, true },
	{ "label", FIELD_SOURCE_LABEL, ref_label, true },
	{ "service", FIELD_SOURCE_SERVICE, ref_service, true },
	{ "workload", FIELD_SOURCE_WORKLOAD, ref_workload, true },
	{ "port", FIELD_SOURCE_PORT, ref_port, true },
	{ "identity", FIELD_SOURCE_IDENTITY, ref_range, true },
	{ "process", FIELD_SOURCE_PROCESS, ref_glob, true },
	{ "container", FIELD_SOURCE_CONTAINER, ref_container, true },
	{ "unit", FIELD_SOURCE_UNIT, ref_unit, true },
	{ "uid", FIELD_SOURCE_UID, ref_range, true },
	{ "netns", FIELD_SOURCE_NETNS, ref_range, true },
	{ "traffic_direction", FIELD_DIRECTION, ref_word, false },
	{ "verdict", FIELD_VERDICT, ref_word, false },
	{ "event", FIELD_EVENT, ref_word, false },
	{ "interface", FIELD_INTERFACE, ref_interface, false },
	{ "event_type", FIELD_TYPE, ref_event_type, false },
	{ "protocol", FIELD_PROTOCOL, ref_protocol, false },
	{ "reply", FIELD_REPLY, ref_bool, false },
	{ "encrypted", FIELD_ENCRYPTED, ref_bool, false },
	{ "tcp_flags", FIELD_TCP_FLAGS, ref_flags, false },
	{ "node_name", FIELD_NODE, ref_node, false },
	{ "ip_version", FIELD_IP_VERSION, ref_version, false },
	{ "min_bytes", FIELD_BYTES, ref_least, false },
	{ "min_duration", FIELD_DURATION_NS, ref_least, false },
	{ "min_rtt", FIELD_RTT, ref_least, false },
};

static bool reference_key(const char *name, struct json_object *values, const char *side,
			  struct json_object *line)
{
	unsigned int end = begins(name, "destination_") || !strcmp(side, "destination");
	bool has_side = begins(name, "source_") || begins(name, "destination_");
	const char *key = has_side ? strchr(name, '_') + 1 : name;
	size_t row = 0;

	while (row < ARRAY_SIZE(keys) && strcmp(keys[row].key, key) != 0)
		row++;
	assert_row(name, row < ARRAY_SIZE(keys));
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		if (keys[row].holds(json_object_array_get_idx(values, i),
				    keys[row].field + (keys[row].is_sided && end), line))
			return true;
	}
	return !json_object_array_length(values);
}

bool reference_object(struct json_object *object, const char *side, struct json_object *line)
{
	json_object_object_foreach(object, name, values)
	{
		if (!reference_key(name, values, side, line))
			return false;
	}
	return true;
}

static bool any(struct json_object *list, struct json_object *line)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (reference_object(json_object_array_get_idx(list, i), "", line))
			return true;
	}
	return false;
}

bool reference_match(struct json_object *allow, struct json_object *deny,
		     struct json_object *either, struct json_object *line)
{
	if (json_object_array_length(allow) && !any(allow, line))
		return false;
	if (either && !reference_object(either, "source", line) &&
	    !reference_object(either, "destination", line))
		return false;
	return !any(deny, line);
}
