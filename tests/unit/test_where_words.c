// SPDX-License-Identifier: BSD-2-Clause
/* Every word that the agent writes of itself can be asked for, by --where. */
#include "base/cleanup.h"
#include "filter/where.h"
#include "flow/names.h"
#include "link/iface.h"
#include "log/observation.h"
#include "log/record.h"
#include "log/record_facts.h"
#include "tests/harness.h"
#include "who/party.h"

#include "weir/flow.h"

static void assert_word(const char *field, const char *word)
{
	auto_where struct where *where = NULL;
	struct where_error error = { .message = "" };
	char text[128];

	snprintf(text, sizeof(text), "%s = %s", field, word);
	if (where_compile(&where, text, &error) != 0)
		fail_msg("%s: %s", text, error.message);
}

static void all_events_and_reasons_of_a_close_can_be_asked_for(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RECORD_EVENT_MAX; i++)
		assert_word("event", record_event_to_str((enum record_event)i));
	for (unsigned int i = WEIR_CLOSE_NONE + 1; i < WEIR_CLOSE_MAX; i++)
		assert_word("close_reason", close_reason_to_str(i));
}

static void all_ways_to_know_can_be_asked_for(void **state)
{
	unsigned int ways = 0;

	(void)state;
	for (unsigned int i = 0; i < PARTY_VIA_MAX; i++) {
		const char *via = party_via_to_str((enum party_via)i);

		if (!via)
			continue;
		assert_word("source.via", via);
		assert_word("destination.via", via);
		ways++;
	}
	assert_true(ways >= 9);
	for (unsigned int i = 0; i < WEIR_BY_MAX; i++) {
		struct record rec = { .initiator_by = i & 7 };

		assert_word("initiator_by", record_initiator_by(&rec));
	}
}

static void all_points_can_be_asked_for(void **state)
{
	(void)state;
	for (unsigned int role = 0; role < ROLE_MAX; role++) {
		for (unsigned int hook = 0; hook < WEIR_HOOK_MAX; hook++)
			assert_word("point", observation_of(role, hook)->name);
	}
	for (int64_t i = 1; i <= UINT8_MAX; i++) {
		if (names_get(NAMES_OBSERVATION_POINT, i))
			assert_word("point", names_get(NAMES_OBSERVATION_POINT, i));
	}
}

static void all_of_hubbles_verdicts_and_drop_reasons_can_be_asked_for(void **state)
{
	(void)state;
	for (int64_t i = 1; i < VERDICT_MAX; i++)
		assert_word("verdict", names_get(NAMES_VERDICT, i));
	for (int64_t i = 1; i <= UINT8_MAX; i++) {
		if (names_get(NAMES_DROP_NAME, i))
			assert_word("drop_reason_desc", names_get(NAMES_DROP_NAME, i));
	}
}

int main(void)
{
	return RUN_TESTS(TEST(all_events_and_reasons_of_a_close_can_be_asked_for),
			 TEST(all_ways_to_know_can_be_asked_for), TEST(all_points_can_be_asked_for),
			 TEST(all_of_hubbles_verdicts_and_drop_reasons_can_be_asked_for));
}
