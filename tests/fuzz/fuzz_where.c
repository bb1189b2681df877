// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whatever expression comes: it is compiled and says the opposite of its negation of any flow, or is
 * refused with a place in it and something to say. The bytes behind a NUL are the texts of the flow.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "filter/field.h"
#include "filter/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_flow {
	struct field_reader reader;
	const uint8_t *data;
	size_t size;
};

static void check(int is_so)
{
	if (!is_so)
		abort();
}

/* What a field has depends on the data alone. */
static bool get(struct field_reader *reader, enum field field, unsigned int index,
		struct field_value *ret)
{
	const struct fuzz_flow *flow = (const struct fuzz_flow *)reader;
	static uint8_t addr[16];
	size_t at = flow->size ? ((size_t)field * 7 + index) % flow->size : 0;

	if (index >= 3 || at + index >= flow->size)
		return false;
	*ret = (struct field_value){ .number = flow->data[at] };
	if (field_row(field)->kind == FIELD_TEXT) {
		ret->text = (const char *)flow->data + at;
		ret->len = flow->size - at < 64 ? flow->size - at : 64;
	} else if (field_row(field)->kind == FIELD_ADDR) {
		memset(addr, flow->data[at], sizeof(addr));
		ret->addr = addr;
	}
	return true;
}

static void check_error(const struct where_error *error, const char *text)
{
	auto_buf struct buf shown = {};
	size_t taken;

	check(error->at <= strlen(text) && error->len <= strlen(text) - error->at);
	check(error->message[0] && memchr(error->message, '\0', sizeof(error->message)) != NULL);
	for (const char *at = error->message; *at; at += taken) {
		uint32_t point = utf8_decode(at, strlen(at), &taken);

		check(point != UTF8_NONE && !utf8_is_unsafe(point));
	}
	where_error_show(error, text, &shown);
	check(buf_len(&shown) < 1024);
}

static void check_negation(const char *text, struct where *where, struct fuzz_flow *flow)
{
	auto_where struct where *negated = NULL;
	auto_buf struct buf opposite = {};
	struct where_error error;
	bool is;

	buf_printf(&opposite, "not (%s)", text);
	buf_append_char(&opposite, '\0');
	/* It may be too long or too deep then. */
	if (where_compile_at(&negated, buf_bytes(&opposite), 1, &error) < 0)
		return;
	is = where_match(where, &flow->reader);
	check(where_gave_up(where) || where_match(negated, &flow->reader) != is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = calloc(1, size + 1);
	auto_where struct where *where = NULL;
	struct where_error error;
	struct fuzz_flow flow = { .reader.get = get };
	size_t len;

	if (!text)
		return 0;
	memcpy(text, data, size);
	len = strlen(text);
	if (len < size) {
		flow.data = data + len + 1;
		flow.size = size - len - 1;
	}
	if (where_compile_at(&where, text, 1, &error) == 0)
		check_negation(text, where, &flow);
	else
		check_error(&error, text);
	return 0;
}
