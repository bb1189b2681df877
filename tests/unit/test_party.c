// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers of parties: who is equal, who is counted how often, what is called when; and random
 * operations against plain counts.
 */
#include "who/party.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define auto_parties __attribute__((cleanup(parties_free)))

/* What the owner was called for, a letter each, and for whom: "h1" held party of netns 1. */
struct calls {
	char text[4096];
	struct container *found; /* what find() says */
	const struct party *party;
};

/* Nobody looks into it here. */
static char a_container;

static void note(struct calls *calls, char what, const struct party *party)
{
	size_t len = strlen(calls->text);

	assert_true(len + 16 < sizeof(calls->text));
	snprintf(calls->text + len, sizeof(calls->text) - len, "%c%u ", what,
		 (unsigned int)party->netns);
}

static struct container *on_find(void *ctx, const struct party *party)
{
	struct calls *calls = ctx;

	note(calls, 'f', party);
	return calls->found;
}

/* It has no ctx: of the parties of one test at a time. */
static unsigned int unrefs;

static void on_unref(struct container **at)
{
	unrefs += *at != NULL;
	*at = NULL;
}

static void on_hold(void *ctx, const struct party *party)
{
	note(ctx, 'h', party);
}

static void on_drop(void *ctx, const struct party *party)
{
	note(ctx, 'd', party);
}

static const struct parties_ops ops = {
	.find = on_find, .unref = on_unref, .hold = on_hold, .drop = on_drop
};

static struct party party_of(uint32_t netns)
{
	return (struct party){ .netns = netns, .via = PARTY_ADDRESS };
}

static uint32_t get(struct parties *parties, uint32_t netns)
{
	const struct party party = party_of(netns);

	return parties_get(parties, &party);
}

static struct parties_stats stats_of(const struct parties *parties)
{
	struct parties_stats stats;

	parties_get_stats(parties, &stats);
	return stats;
}

static void nothing_has_number_0(void **state)
{
	const struct party nothing = { 0 };
	auto_parties struct parties *parties = NULL;
	struct calls calls = { 0 };

	(void)state;
	assert_int_equal(parties_new(&parties, 4, &ops, &calls), 0);
	assert_int_equal(parties_get(parties, &nothing), 0);
	assert_int_equal(parties_ref(parties, 0), 0);
	parties_unref(parties, 0);
	assert_memory_equal(parties_at(parties, 0), &nothing, sizeof(nothing));
	assert_memory_equal(parties_at(NULL, 0), &nothing, sizeof(nothing));
	assert_null(parties_container(parties, 0));
	assert_null(parties_container(NULL, 0));
	assert_string_equal(calls.text, "");
	assert_int_equal(stats_of(parties).held, 0);
}

/* Each member makes a difference. */
static void equal_parties_have_one_number_and_others_another(void **state)
{
	static const char name[] = "db.example.org";
	static const char here;
	const struct process *process = (const struct process *)&here;
	const struct endpoint_copy *file = (const struct endpoint_copy *)&here;
	const struct party rows[] = {
		{ .netns = 1 },
		{ .netns = 2 },
		{ .via = 1 },
		{ .via = 2 },
		{ .mac = { 2, 0, 0, 0, 0, 1 } },
		{ .mac = { 2, 0, 0, 0, 0, 2 } },
		{ .names = name },
		{ .names = name + 1 },
		{ .process = process },
		{ .file = file },
		{ .process = process, .file = file },
	};
	auto_parties struct parties *parties = NULL;
	uint32_t numbers[ARRAY_SIZE(rows)];

	(void)state;
	assert_int_equal(parties_new(&parties, PARTIES_MAX, NULL, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		numbers[i] = parties_get(parties, &rows[i]);
		assert_int_not_equal(numbers[i], 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(numbers[i], numbers[j]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(parties_get(parties, &rows[i]), numbers[i]);
		assert_memory_equal(parties_at(parties, numbers[i]), &rows[i], sizeof(rows[i]));
	}
	assert_int_equal(stats_of(parties).held, ARRAY_SIZE(rows));
}

static void it_is_held_once_and_dropped_with_its_last_holder(void **state)
{
	auto_parties struct parties *parties = NULL;
	struct calls calls = { 0 };
	uint32_t one, other;

	(void)state;
	assert_int_equal(parties_new(&parties, 4, &ops, &calls), 0);
	one = get(parties, 1);
	assert_int_equal(get(parties, 1), one);
	assert_int_equal(parties_ref(parties, one), one);
	other = get(parties, 2);
	parties_unref(parties, one);
	parties_unref(parties, one);
	assert_string_equal(calls.text, "h1 h2 ");
	assert_int_equal(stats_of(parties).held, 2);
	parties_unref(parties, one);
	assert_string_equal(calls.text, "h1 h2 d1 ");
	assert_int_equal(stats_of(parties).held, 1);
	/* It is new again, and may have the number of the one that went. */
	assert_int_equal(get(parties, 3), one);
	assert_int_not_equal(get(parties, 1), one);
	assert_string_equal(calls.text, "h1 h2 d1 h3 h1 ");
	parties_unref(parties, other);
	assert_string_equal(calls.text, "h1 h2 d1 h3 h1 d2 ");
}

static void a_full_table_refuses_new_ones_and_counts_them(void **state)
{
	auto_parties struct parties *parties = NULL;
	struct calls calls = { 0 };
	uint32_t numbers[3];

	(void)state;
	assert_int_equal(parties_new(&parties, 3, &ops, &calls), 0);
	for (uint32_t i = 0; i < 3; i++) {
		numbers[i] = get(parties, i + 1);
		assert_in_range(numbers[i], 1, 3);
	}
	assert_int_equal(get(parties, 4), 0);
	assert_int_equal(get(parties, 5), 0);
	assert_int_equal(stats_of(parties).refused, 2);
	/* Those that are there are found as before. */
	assert_int_equal(get(parties, 2), numbers[1]);
	parties_unref(parties, numbers[1]);
	assert_int_equal(get(parties, 4), 0);
	parties_unref(parties, numbers[1]);
	assert_int_equal(get(parties, 4), numbers[1]);
	assert_int_equal(parties_at(parties, numbers[1])->netns, 4);
	assert_int_equal(stats_of(parties).refused, 3);
	assert_int_equal(stats_of(parties).held, 3);
	assert_string_equal(calls.text, "h1 h2 h3 d2 h4 ");
}

static void a_table_of_all_sizes_fills_to_the_last_place(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 63, 64, 65, 1000, PARTIES_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		auto_parties struct parties *parties = NULL;

		assert_int_equal(parties_new(&parties, sizes[i], NULL, NULL), 0);
		for (uint32_t at = 1; at <= sizes[i]; at++)
			assert_in_range(get(parties, at), 1, sizes[i]);
		assert_int_equal(get(parties, sizes[i] + 1), 0);
		assert_int_equal(stats_of(parties).held, sizes[i]);
	}
}

static void a_container_is_asked_for_until_it_is_known(void **state)
{
	auto_parties struct parties *parties = NULL;
	struct calls calls = { 0 };
	uint32_t number;

	(void)state;
	unrefs = 0;
	assert_int_equal(parties_new(&parties, 4, &ops, &calls), 0);
	number = get(parties, 1);
	assert_string_equal(calls.text, "h1 "); /* not before somebody wants to know */
	assert_null(parties_container(parties, number));
	assert_null(parties_container(parties, number));
	assert_string_equal(calls.text, "h1 f1 f1 ");
	calls.found = (struct container *)&a_container;
	assert_ptr_equal(parties_container(parties, number), &a_container);
	calls.found = NULL;
	assert_ptr_equal(parties_container(parties, number), &a_container);
	assert_string_equal(calls.text, "h1 f1 f1 f1 ");
	assert_int_equal(unrefs, 0);
	parties_unref(parties, number);
	assert_int_equal(unrefs, 1);
	assert_string_equal(calls.text, "h1 f1 f1 f1 d1 ");
	/* Who gets the place has nothing of the former one. */
	assert_int_equal(get(parties, 2), number);
	assert_null(parties_container(parties, number));
}

static void what_is_known_of_a_party_has_a_number_until_it_is_more(void **state)
{
	auto_parties struct parties *parties = NULL;
	struct calls calls = { 0 };
	uint64_t nothing, known[2], now;
	uint32_t one, other;

	(void)state;
	assert_int_equal(parties_new(&parties, 2, &ops, &calls), 0);
	one = get(parties, 1);
	other = get(parties, 2);
	nothing = parties_knowledge(parties, 0);
	assert_int_equal(parties_knowledge(NULL, 0), nothing);
	known[0] = parties_knowledge(parties, one);
	known[1] = parties_knowledge(parties, other);
	assert_true(nothing && known[0] && known[1]);
	assert_true(nothing != known[0] && nothing != known[1] && known[0] != known[1]);
	/* Nobody knows its container yet. */
	assert_null(parties_container(parties, one));
	assert_int_equal(parties_knowledge(parties, one), known[0]);
	calls.found = (struct container *)(void *)&a_container;
	assert_ptr_equal(parties_container(parties, one), calls.found);
	now = parties_knowledge(parties, one);
	assert_true(now != nothing && now != known[0] && now != known[1]);
	assert_ptr_equal(parties_container(parties, one), calls.found);
	assert_int_equal(parties_knowledge(parties, one), now);
	assert_int_equal(parties_knowledge(parties, other), known[1]);
	/* Something was learned, of whomever; but not of nobody. */
	parties_learned(parties);
	known[0] = now;
	now = parties_knowledge(parties, one);
	assert_true(now != nothing && now != known[0] && now != known[1]);
	assert_true(parties_knowledge(parties, other) != known[1]);
	assert_true(parties_knowledge(parties, other) != now);
	assert_int_equal(parties_knowledge(parties, 0), nothing);
	/* Another one in its place is another one. */
	parties_unref(parties, one);
	assert_int_equal(get(parties, 3), one);
	assert_true(parties_knowledge(parties, one) != now);
}

static void without_an_owner_there_is_no_container(void **state)
{
	auto_parties struct parties *parties = NULL;

	(void)state;
	assert_int_equal(parties_new(&parties, 4, NULL, NULL), 0);
	assert_null(parties_container(parties, get(parties, 1)));
}

static void the_end_drops_each_that_is_held_once(void **state)
{
	auto_parties struct parties *parties = NULL;
	struct calls calls = { 0 };
	uint32_t gone;

	(void)state;
	unrefs = 0;
	calls.found = (struct container *)&a_container;
	assert_int_equal(parties_new(&parties, 8, &ops, &calls), 0);
	(void)get(parties, 1);
	gone = get(parties, 2);
	(void)parties_container(parties, get(parties, 3));
	(void)get(parties, 3);
	parties_unref(parties, gone);
	parties_free(&parties);
	assert_null(parties);
	assert_string_equal(calls.text, "h1 h2 h3 f3 d2 d1 d3 ");
	assert_int_equal(unrefs, 1);
	parties_free(&parties);
}

static void each_way_has_its_name(void **state)
{
	static const char *const names[] = {
		"user",	     "creator", "existing",	  "inherited", "listener",
		"interface", "address", "endpoints_file", "dns",
	};

	(void)state;
	assert_null(party_via_to_str(PARTY_UNKNOWN));
	assert_null(party_via_to_str(PARTY_VIA_MAX));
	for (unsigned int via = PARTY_USER; via < PARTY_VIA_MAX; via++)
		assert_string_equal(party_via_to_str(via), names[via - 1]);
}

#define KINDS  40
#define PLACES 25

/* What it must be like: how often each kind is held, and by which number. */
struct model {
	uint32_t refs[KINDS], numbers[KINDS];
	unsigned int held;
	uint64_t refused;
	int balance[KINDS]; /* hold() without its drop() */
};

static void model_hold(void *ctx, const struct party *party)
{
	struct model *model = ctx;

	assert_int_equal(++model->balance[party->netns - 1], 1);
}

static void model_drop(void *ctx, const struct party *party)
{
	struct model *model = ctx;

	assert_int_equal(--model->balance[party->netns - 1], 0);
}

static struct container *model_find(void *ctx, const struct party *party)
{
	(void)ctx;
	(void)party;
	return NULL;
}

static const struct parties_ops model_ops = {
	.find = model_find, .unref = on_unref, .hold = model_hold, .drop = model_drop
};

static void model_get(struct model *model, struct parties *parties, uint32_t kind)
{
	uint32_t number = get(parties, kind + 1);

	if (!model->refs[kind] && model->held == PLACES) {
		assert_int_equal(number, 0);
		model->refused++;
		return;
	}
	assert_in_range(number, 1, PLACES);
	if (model->refs[kind]++)
		assert_int_equal(number, model->numbers[kind]);
	else
		model->held++;
	model->numbers[kind] = number;
}

static void model_unref(struct model *model, struct parties *parties, uint32_t kind)
{
	parties_unref(parties, model->numbers[kind]);
	if (!--model->refs[kind])
		model->held--;
}

static void model_check(const struct model *model, const struct parties *parties)
{
	const struct parties_stats stats = stats_of(parties);
	bool is_used[PLACES + 1] = { 0 };

	assert_int_equal(stats.held, model->held);
	assert_int_equal(stats.refused, model->refused);
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		assert_int_equal(model->balance[kind], model->refs[kind] != 0);
		if (!model->refs[kind])
			continue;
		assert_false(is_used[model->numbers[kind]]);
		is_used[model->numbers[kind]] = true;
		assert_int_equal(parties_at(parties, model->numbers[kind])->netns, kind + 1);
	}
}

static void random_operations_are_those_of_counts(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 20; round++) {
		auto_parties struct parties *parties = NULL;
		struct model model = { 0 };

		srand(round);
		assert_int_equal(parties_new(&parties, PLACES, &model_ops, &model), 0);
		for (int step = 0; step < 2000; step++) {
			uint32_t kind = (uint32_t)rand() % KINDS;

			if (!model.refs[kind] || rand() % 3 == 0) {
				model_get(&model, parties, kind);
			} else if (rand() % 4 == 0) {
				parties_ref(parties, model.numbers[kind]);
				model.refs[kind]++;
			} else {
				model_unref(&model, parties, kind);
			}
			model_check(&model, parties);
		}
		for (uint32_t kind = 0; kind < KINDS; kind++) {
			while (model.refs[kind])
				model_unref(&model, parties, kind);
		}
		model_check(&model, parties);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(nothing_has_number_0),
			 TEST(equal_parties_have_one_number_and_others_another),
			 TEST(it_is_held_once_and_dropped_with_its_last_holder),
			 TEST(a_full_table_refuses_new_ones_and_counts_them),
			 TEST(a_table_of_all_sizes_fills_to_the_last_place),
			 TEST(a_container_is_asked_for_until_it_is_known),
			 TEST(what_is_known_of_a_party_has_a_number_until_it_is_more),
			 TEST(without_an_owner_there_is_no_container),
			 TEST(the_end_drops_each_that_is_held_once), TEST(each_way_has_its_name),
			 TEST(random_operations_are_those_of_counts));
}
