// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a byte is damaged is mostly among the first hundred, which are headers.
 */
#include "mutate.h"

#include <string.h>

#include "base/cleanup.h"
#include "session.h"

#define HEADERS 120

static size_t pick_place(struct random *random, size_t len)
{
	size_t most = random_percent(random, 85) && len > HEADERS ? HEADERS : len;

	return random_below(random, (uint32_t)most);
}

static size_t flip_bits(struct random *random, uint8_t *bytes, size_t len)
{
	uint32_t n = 1 + random_below(random, 4);

	while (n--)
		bytes[pick_place(random, len)] ^= (uint8_t)(1U << random_below(random, 8));
	return len;
}

static size_t set_byte(struct random *random, uint8_t *bytes, size_t len)
{
	static const uint8_t values[] = { 0,	0xff, 0x7f, 0x80, 1,	4,    6,
					  17,	0x45, 0x60, 0x08, 0x86, 0xdd, 0x81,
					  0x88, 0x47, 0x64, 0x2c, 0x2b, 47 };

	bytes[pick_place(random, len)] = random_percent(random, 50) ? random_of(random, values)
								    : (uint8_t)random_u32(random);
	return len;
}

/* Lengths are 16 bits at even places, counted from the end of Ethernet. */
static size_t lie_about_length(struct random *random, uint8_t *bytes, size_t len)
{
	static const uint16_t values[] = { 0, 1, 8, 20, 0xffff, 0x7fff, 0x8000 };
	size_t at = pick_place(random, len - 1) & ~(size_t)1;
	uint16_t value = (uint16_t)(bytes[at] << 8 | bytes[at + 1]);

	if (random_percent(random, 70))
		value = (uint16_t)(value + random_below(random, 65) - 32);
	else
		value = random_of(random, values);
	bytes[at] = (uint8_t)(value >> 8);
	bytes[at + 1] = (uint8_t)value;
	return len;
}

static size_t cut(struct random *random, size_t len)
{
	return random_percent(random, 50)
		       ? pick_place(random, len)
		       : len - random_below(random, len < 40 ? (uint32_t)len : 40);
}

static size_t pad(struct random *random, uint8_t *bytes, size_t len, size_t max)
{
	size_t more = 1 + random_below(random, 64);

	if (len + more > max)
		return len;
	memset(bytes + len, random_percent(random, 50) ? 0 : 0x45, more);
	return len + more;
}

static size_t insert(struct random *random, uint8_t *bytes, size_t len, size_t max)
{
	size_t more = 1 + random_below(random, 16), at = pick_place(random, len);

	if (len + more > max)
		return len;
	memmove(bytes + at + more, bytes + at, len - at);
	for (size_t i = 0; i < more; i++)
		bytes[at + i] = (uint8_t)random_u32(random);
	return len + more;
}

static size_t leave_out(struct random *random, uint8_t *bytes, size_t len)
{
	size_t at = pick_place(random, len), n = 1 + random_below(random, 16);

	if (at + n > len)
		n = len - at;
	memmove(bytes + at, bytes + at + n, len - at - n);
	return len - n;
}

static size_t splice(struct random *random, uint8_t *bytes, size_t len, const uint8_t *other,
		     size_t other_len)
{
	size_t to = pick_place(random, len), from = pick_place(random, other_len);
	size_t n = 1 + random_below(random, 40);

	if (n > len - to)
		n = len - to;
	if (n > other_len - from)
		n = other_len - from;
	memmove(bytes + to, other + from, n);
	return len;
}

size_t mutate(struct random *random, uint8_t *bytes, size_t len, size_t max, const uint8_t *other,
	      size_t other_len)
{
	uint32_t n = 1 + random_below(random, 3);

	while (n--) {
		switch (random_below(random, 9)) {
		case 0:
		case 1:
			len = flip_bits(random, bytes, len);
			break;
		case 2:
			len = set_byte(random, bytes, len);
			break;
		case 3:
			len = lie_about_length(random, bytes, len);
			break;
		case 4:
			len = cut(random, len);
			break;
		case 5:
			len = pad(random, bytes, len, max);
			break;
		case 6:
			len = insert(random, bytes, len, max);
			break;
		case 7:
			len = leave_out(random, bytes, len);
			break;
		case 8:
			len = splice(random, bytes, len, other, other_len);
			break;
		}
		if (len < SESSION_FRAME_MIN) {
			memset(bytes + len, 0, SESSION_FRAME_MIN - len);
			len = SESSION_FRAME_MIN;
		}
	}
	return len;
}
