// SPDX-License-Identifier: BSD-2-Clause
/*
 * First where each record is, then the chain of names, then the addresses: records may stand in
 * any order. A name is named by its offset, and two are compared as they stand; a hash of each is
 * made once, so that a message made for it cannot cost much more than its length.
 */
#include "dns_parse.h"

#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"

#define HEADER_LEN  12
#define FLAG_ANSWER 0x8000
#define OPCODE_MASK 0x7800
#define RCODE_MASK  0x000f
#define CLASS_IN    1
#define CLASS_MASK  0x7fff /* mDNS: the bit above says "forget what you knew" */
#define TYPE_A	    1
#define TYPE_CNAME  5
#define TYPE_AAAA   28
#define TYPE_HTTPS  65
#define TYPE_SVCB   64
#define TYPE_ANY    255
#define POINTER	    0xc0
#define LABEL_MAX   63
#define HINT_V4	    4 /* keys of SVCB and HTTPS */
#define HINT_V6	    6
#define TTL_MAX	    0x7fffffff /* RFC 2181, 8: more means 0 */
#define MDNS_SUFFIX ".local"

struct record {
	uint32_t owner, data; /* offsets */
	uint32_t hash;	      /* of the owner */
	uint32_t ttl;
	uint16_t type, data_len;
};

struct parse {
	const uint8_t *bytes;
	size_t len;
	uint16_t qtype;
	struct record records[DNS_RECORDS_MAX];
	unsigned int count;
	/* The name that was asked for, and the ones it is an alias of. */
	struct {
		uint32_t name, hash, ttl;
	} chain[DNS_CHAIN_MAX];
	unsigned int chain_count;
	char *name; /* text of the first */
	char own_name[DNS_NAME_SIZE];
	dns_answer_fn fn;
	void *ctx;
	unsigned int told;
};

static uint16_t u16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t u32_at(const uint8_t *bytes)
{
	return (uint32_t)u16_at(bytes) << 16 | u16_at(bytes + 2);
}

/* A walk over the labels of a name. */
struct walk {
	const uint8_t *bytes;
	size_t len, at;
	size_t lowest; /* a pointer leads in front of where its part of the name begins */
	size_t end;    /* behind the name where it stands; 0: not known yet */
	unsigned int jumps, wire;
};

static struct walk walk_from(const struct parse *parse, size_t at)
{
	return (struct walk){ .bytes = parse->bytes, .len = parse->len, .at = at, .lowest = at };
}

/*
 * The next label's length, 0 at the end of the name, -1 if it is none. *ret_label: its bytes.
 * Pointers lead strictly backwards, so that there is no loop.
 */
static int walk_next(struct walk *walk, const uint8_t **ret_label)
{
	while (walk->at < walk->len && (walk->bytes[walk->at] & POINTER) == POINTER) {
		size_t to;

		if (walk->at + 2 > walk->len)
			return -1;
		to = u16_at(walk->bytes + walk->at) & ~(unsigned int)(POINTER << 8);
		if (!walk->end)
			walk->end = walk->at + 2;
		if (to >= walk->lowest || to < HEADER_LEN || ++walk->jumps > DNS_JUMPS_MAX)
			return -1;
		walk->at = walk->lowest = to;
	}
	if (walk->at >= walk->len || walk->bytes[walk->at] > LABEL_MAX ||
	    walk->at + 1 + walk->bytes[walk->at] > walk->len)
		return -1;
	*ret_label = walk->bytes + walk->at + 1;
	walk->wire += 1 + walk->bytes[walk->at];
	if (walk->wire > DNS_NAME_WIRE)
		return -1;
	walk->at += 1 + walk->bytes[walk->at];
	if (*ret_label == walk->bytes + walk->at && !walk->end)
		walk->end = walk->at;
	return walk->bytes[*ret_label - walk->bytes - 1];
}

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The end of the name where it stands, and its hash; 0: it is none. */
static size_t name_read(const struct parse *parse, size_t at, uint32_t *ret_hash)
{
	struct walk walk = walk_from(parse, at);
	uint32_t hash = 2166136261U; /* FNV-1a */
	const uint8_t *label;
	int len;

	while ((len = walk_next(&walk, &label)) > 0) {
		hash = (hash ^ (uint32_t)len) * 16777619U;
		for (int i = 0; i < len; i++)
			hash = (hash ^ small(label[i])) * 16777619U;
	}
	*ret_hash = hash;
	return len ? 0 : walk.end;
}

/* Both were read before. */
static bool name_is(const struct parse *parse, size_t a, size_t b)
{
	struct walk x = walk_from(parse, a), y = walk_from(parse, b);
	const uint8_t *label_x, *label_y;
	int len;

	if (a == b)
		return true;
	do {
		len = walk_next(&x, &label_x);
		if (len < 0 || walk_next(&y, &label_y) != len)
			return false;
		for (int i = 0; i < len; i++) {
			if (small(label_x[i]) != small(label_y[i]))
				return false;
		}
	} while (len);
	return true;
}

static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '.' && c != '\\';
}

/* 255 bytes of the wire are at most 253 of labels and dots, and four times that with escapes. */
static void name_text(const struct parse *parse, size_t at, char text[static DNS_NAME_SIZE])
{
	struct walk walk = walk_from(parse, at);
	const uint8_t *label;
	size_t end = 0;
	int len;

	while ((len = walk_next(&walk, &label)) > 0 && end + 1 + (size_t)len * 4 < DNS_NAME_SIZE) {
		if (end)
			text[end++] = '.';
		for (int i = 0; i < len; i++) {
			uint8_t c = small(label[i]);

			if (is_plain(c)) {
				text[end++] = (char)c;
				continue;
			}
			text[end++] = '\\';
			text[end++] = (char)('0' + c / 100);
			text[end++] = (char)('0' + c / 10 % 10);
			text[end++] = (char)('0' + c % 10);
		}
	}
	text[end] = '\0';
}

/* The record at `at`, where it is all there; returns what is behind it, or 0. */
static size_t record_read(struct parse *parse, size_t at, struct record *ret)
{
	size_t end = name_read(parse, at, &ret->hash);
	const uint8_t *fixed = parse->bytes + end;

	if (!end || end + 10 > parse->len)
		return 0;
	ret->owner = (uint32_t)at;
	ret->type = u16_at(fixed);
	ret->ttl = u32_at(fixed + 4);
	if (ret->ttl > TTL_MAX)
		ret->ttl = 0;
	ret->data_len = u16_at(fixed + 8);
	ret->data = (uint32_t)end + 10;
	if (ret->data + ret->data_len > parse->len)
		return 0;
	if ((u16_at(fixed + 2) & CLASS_MASK) != CLASS_IN)
		ret->type = 0; /* which is none */
	return ret->data + ret->data_len;
}

/* Those of the answer section. A capture may end in the middle of one: then that was all. */
static void records_read(struct parse *parse, size_t at, unsigned int count)
{
	while (count-- && at && parse->count < DNS_RECORDS_MAX) {
		struct record *record = &parse->records[parse->count];

		at = record_read(parse, at, record);
		if (at && record->type)
			parse->count++;
	}
}

static bool record_is_of(const struct parse *parse, const struct record *record, unsigned int link)
{
	return record->hash == parse->chain[link].hash &&
	       name_is(parse, record->owner, parse->chain[link].name);
}

/* Follows the name through its aliases, wherever in the message they stand. */
static void chain_follow(struct parse *parse)
{
	for (unsigned int link = 0; link < parse->chain_count; link++) {
		for (unsigned int i = 0; i < parse->count; i++) {
			const struct record *record = &parse->records[i];
			uint32_t ttl = parse->chain[link].ttl, hash;

			if (record->type != TYPE_CNAME || parse->chain_count == DNS_CHAIN_MAX ||
			    !record_is_of(parse, record, link) ||
			    !name_read(parse, record->data, &hash))
				continue;
			parse->chain[parse->chain_count].name = record->data;
			parse->chain[parse->chain_count].hash = hash;
			parse->chain[parse->chain_count].ttl =
				record->ttl < ttl ? record->ttl : ttl;
			parse->chain_count++;
			break; /* a name is an alias of one other */
		}
	}
}

/* addr: of len bytes, 4 or 16. Nobody is at the unspecified address, and at ours are we. */
static void tell(struct parse *parse, const char *name, const uint8_t *addr, size_t len,
		 uint32_t ttl)
{
	static const uint8_t nowhere[16], loopback[16] = { [15] = 1 };
	struct dns_answer answer = { .ttl = ttl, .name = name };

	if (len == 4) {
		addr_from_v4(addr, answer.addr);
		if (!addr[0] || addr[0] == 127)
			return;
	} else {
		memcpy(answer.addr, addr, sizeof(answer.addr));
		if (!memcmp(addr, nowhere, len) || !memcmp(addr, loopback, len) || addr_is_v4(addr))
			return;
	}
	parse->fn(parse->ctx, &answer);
	parse->told++;
}

/* Priority, target, then parameters {key, length, value}: RFC 9460, 2.2. */
static void tell_hints(struct parse *parse, const char *name, const struct record *record,
		       uint32_t ttl)
{
	size_t at, end = record->data + record->data_len;
	uint32_t hash;

	if (record->data_len < 3)
		return;
	at = name_read(parse, record->data + 2, &hash);
	while (at && at + 4 <= end) {
		uint16_t key = u16_at(parse->bytes + at), len = u16_at(parse->bytes + at + 2);
		size_t size = key == HINT_V4 ? 4 : key == HINT_V6 ? 16 : 0;

		at += 4;
		if (at + len > end)
			return;
		for (size_t i = 0; size && i + size <= len && parse->told < DNS_RECORDS_MAX;
		     i += size)
			tell(parse, name, parse->bytes + at + i, size, ttl);
		at += len;
	}
}

static void tell_record(struct parse *parse, const char *name, const struct record *record,
			uint32_t ttl)
{
	const uint8_t *data = parse->bytes + record->data;

	if (record->ttl < ttl)
		ttl = record->ttl;
	if (record->type == TYPE_A && record->data_len == 4)
		tell(parse, name, data, 4, ttl);
	else if (record->type == TYPE_AAAA && record->data_len == 16)
		tell(parse, name, data, 16, ttl);
	else if (record->type == TYPE_HTTPS || record->type == TYPE_SVCB)
		tell_hints(parse, name, record, ttl);
}

static bool is_wanted(const struct parse *parse, const struct record *record)
{
	return parse->qtype == TYPE_ANY || record->type == parse->qtype;
}

/* Of the name that was asked for, or one that it is an alias of. */
static void tell_asked(struct parse *parse)
{
	chain_follow(parse);
	for (unsigned int i = 0; i < parse->count; i++) {
		const struct record *record = &parse->records[i];

		for (unsigned int link = 0; link < parse->chain_count; link++) {
			if (is_wanted(parse, record) && record_is_of(parse, record, link)) {
				tell_record(parse, parse->name, record, parse->chain[link].ttl);
				break;
			}
		}
	}
}

/* Nobody need have asked: a machine tells its own name to all. */
static void tell_mdns(struct parse *parse)
{
	for (unsigned int i = 0; i < parse->count; i++) {
		const struct record *record = &parse->records[i];
		size_t len;

		if (record->type != TYPE_A && record->type != TYPE_AAAA)
			continue;
		name_text(parse, record->owner, parse->own_name);
		len = strlen(parse->own_name);
		if (len > strlen(MDNS_SUFFIX) &&
		    !strcmp(parse->own_name + len - strlen(MDNS_SUFFIX), MDNS_SUFFIX))
			tell_record(parse, parse->own_name, record, TTL_MAX);
	}
}

/* What is behind the one question, or 0. */
static size_t question_read(struct parse *parse)
{
	uint32_t hash;
	size_t end = name_read(parse, HEADER_LEN, &hash);

	if (!end || end + 4 > parse->len)
		return 0;
	parse->qtype = u16_at(parse->bytes + end);
	parse->chain[0].name = HEADER_LEN;
	parse->chain[0].hash = hash;
	parse->chain[0].ttl = TTL_MAX;
	parse->chain_count = (u16_at(parse->bytes + end + 2) & CLASS_MASK) == CLASS_IN;
	name_text(parse, HEADER_LEN, parse->name);
	return end + 4;
}

/* mDNS: any number of them, mostly none. 0: they are not sound. */
static size_t questions_skip(const struct parse *parse, unsigned int count)
{
	size_t at = HEADER_LEN;
	uint32_t hash;

	if (count > DNS_RECORDS_MAX)
		return 0;
	while (count-- && at) {
		at = name_read(parse, at, &hash);
		at = at ? at + 4 : 0;
	}
	return at <= parse->len ? at : 0;
}

enum dns_result dns_parse(const struct dns_message *message, char ret_name[static DNS_NAME_SIZE],
			  dns_answer_fn fn, void *ctx)
{
	struct parse parse;
	uint16_t flags, questions;
	size_t at;

	ret_name[0] = '\0';
	if (message->len < HEADER_LEN)
		return DNS_MALFORMED;
	flags = u16_at(message->bytes + 2);
	questions = u16_at(message->bytes + 4);
	if (!(flags & FLAG_ANSWER) || (flags & OPCODE_MASK) || (flags & RCODE_MASK) ||
	    (questions != 1 && !message->is_mdns))
		return DNS_NO_ANSWER;
	parse.bytes = message->bytes;
	parse.len = message->len;
	parse.count = parse.chain_count = parse.told = 0;
	parse.name = ret_name;
	parse.fn = fn;
	parse.ctx = ctx;
	at = message->is_mdns ? questions_skip(&parse, questions) : question_read(&parse);
	if (!at)
		return DNS_MALFORMED;
	records_read(&parse, at, u16_at(message->bytes + 6));
	if (message->is_mdns)
		tell_mdns(&parse);
	else if (ret_name[0])
		tell_asked(&parse);
	return parse.told ? DNS_OK : DNS_NO_ANSWER;
}
