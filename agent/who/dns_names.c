// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each answer is entered twice: for who asked, and for anybody. So one hash by (client, address)
 * finds either, with at most a few names each, and who floods one address with names only throws
 * out his own. Texts are kept once and counted.
 */
#include "dns_names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "conn/conn_table.h"
#include "weir/dns.h"

#define SLOTS	     16384 /* for pairs; powers of two */
#define TEXT_SLOTS   8192
#define MALLOC_BYTES 16 /* what the allocator adds to a text */
#define NS_PER_S     1000000000ULL

struct text {
	struct text *next;
	uint32_t refs;
	uint32_t hash;
	uint32_t len;
	char bytes[];
};

struct pair_key {
	uint8_t client[16]; /* all zero: anybody */
	uint8_t addr[16];
};

/* By index; 0 is none, and pairs[0] the ring that all in use are in, newest first. */
struct pair {
	struct pair_key key;
	struct text *text;
	uint32_t expires_s;
	uint32_t next; /* in its slot, newest first; of the free ones */
	uint32_t newer, older;
};

struct dns_names {
	struct pair *pairs;
	uint32_t slots[SLOTS];
	struct text *texts[TEXT_SLOTS];
	uint32_t free; /* first of those that were in use */
	uint32_t used; /* from here on none ever was */
	uint64_t seed;
	size_t text_bytes;
	struct dns_names_stats stats;
};

static const uint8_t anybody[16];

int dns_names_new(struct dns_names **ret)
{
	struct dns_names *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	names->pairs = calloc(DNS_NAMES_MAX + 1, sizeof(*names->pairs));
	if (!names->pairs) {
		free(names);
		return -ENOMEM;
	}
	names->used = 1;
	if (getrandom(&names->seed, sizeof(names->seed), GRND_NONBLOCK) < 0)
		names->seed = (uintptr_t)names;
	*ret = names;
	return 0;
}

void dns_names_free(struct dns_names **at)
{
	struct dns_names *names = TAKE_PTR(*at);

	if (!names)
		return;
	for (size_t i = 0; i < TEXT_SLOTS; i++) {
		while (names->texts[i]) {
			struct text *text = names->texts[i];

			names->texts[i] = text->next;
			free(text);
		}
	}
	free(names->pairs);
	free(names);
}

static size_t text_size(uint32_t len)
{
	return sizeof(struct text) + len + 1 + MALLOC_BYTES;
}

static void text_drop(struct dns_names *names, struct text *text)
{
	struct text **at = &names->texts[text->hash & (TEXT_SLOTS - 1)];

	if (--text->refs)
		return;
	while (*at != text)
		at = &(*at)->next;
	*at = text->next;
	names->text_bytes -= text_size(text->len);
	names->stats.texts--;
	free(text);
}

/* A reference is the caller's. NULL: no memory. */
static struct text *text_take(struct dns_names *names, const char *bytes)
{
	uint32_t len = (uint32_t)strlen(bytes);
	uint32_t hash = (uint32_t)hash_bytes(names->seed, bytes, len);
	struct text **slot = &names->texts[hash & (TEXT_SLOTS - 1)], *text;

	for (text = *slot; text; text = text->next) {
		if (text->hash == hash && text->len == len && !memcmp(text->bytes, bytes, len)) {
			text->refs++;
			return text;
		}
	}
	text = malloc(sizeof(*text) + len + 1);
	if (!text)
		return NULL;
	text->refs = 1;
	text->hash = hash;
	text->len = len;
	memcpy(text->bytes, bytes, len + 1);
	text->next = *slot;
	*slot = text;
	names->text_bytes += text_size(len);
	names->stats.texts++;
	return text;
}

static uint32_t *slot_of(struct dns_names *names, const struct pair_key *key)
{
	return &names->slots[hash_bytes(names->seed, key, sizeof(*key)) & (SLOTS - 1)];
}

static bool pair_is_of(const struct pair *pair, const struct pair_key *key)
{
	return !memcmp(&pair->key, key, sizeof(*key));
}

static void ring_remove(struct dns_names *names, uint32_t index)
{
	struct pair *pairs = names->pairs, *pair = &pairs[index];

	pairs[pair->newer].older = pair->older;
	pairs[pair->older].newer = pair->newer;
}

static void ring_add(struct dns_names *names, uint32_t index)
{
	struct pair *pairs = names->pairs, *pair = &pairs[index];

	pair->newer = 0;
	pair->older = pairs[0].older;
	pairs[pair->older].newer = index;
	pairs[0].older = index;
}

static void slot_remove(struct dns_names *names, uint32_t index)
{
	struct pair *pair = &names->pairs[index];
	uint32_t *at = slot_of(names, &pair->key);

	while (*at != index)
		at = &names->pairs[*at].next;
	*at = pair->next;
}

static void slot_add(struct dns_names *names, uint32_t index)
{
	struct pair *pair = &names->pairs[index];
	uint32_t *slot = slot_of(names, &pair->key);

	pair->next = *slot;
	*slot = index;
}

static void pair_remove(struct dns_names *names, uint32_t index)
{
	struct pair *pair = &names->pairs[index];

	slot_remove(names, index);
	ring_remove(names, index);
	text_drop(names, pair->text);
	pair->text = NULL;
	pair->next = names->free;
	names->free = index;
	names->stats.pairs--;
}

static void pair_evict(struct dns_names *names, uint32_t index, uint32_t now_s)
{
	names->stats.evicted += names->pairs[index].expires_s > now_s;
	pair_remove(names, index);
}

/* The pair that has this text, or 0; *ret_last: the oldest of the key, if that has no room left. */
static uint32_t pair_find(struct dns_names *names, const struct pair_key *key,
			  const struct text *text, uint32_t *ret_last)
{
	unsigned int count = 0;
	uint32_t last = 0;

	for (uint32_t at = *slot_of(names, key); at; at = names->pairs[at].next) {
		const struct pair *pair = &names->pairs[at];

		if (!pair_is_of(pair, key))
			continue;
		if (pair->text == text)
			return at;
		last = at;
		count++;
	}
	*ret_last = count >= DNS_NAMES_OF_PAIR ? last : 0;
	return 0;
}

/* A place for a pair; the text that it will have holds its reference already. */
static uint32_t pair_place(struct dns_names *names, uint32_t now_s)
{
	uint32_t index;

	while (names->pairs[0].newer && (names->text_bytes > DNS_NAMES_TEXT_BYTES ||
					 (!names->free && names->used > DNS_NAMES_MAX)))
		pair_evict(names, names->pairs[0].newer, now_s);
	index = names->free;
	if (!index)
		return names->used++;
	names->free = names->pairs[index].next;
	return index;
}

/* Takes a reference of the text. */
static void pair_learn(struct dns_names *names, const struct pair_key *key, struct text *text,
		       uint32_t now_s, uint32_t ttl)
{
	uint32_t last = 0, index = pair_find(names, key, text, &last);
	uint32_t expires_s = now_s + ttl;
	struct pair *pair;

	if (index) {
		text_drop(names, text);
		slot_remove(names, index);
		ring_remove(names, index);
	} else {
		if (last)
			pair_evict(names, last, now_s);
		index = pair_place(names, now_s);
		names->pairs[index].key = *key;
		names->pairs[index].text = text;
		names->pairs[index].expires_s = 0;
		names->stats.pairs++;
	}
	pair = &names->pairs[index];
	if (pair->expires_s < expires_s)
		pair->expires_s = expires_s;
	slot_add(names, index);
	ring_add(names, index);
}

struct learn {
	struct dns_names *names;
	const uint8_t *client;
	uint32_t now_s;
};

static void learn_as(const struct learn *learn, const uint8_t client[static 16],
		     const struct dns_answer *answer)
{
	uint32_t ttl = answer->ttl < DNS_NAMES_MIN_S   ? DNS_NAMES_MIN_S
		       : answer->ttl > DNS_NAMES_MAX_S ? DNS_NAMES_MAX_S
						       : answer->ttl;
	struct text *text = text_take(learn->names, answer->name);
	struct pair_key key;

	if (!text) {
		learn->names->stats.refused++;
		return;
	}
	memcpy(key.client, client, sizeof(key.client));
	memcpy(key.addr, answer->addr, sizeof(key.addr));
	pair_learn(learn->names, &key, text, learn->now_s, ttl);
}

static void learn_answer(void *ctx, const struct dns_answer *answer)
{
	const struct learn *learn = ctx;

	if (learn->client)
		learn_as(learn, learn->client, answer);
	learn_as(learn, anybody, answer);
}

void dns_names_learn(struct dns_names *names, const uint8_t client[16],
		     const struct dns_message *message, uint64_t now_ns)
{
	struct learn learn = { names, client, (uint32_t)(now_ns / NS_PER_S) };
	char name[DNS_NAME_SIZE];
	enum dns_result result = dns_parse(message, name, learn_answer, &learn);

	names->stats.answers++;
	names->stats.useless += result == DNS_NO_ANSWER;
	names->stats.malformed += result == DNS_MALFORMED;
}

void dns_names_event(struct dns_names *names, const struct weir_dns_event *event, uint64_t now_ns)
{
	unsigned int server = event->hdr.dir & 1;
	const struct dns_message message = {
		.bytes = event->data,
		.len = event->len,
		.is_mdns = event->key.port[server] == htons(WEIR_MDNS_PORT),
	};

	dns_names_learn(names, message.is_mdns ? NULL : (const uint8_t *)event->key.addr[!server],
			&message, now_ns);
}

/* Those of a key that still hold; who is asked for is new again. */
static void find_as(struct dns_names *names, const struct pair_key *key, uint32_t now_s,
		    struct dns_names_found *ret)
{
	uint32_t next;

	for (uint32_t at = *slot_of(names, key); at; at = next) {
		struct pair *pair = &names->pairs[at];

		next = pair->next;
		if (!pair_is_of(pair, key))
			continue;
		if (pair->expires_s <= now_s) {
			pair_remove(names, at);
			continue;
		}
		ring_remove(names, at);
		ring_add(names, at);
		if (ret->count < DNS_NAMES_OF_PAIR)
			ret->names[ret->count++] = pair->text->bytes;
	}
}

void dns_names_find(struct dns_names *names, const uint8_t client[static 16],
		    const uint8_t addr[static 16], uint64_t now_ns, struct dns_names_found *ret)
{
	uint32_t now_s = (uint32_t)(now_ns / NS_PER_S);
	struct pair_key key;

	ret->count = 0;
	memcpy(key.client, client, sizeof(key.client));
	memcpy(key.addr, addr, sizeof(key.addr));
	find_as(names, &key, now_s, ret);
	ret->is_asker = ret->count > 0;
	if (ret->count)
		return;
	memset(key.client, 0, sizeof(key.client));
	find_as(names, &key, now_s, ret);
}

void dns_names_get_stats(const struct dns_names *names, struct dns_names_stats *ret)
{
	*ret = names->stats;
	ret->bytes = sizeof(*names) + names->used * sizeof(*names->pairs) + names->text_bytes;
}
