// SPDX-License-Identifier: BSD-2-Clause
/* Who gives up what when the buffers of all clients are full. No sockets: buffers that grow. */
#include "socket/client_buffers.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define KB    ((size_t)1024)
#define SEC   1000000000ULL
#define NOW   (1000 * SEC)
#define COUNT CONTROL_CLIENTS_MAX
#define REASON(what)                                                                      \
	"{\"error\":{\"code\":\"RESOURCE_EXHAUSTED\",\"message\":\"all clients together " \
	"may take 4194304 bytes: " what " is given up\"}}\n"

struct world {
	struct client clients[COUNT];
	struct client_buffers all;
	unsigned int woken, stopped;
};

static struct world *present; /* wake() and stop() have no other way to it */

static void wake(struct client *client)
{
	assert_true(client->is_cut && client->is_closing);
	present->woken++;
}

static void stop(struct client *client)
{
	(void)client;
	present->stopped++;
}

/* All but 100 bytes are records. */
static bool lose_records(struct client *client)
{
	bool has_any = buf_len(&client->out) > 100;

	buf_truncate(&client->out, 100);
	return has_any;
}

static const struct control_proto keeper = { .stop = stop };
static const struct control_proto loser = { .stop = stop, .lose_records = lose_records };

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	for (size_t i = 0; i < COUNT; i++) {
		world->clients[i].next = i + 1 < COUNT ? &world->clients[i + 1] : NULL;
		world->clients[i].proto = &keeper;
	}
	present = world;
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < COUNT; i++) {
		buf_done(&world->clients[i].in);
		buf_done(&world->clients[i].out);
	}
	free(world);
	return 0;
}

/* So many bytes are allocated for what is in it. */
static void fill(struct world *world, unsigned int at, struct buf *buf, size_t len)
{
	assert_true(buf_reserve(buf, len));
	memset(buf->data + buf->end, 'x', len);
	buf->end += len;
	buf_trim(buf);
	client_buffers_count(&world->all, &world->clients[at]);
}

static void request(struct world *world, unsigned int at, size_t len)
{
	fill(world, at, &world->clients[at].in, len);
}

static void answer(struct world *world, unsigned int at, size_t len)
{
	fill(world, at, &world->clients[at].out, len);
}

static void squeeze(struct world *world)
{
	size_t sum = 0;

	client_buffers_squeeze(&world->all, world->clients, NOW, wake);
	for (size_t i = 0; i < COUNT; i++)
		sum += world->clients[i].in.size + world->clients[i].out.size +
		       world->clients[i].request_bytes;
	assert_int_equal(sum, world->all.held);
	assert_int_equal(world->woken, world->all.cut_short);
	assert_int_equal(world->stopped, world->all.cut_short);
}

static const char *text_of(struct client *client)
{
	buf_append_char(&client->out, '\0');
	return buf_bytes(&client->out);
}

static void within_the_bound_nobody_gives_anything(void **state)
{
	struct world *world = *state;

	request(world, 0, CLIENT_BUFFERS_MAX);
	squeeze(world);
	assert_int_equal(world->all.held, CLIENT_BUFFERS_MAX);
	assert_int_equal(world->all.cut_short, 0);
}

static void who_holds_most_is_cut_short_and_told_why(void **state)
{
	struct world *world = *state;
	struct client *most = &world->clients[7];

	for (unsigned int i = 0; i < 8; i++)
		request(world, i, 500 * KB + i);
	request(world, 8, 200 * KB);
	squeeze(world);
	assert_int_equal(world->all.cut_short, 1);
	assert_true(most->is_cut);
	assert_int_equal(most->in.size, 0);
	assert_string_equal(text_of(most), REASON("a request that takes 512007"));
	assert_true(world->all.held <= CLIENT_BUFFERS_MAX);
}

static void a_share_is_never_taken(void **state)
{
	struct world *world = *state;

	for (unsigned int i = 0; i < COUNT; i++)
		request(world, i, CLIENT_SHARE);
	squeeze(world);
	assert_int_equal(world->all.cut_short, 0);
	assert_int_equal(world->all.held, CLIENT_BUFFERS_MAX);
	request(world, 5, 1);
	squeeze(world);
	assert_int_equal(world->all.cut_short, 1);
	assert_true(world->clients[5].is_cut);
}

static void records_get_lost_before_an_answer_is_given_up(void **state)
{
	struct world *world = *state;
	struct client *slow = &world->clients[0];

	slow->proto = &loser;
	answer(world, 0, 3000 * KB);
	answer(world, 1, 1500 * KB);
	squeeze(world);
	assert_int_equal(buf_len(&slow->out), 100);
	assert_true(slow->is_squeezed && !slow->is_cut);
	assert_int_equal(world->all.cut_short, 0);
	assert_int_equal(world->all.held, 100 + 1500 * KB);
}

static void who_reads_is_asked_last(void **state)
{
	struct world *world = *state;

	answer(world, 0, 2000 * KB);
	answer(world, 1, 1500 * KB);
	answer(world, 2, 1000 * KB);
	world->clients[0].taken_ns = NOW - SEC / 2;
	world->clients[1].taken_ns = NOW - SEC;
	squeeze(world);
	assert_true(world->clients[1].is_cut);
	assert_int_equal(world->all.cut_short, 1);
	/* A request is not what is taken. */
	request(world, 2, 2000 * KB);
	world->clients[2].taken_ns = NOW;
	squeeze(world);
	assert_true(world->clients[2].is_cut);
	assert_false(world->clients[0].is_cut);
}

static void who_alone_has_more_may_keep_it_while_it_reads(void **state)
{
	struct world *world = *state;

	answer(world, 0, (size_t)2 * CLIENT_BUFFERS_MAX);
	answer(world, 1, CLIENT_SHARE);
	world->clients[0].taken_ns = NOW;
	squeeze(world);
	assert_int_equal(world->all.cut_short, 0);
	world->clients[0].taken_ns = NOW - SEC;
	squeeze(world);
	assert_int_equal(world->all.cut_short, 1);
	assert_true(world->clients[0].is_cut);
}

static void a_request_that_is_answered_counts_as_what_it_takes(void **state)
{
	struct world *world = *state;

	world->clients[0].request_bytes = 9000 * KB;
	answer(world, 0, CLIENT_SHARE);
	assert_int_equal(world->all.held, 9000 * KB + CLIENT_SHARE);
	squeeze(world);
	assert_int_equal(world->all.cut_short, 0);
	/* It may be that large, but it is no neighbour for others who need more than their share. */
	answer(world, 1, CLIENT_SHARE + 1);
	squeeze(world);
	assert_int_equal(world->all.cut_short, 1);
	assert_true(world->clients[0].is_cut);
}

static void who_leaves_takes_all_that_was_counted(void **state)
{
	struct world *world = *state;

	world->clients[0].request_bytes = KB;
	request(world, 0, KB);
	answer(world, 0, KB);
	answer(world, 1, KB);
	assert_int_equal(world->all.held, 4 * KB);
	client_buffers_leave(&world->all, &world->clients[0]);
	assert_int_equal(world->all.held, KB);
}

static void what_is_empty_is_given_back_first(void **state)
{
	struct world *world = *state;

	request(world, 0, 3000 * KB);
	answer(world, 1, 500 * KB);
	answer(world, 2, 1000 * KB);
	buf_consume(&world->clients[0].in, 3000 * KB);
	squeeze(world);
	assert_int_equal(world->all.cut_short, 0);
	assert_int_equal(world->all.held, 1500 * KB);
}

static void a_line_that_was_begun_is_ended_before_the_reason(void **state)
{
	struct world *world = *state;
	struct client *client = &world->clients[0];

	buf_append_str(&client->out, "rest\n");
	answer(world, 0, CLIENT_BUFFERS_MAX);
	client->is_amid_line = true;
	squeeze(world);
	assert_true(client->is_cut);
	assert_string_equal(text_of(client),
			    "rest\n" REASON("an unread answer that takes 4194309"));
}

static void a_line_too_long_to_wait_is_broken_off_without_a_word(void **state)
{
	struct world *world = *state;

	answer(world, 0, CLIENT_BUFFERS_MAX + 1);
	world->clients[0].is_amid_line = true;
	squeeze(world);
	assert_true(world->clients[0].is_cut);
	assert_int_equal(world->all.held, 0);
}

static void there_is_less_room_the_more_is_held(void **state)
{
	static const struct {
		size_t held, room;
	} rows[] = {
		{ 0, CONTROL_OUT_HIGH },
		{ CLIENT_BUFFERS_MAX / 2, CONTROL_OUT_HIGH },
		{ CLIENT_BUFFERS_MAX - 800 * KB, 108 * KB },
		{ CLIENT_BUFFERS_MAX - 8, 8 * KB + 1 },
		{ CLIENT_BUFFERS_MAX, 8 * KB },
		{ (size_t)2 * CLIENT_BUFFERS_MAX, 8 * KB },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct client_buffers all = { .held = rows[i].held };

		assert_row_int("room", client_buffers_room(&all), rows[i].room);
	}
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(WORLD_TEST(within_the_bound_nobody_gives_anything),
			 WORLD_TEST(who_holds_most_is_cut_short_and_told_why),
			 WORLD_TEST(a_share_is_never_taken),
			 WORLD_TEST(records_get_lost_before_an_answer_is_given_up),
			 WORLD_TEST(who_reads_is_asked_last),
			 WORLD_TEST(who_alone_has_more_may_keep_it_while_it_reads),
			 WORLD_TEST(a_request_that_is_answered_counts_as_what_it_takes),
			 WORLD_TEST(who_leaves_takes_all_that_was_counted),
			 WORLD_TEST(what_is_empty_is_given_back_first),
			 WORLD_TEST(a_line_that_was_begun_is_ended_before_the_reason),
			 WORLD_TEST(a_line_too_long_to_wait_is_broken_off_without_a_word),
			 TEST(there_is_less_room_the_more_is_held));
}
