// SPDX-License-Identifier: BSD-2-Clause
/* --allowlist: what is taken is written as JSON that is taken again, and then stays as it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "agent/base/json_out.h"
#include "agent/base/json_scan.h"
#include "cli/filter_raw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_so)
{
	if (!is_so)
		abort();
}

static void check_again(struct text object)
{
	auto_free char *text = strndup(object.bytes, object.len);
	auto_buf struct buf again = {};
	struct json_out out = { .buf = &again };
	char why[FILTER_WHY_SIZE];

	check(text && filter_raw_write(text, &out, why) == 0);
	check(text_is((struct text){ buf_bytes(&again), buf_len(&again) }, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = strndup((const char *)data, size);
	auto_buf struct buf list = {}, scratch = {};
	struct json_out out = { .buf = &list };
	char why[FILTER_WHY_SIZE];
	struct json_scan scan;

	if (!text)
		return 0;
	json_array_begin(&out, NULL);
	if (filter_raw_write(text, &out, why) < 0) {
		check(*why && memchr(why, 0, sizeof(why)));
		return 0;
	}
	json_array_end(&out);
	json_scan_init(&scan, (struct text){ buf_bytes(&list), buf_len(&list) }, &scratch);
	for (json_scan_enter_array(&scan); json_scan_element(&scan);)
		check_again(json_scan_raw(&scan));
	check(json_scan_is_done(&scan));
	return 0;
}
