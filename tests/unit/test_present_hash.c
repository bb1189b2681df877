// SPDX-License-Identifier: BSD-2-Clause
/*
 * The hash of a key: neighbours have hashes of their own, whichever bytes of the key they differ in.
 * Of 65,536 keys two have one of 2^40 hashes in common by chance, once in 500 times.
 */
#include "weir/present.h"

#include "tests/harness.h"
#include "weir/flow.h"

#define KEYS	  65536
#define BY_CHANCE 1

/* i is written into two bytes of the key. */
static uint64_t hash_of(struct weir_flow_key key, unsigned int i, size_t first, size_t second)
{
	uint8_t bytes[sizeof(key)];
	__u64 words[6];

	memcpy(bytes, &key, sizeof(key));
	bytes[first] = (uint8_t)i;
	bytes[second] = (uint8_t)(i >> 8);
	memcpy(words, bytes, sizeof(words));
	return weir_present_hash(words);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned int different_hashes(struct weir_flow_key key, size_t first, size_t second)
{
	static uint64_t hashes[KEYS];
	unsigned int count = 1;

	for (unsigned int i = 0; i < KEYS; i++)
		hashes[i] = hash_of(key, i, first, second);
	qsort(hashes, KEYS, sizeof(hashes[0]), compare);
	for (unsigned int i = 1; i < KEYS; i++)
		count += hashes[i] != hashes[i - 1];
	return count;
}

static void keys_that_differ_in_two_bytes_have_different_hashes(void **state)
{
	struct weir_flow_key key = {
		.addr = { { 0, 0, 0xffff0000, 0x0a000100 }, { 0, 0, 0xffff0000, 0x0a000200 } },
		.port = { 0x1234, 0x5000 },
		.ifindex = 2,
		.family = 4,
		.proto = 6,
	};

	(void)state;
	for (size_t first = 0; first < sizeof(key); first++) {
		for (size_t second = first + 1; second < sizeof(key); second++) {
			unsigned int count = different_hashes(key, first, second);

			if (count < KEYS - BY_CHANCE)
				fail_msg("bytes %zu and %zu: %u hashes of %d keys", first, second,
					 count, KEYS);
		}
	}
}

int main(void)
{
	return RUN_TESTS(TEST(keys_that_differ_in_two_bytes_have_different_hashes));
}
