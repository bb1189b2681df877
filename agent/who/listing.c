// SPDX-License-Identifier: BSD-2-Clause
/* Texts are put into chunks, which go all at once. */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/num.h"

#define CHUNK_BYTES 16384U

struct listing_chunk {
	struct listing_chunk *next;
	size_t used, size;
	char bytes[];
};

struct listing *listing_new(void)
{
	return calloc(1, sizeof(struct listing));
}

void listing_free(struct listing **at)
{
	struct listing *listing = TAKE_PTR(*at);

	if (!listing)
		return;
	while (listing->chunks) {
		struct listing_chunk *next = listing->chunks->next;

		free(listing->chunks);
		listing->chunks = next;
	}
	free(listing->items);
	free(listing);
}

/* NULL: too much, or out of memory. */
static void *take_bytes(struct listing *listing, size_t len)
{
	struct listing_chunk *chunk = listing->chunks;
	void *bytes;

	len = (len + 7) & ~(size_t)7;
	if (!chunk || chunk->size - chunk->used < len) {
		size_t size = len > CHUNK_BYTES ? len : CHUNK_BYTES;

		if (listing->bytes + size > LISTING_BYTES_MAX)
			return NULL;
		chunk = malloc(sizeof(*chunk) + size);
		if (!chunk)
			return NULL;
		*chunk = (struct listing_chunk){ .next = listing->chunks, .size = size };
		listing->chunks = chunk;
		listing->bytes += size;
	}
	bytes = chunk->bytes + chunk->used;
	chunk->used += len;
	return bytes;
}

const char *listing_text(struct listing *listing, struct text text, size_t max)
{
	size_t len = labels_cut(text, max);
	char *copy = len ? take_bytes(listing, len + 1) : NULL;

	if (!copy)
		return "";
	memcpy(copy, text.bytes, len);
	copy[len] = '\0';
	return copy;
}

struct found *listing_add(struct listing *listing, struct text id)
{
	struct found *found;

	if (!found_is_id(id))
		return NULL;
	if (listing->count == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 64;
		struct found *items = room > LISTING_MAX ? NULL
							 : realloc(listing->items,
								   room * sizeof(*listing->items));

		if (!items) {
			listing->refused++;
			return NULL;
		}
		listing->items = items;
		listing->room = room;
	}
	found = &listing->items[listing->count++];
	*found = (struct found){
		.id = listing_text(listing, id, FOUND_ID_MAX),
		.name = "",
		.image = "",
		.runtime = "",
		.sandbox_id = "",
		.pod_namespace = "",
		.pod_name = "",
		.pod_uid = "",
	};
	if (!found->id[0]) {
		listing->count--;
		listing->refused++;
		return NULL;
	}
	return found;
}

static size_t labels_bytes(const struct found *found)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < found->label_count; i++)
		bytes += strlen(found->labels[i].key) + strlen(found->labels[i].value) + 2;
	return bytes;
}

void listing_label(struct listing *listing, struct found *found, struct text key, struct text value)
{
	size_t key_len, value_len;
	char *copy;

	if (!key.len || labels_is_own(key))
		return;
	if (!found->labels)
		found->labels = take_bytes(listing, LABELS_MAX * sizeof(*found->labels));
	key_len = labels_cut(key, LABEL_KEY_MAX);
	value_len = labels_cut(value, LABEL_VALUE_MAX);
	copy = NULL;
	if (found->labels && found->label_count < LABELS_MAX &&
	    labels_bytes(found) + key_len + value_len + 2 <= LABELS_BYTES_MAX)
		copy = take_bytes(listing, key_len + value_len + 2);
	if (!copy) {
		listing->refused++;
		return;
	}
	memcpy(copy, key.bytes, key_len);
	copy[key_len] = '\0';
	if (value_len)
		memcpy(copy + key_len + 1, value.bytes, value_len);
	copy[key_len + 1 + value_len] = '\0';
	found->labels[found->label_count++] =
		(struct label){ .key = copy, .value = copy + key_len + 1 };
}

bool listing_ip(struct found *found, struct text address)
{
	struct found_net *net = &found->net;
	char str[ADDR_TEXT_SIZE];
	uint8_t bytes[16];
	int family;

	if (!address.len || address.len >= sizeof(str) || net->ip_count == FOUND_IPS_MAX)
		return false;
	memcpy(str, address.bytes, address.len);
	str[address.len] = '\0';
	if (addr_parse(str, bytes, &family))
		return false;
	for (unsigned int i = 0; i < net->ip_count; i++) {
		if (!memcmp(net->ips[i], bytes, sizeof(bytes)))
			return true;
	}
	memcpy(net->ips[net->ip_count++], bytes, sizeof(bytes));
	return true;
}

uint32_t found_pid(struct text digits)
{
	char str[12];
	uint64_t pid;

	if (!digits.len || digits.len >= sizeof(str))
		return 0;
	memcpy(str, digits.bytes, digits.len);
	str[digits.len] = '\0';
	return num_parse_u64(str, INT32_MAX, &pid) ? 0 : (uint32_t)pid;
}

bool found_is_id(struct text id)
{
	if (!id.len || id.len > FOUND_ID_MAX || id.bytes[0] == '.')
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.bytes[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '_' || c == '.' || c == '-'))
			return false;
	}
	return true;
}
