// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/present.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/log.h"

#include "weir/present.h"

#define WORDS_MIN 64

struct present {
	uint64_t *map; /* shared with the kernel */
	size_t map_size;
	uint32_t words; /* of a half */
	uint64_t use;	/* the map's first word as it was written last */
	uint8_t *half;	/* being written; NULL: none is */
};

uint32_t present_words(uint32_t max_flows)
{
	uint32_t words = WORDS_MIN;

	while (words < max_flows / 4 && words < 1U << 30)
		words *= 2;
	return words;
}

int present_new(struct present **ret, int map_fd, uint32_t words)
{
	auto_free struct present *present = calloc(1, sizeof(*present));
	void *at;

	if (!present)
		return -ENOMEM;
	present->words = words;
	present->map_size = (WEIR_PRESENT_FIRST + 2 * (size_t)words) * sizeof(*present->map);
	at = mmap(NULL, present->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (at == MAP_FAILED)
		return log_err(-errno, "cannot map the note of flows");
	present->map = at;
	*ret = TAKE_PTR(present);
	return 0;
}

void present_free(struct present **at)
{
	struct present *present = TAKE_PTR(*at);

	if (!present)
		return;
	munmap(present->map, present->map_size);
	free(present);
}

static void present_use(struct present *present, uint64_t use)
{
	if (use != present->use)
		__atomic_store_n(&present->map[0], use, __ATOMIC_RELEASE);
	present->use = use;
}

void present_begin(struct present *present, bool is_wanted)
{
	uint64_t *half = present->map + WEIR_PRESENT_FIRST;

	present->half = NULL;
	if (!is_wanted) {
		present_use(present, 0);
	} else if (!(present->use & WEIR_PRESENT_NOTED)) {
		present_use(present, WEIR_PRESENT_NOTED);
	} else {
		if (!(present->use & WEIR_PRESENT_HALF))
			half += present->words;
		memset(half, 0, present->words * sizeof(*half));
		present->half = (uint8_t *)half;
	}
}

void present_add(struct present *present, const struct weir_flow_key *key)
{
	__u64 words[6];

	_Static_assert(sizeof(words) == sizeof(*key), "the key by words");
	if (!present->half)
		return;
	memcpy(words, key, sizeof(words));
	present->half[weir_present_hash(words) & (present->words * sizeof(uint64_t) - 1)] = 1;
}

void present_end(struct present *present, bool is_whole)
{
	bool is_second =
		present->half == (uint8_t *)(present->map + WEIR_PRESENT_FIRST + present->words);

	if (present->half && is_whole)
		present_use(present, WEIR_PRESENT_NOTED | WEIR_PRESENT_ASKED |
					     (is_second ? WEIR_PRESENT_HALF : 0));
	present->half = NULL;
}
