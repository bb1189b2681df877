// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fields that are not just a value of their kind: enums by name, what JSON leaves out, lists, sums,
 * what is made of several values.
 */
#include "flow_reader_ways.h"

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/flow/json_value.h"
#include "agent/flow/names.h"

#include "json_fields.h"
#include "url.h"

/* An enum by its name. */
static bool get_enum(struct flow_reader *reader, enum field field, enum names names,
		     struct field_value *ret)
{
	enum json_kind kind;
	struct text text;
	const char *name;
	int64_t number;

	kind = flow_reader_take(reader, field, &text);
	if (kind == JSON_STRING) {
		flow_reader_tell(ret, text);
		return true;
	}
	name = kind == JSON_NUMBER && json_value_i64(text, &number) ? names_get(names, number)
								    : NULL;
	if (name)
		flow_reader_tell(ret, text_from_str(name));
	return name;
}

static bool get_verdict(struct flow_reader *reader, enum field field, unsigned int index,
			struct field_value *ret)
{
	return !index && get_enum(reader, field, NAMES_VERDICT, ret);
}

static bool get_point(struct flow_reader *reader, enum field field, unsigned int index,
		      struct field_value *ret)
{
	return !index && get_enum(reader, field, NAMES_OBSERVATION_POINT, ret);
}

static bool get_direction(struct flow_reader *reader, enum field field, unsigned int index,
			  struct field_value *ret)
{
	static const char *const words[][2] = { { "INGRESS", "ingress" }, { "EGRESS", "egress" } };
	struct field_value name;

	if (index || !get_enum(reader, field, NAMES_DIRECTION, &name))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!text_is((struct text){ name.text, name.len }, words[i][0]))
			continue;
		flow_reader_tell(ret, text_from_str(words[i][1]));
		return true;
	}
	return false;
}

/* The first servers told the number only. */
static bool get_drop_name(struct flow_reader *reader, enum field field, unsigned int index,
			  struct field_value *ret)
{
	struct field_value reason;
	const char *name = NULL;

	if (index)
		return false;
	if (get_enum(reader, field, NAMES_DROP_NAME, ret))
		return true;
	if (flow_reader_number(reader, FIELD_DROP_REASON, 0, &reason) &&
	    reason.number <= UINT32_MAX)
		name = names_get(NAMES_DROP_NAME, (int64_t)reason.number);
	if (name)
		flow_reader_tell(ret, text_from_str(name));
	return name;
}

/* A number that JSON leaves out if it is 0, where there is the message that it belongs to. */
static bool get_or_0(struct flow_reader *reader, enum field field, bool is_there,
		     struct field_value *ret)
{
	ret->number = 0;
	return flow_reader_number(reader, field, 0, ret) ||
	       (is_there && !flow_reader_value(reader, field).len);
}

static bool get_event_type(struct flow_reader *reader, enum field field, unsigned int index,
			   struct field_value *ret)
{
	return !index && get_or_0(reader, field, reader->values.event_type, ret);
}

static bool get_icmp(struct flow_reader *reader, enum field field, unsigned int index,
		     struct field_value *ret)
{
	const struct flow_reader_values *values = &reader->values;

	return !index && get_or_0(reader, field, values->icmpv4 || values->icmpv6, ret);
}

static bool get_not_0(struct flow_reader *reader, enum field field, unsigned int index,
		      struct field_value *ret)
{
	return flow_reader_number(reader, field, index, ret) && ret->number;
}

static bool get_ip_version(struct flow_reader *reader, enum field field, unsigned int index,
			   struct field_value *ret)
{
	struct field_value name;

	if (index || !reader->values.flow)
		return false;
	ret->number = 0;
	if (!get_enum(reader, field, NAMES_IP_VERSION, &name))
		return true;
	if (text_is((struct text){ name.text, name.len }, "IPv4"))
		ret->number = 4;
	else if (text_is((struct text){ name.text, name.len }, "IPv6"))
		ret->number = 6;
	return true;
}

static bool get_flags(struct flow_reader *reader, enum field field, unsigned int index,
		      struct field_value *ret)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK",
					     "URG", "ECE", "CWR", "NS" };
	struct json_scan scan = flow_reader_scan(reader, flow_reader_value(reader, field));
	struct text key;

	if (index || !reader->values.tcp)
		return false;
	ret->number = 0;
	if (!flow_reader_value(reader, field).len || !json_scan_enter_object(&scan))
		return true;
	while (json_scan_key(&scan, &key)) {
		bool is_set = text_is(json_scan_raw(&scan), "true");

		for (unsigned int bit = 0; is_set && bit < ARRAY_SIZE(names); bit++)
			ret->number |= (uint64_t)text_is(key, names[bit]) << bit;
	}
	return true;
}

/* Layer 4, and layer 7 as well. */
static bool get_protocol(struct flow_reader *reader, enum field field, unsigned int index,
			 struct field_value *ret)
{
	const struct flow_reader_values *values = &reader->values;
	const struct {
		bool is_there;
		const char *name;
	} protocols[] = {
		{ values->tcp, "tcp" },	      { values->udp, "udp" },
		{ values->icmpv4, "icmpv4" }, { values->icmpv6, "icmpv6" },
		{ values->sctp, "sctp" },     { values->vrrp, "vrrp" },
		{ values->igmp, "igmp" },     { values->dns, "dns" },
		{ values->http, "http" },     { values->kafka, "kafka" },
	};

	(void)field;
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (!protocols[i].is_there || index--)
			continue;
		flow_reader_tell(ret, text_from_str(protocols[i].name));
		return true;
	}
	return false;
}

static bool get_path(struct flow_reader *reader, enum field field, unsigned int index,
		     struct field_value *ret)
{
	struct text url, path;

	(void)field;
	if (index || flow_reader_take(reader, FIELD_HTTP_URL, &url) != JSON_STRING ||
	    !url_path(url, &reader->scratch, &path))
		return false;
	flow_reader_tell(ret, path);
	return true;
}

/* The element of a list; false: there are not so many. */
static bool find_element(struct json_scan *scan, unsigned int index)
{
	if (!json_scan_enter_array(scan))
		return false;
	while (json_scan_element(scan)) {
		if (!index--)
			return true;
		json_scan_raw(scan);
	}
	return false;
}

/* What is no string counts as an empty one: the indexes of others do not change. */
static bool get_string(struct flow_reader *reader, enum field field, unsigned int index,
		       struct field_value *ret)
{
	struct json_scan scan = flow_reader_scan(reader, flow_reader_value(reader, field));
	struct text text;

	if (!flow_reader_value(reader, field).len || !find_element(&scan, index))
		return false;
	if (json_scan_value(&scan, &text) != JSON_STRING)
		text = (struct text){ "", 0 };
	flow_reader_tell(ret, text);
	return true;
}

/* Two strings of an object. */
struct pair {
	struct text first, second;
};

static bool get_pair(struct flow_reader *reader, struct text list, unsigned int index,
		     const struct json_field *fields, struct pair *ret)
{
	struct json_scan scan = flow_reader_scan(reader, list);

	*ret = (struct pair){ { "", 0 }, { "", 0 } };
	if (!list.len || !find_element(&scan, index))
		return false;
	json_fields_read(fields, &scan, ret);
	return true;
}

static const struct json_field workload_fields[] = {
	{ .key = "name", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct pair, first) },
	{ .key = "kind", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct pair, second) },
	{},
};

static const struct json_field header_fields[] = {
	{ .key = "key", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct pair, first) },
	{ .key = "value", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct pair, second) },
	{},
};

static bool get_workload(struct flow_reader *reader, enum field field, unsigned int index,
			 struct field_value *ret)
{
	struct pair pair;

	if (!get_pair(reader, flow_reader_value(reader, field), index, workload_fields, &pair))
		return false;
	flow_reader_tell(ret, pair.first);
	return true;
}

/* Of the list that has the names. */
static bool get_workload_kind(struct flow_reader *reader, enum field field, unsigned int index,
			      struct field_value *ret)
{
	enum field names = field == FIELD_SOURCE_WORKLOAD_KIND ? FIELD_SOURCE_WORKLOAD
							       : FIELD_DESTINATION_WORKLOAD;
	struct pair pair;

	if (!get_pair(reader, flow_reader_value(reader, names), index, workload_fields, &pair))
		return false;
	flow_reader_tell(ret, pair.second);
	return true;
}

static bool get_header(struct flow_reader *reader, enum field field, unsigned int index,
		       struct field_value *ret)
{
	struct buf *scratch = &reader->scratch;
	struct pair pair;
	size_t before;

	if (!get_pair(reader, flow_reader_value(reader, field), index, header_fields, &pair))
		return false;
	before = buf_len(scratch);
	buf_append(scratch, pair.first.bytes, pair.first.len);
	buf_append_char(scratch, ':');
	buf_append(scratch, pair.second.bytes, pair.second.len);
	if (scratch->failed)
		return false;
	flow_reader_tell(ret,
			 (struct text){ buf_bytes(scratch) + before, buf_len(scratch) - before });
	return true;
}

/* Of what both sides have sent; one of them may not be known. */
static bool get_sum(struct flow_reader *reader, enum field field, unsigned int index,
		    struct field_value *ret)
{
	enum field first = field == FIELD_BYTES	    ? FIELD_FORWARD_BYTES
			   : field == FIELD_PACKETS ? FIELD_FORWARD_PACKETS
						    : FIELD_FORWARD_RETRANSMITS;
	struct field_value forward = {}, reverse = {};
	bool is_known;

	if (index)
		return false;
	is_known = flow_reader_number(reader, first, 0, &forward);
	is_known |= flow_reader_number(reader, first + (FIELD_REVERSE_BYTES - FIELD_FORWARD_BYTES),
				       0, &reverse);
	ret->number = forward.number + reverse.number;
	return is_known;
}

/* Where the field's kind does not tell how. */
const flow_reader_fn flow_reader_ways[FIELD_MAX] = {
	[FIELD_VERDICT] = get_verdict,
	[FIELD_TYPE] = get_event_type,
	[FIELD_SUB_TYPE] = get_event_type,
	[FIELD_DIRECTION] = get_direction,
	[FIELD_POINT] = get_point,
	[FIELD_NODE_LABEL] = get_string,
	[FIELD_PROTOCOL] = get_protocol,
	[FIELD_IP_VERSION] = get_ip_version,
	[FIELD_TCP_FLAGS] = get_flags,
	[FIELD_ICMP_TYPE] = get_icmp,
	[FIELD_ICMP_CODE] = get_icmp,
	[FIELD_DROP_REASON_DESC] = get_drop_name,
	[FIELD_HTTP_PATH] = get_path,
	[FIELD_INTERFACE_INDEX] = get_not_0,
	[FIELD_HTTP_STATUS] = get_not_0,
	[FIELD_HTTP_HEADER] = get_header,
	[FIELD_SOURCE_PORT] = get_not_0,
	[FIELD_DESTINATION_PORT] = get_not_0,
	[FIELD_SOURCE_LABEL] = get_string,
	[FIELD_DESTINATION_LABEL] = get_string,
	[FIELD_SOURCE_WORKLOAD] = get_workload,
	[FIELD_DESTINATION_WORKLOAD] = get_workload,
	[FIELD_SOURCE_WORKLOAD_KIND] = get_workload_kind,
	[FIELD_DESTINATION_WORKLOAD_KIND] = get_workload_kind,
	[FIELD_SOURCE_NAME] = get_string,
	[FIELD_DESTINATION_NAME] = get_string,
	[FIELD_BYTES] = get_sum,
	[FIELD_PACKETS] = get_sum,
	[FIELD_RETRANSMITS] = get_sum,
};
