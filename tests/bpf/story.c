// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tells stories packet by packet, and keeps up what the entry must be by then.
 */
#include "story.h"

#include <netinet/in.h>

#include "base/cleanup.h"
#include "checks.h"
#include "group.h"
#include "life.h"
#include "tests/harness.h"

static const struct step handshake[] = {
	C(SYN, SYN_SENT, OPENS),
	S(SYN | ACK, SYN_RECEIVED),
	C(ACK, ESTABLISHED, ESTABLISHES),
};

/* Some connections close at sequence number 0, or just before or behind. */
static const uint32_t isns[][2] = {
	{ 1000, 0x80000000 },	    { 0x7fffffff, 5 },		{ 0xffffffff, 0xfffffffe },
	{ 0xfffffffe, 0xffffffff }, { 0xffffff9a, 0xffffff9a },
};

struct telling {
	struct dialogue talk;
	struct life life;
	struct weir_flow_key key;
	struct weir_flow before; /* the entry as it was before the packet */
	struct weir_flow now;	 /* the entry */
	uint64_t time_ns;	 /* of the last event */
	/* What the story has said so far. */
	uint8_t initiator, reason;
	bool is_repeated;
	uint32_t resent[2], zero_windows[2];
};

/* Times grow along the handshake; none that was known changes. */
static void check_times(const struct telling *telling, bool is_begin)
{
	const struct weir_flow *now = &telling->now, *before = &telling->before;

	assert_true(!now->reply_ns || now->reply_ns >= now->start_ns);
	assert_true(!now->established_ns || now->established_ns >= now->start_ns);
	assert_true(!now->established_ns || now->established_ns >= now->reply_ns);
	for (size_t i = 0; i < 2; i++)
		assert_true(!now->dir[i].end_ns || now->dir[i].end_ns >= now->start_ns);
	if (is_begin) {
		assert_true(now->start_ns > before->start_ns);
		return;
	}
	assert_int_equal(now->start_ns, before->start_ns);
	assert_true(!before->reply_ns || now->reply_ns == before->reply_ns);
	assert_true(!before->established_ns || now->established_ns == before->established_ns);
	for (size_t i = 0; i < 2; i++)
		assert_true(!before->dir[i].end_ns || now->dir[i].end_ns == before->dir[i].end_ns);
}

/* What the story says of the entry in so many words. */
static void check_words(struct telling *telling, const struct step *step, bool is_begin)
{
	unsigned int dir = dialogue_dir(&telling->talk, step->say.from);
	const struct weir_flow *now = &telling->now;

	if (is_begin) {
		telling->reason = WEIR_CLOSE_NONE;
		telling->is_repeated = false;
		memset(telling->resent, 0, sizeof(telling->resent));
		memset(telling->zero_windows, 0, sizeof(telling->zero_windows));
	}
	if (step->reason) {
		telling->reason = (uint8_t)step->reason;
		assert_int_equal(!!(now->flags & WEIR_FLOW_CLOSED_BY_1), dir);
	}
	telling->is_repeated |= step->is_repeated;
	if (step->resent)
		telling->resent[dir] = step->resent;
	if (step->zero_windows)
		telling->zero_windows[dir] = step->zero_windows;
	assert_int_equal(now->state, step->state);
	assert_int_equal(now->initiator, telling->initiator);
	assert_int_equal(now->close_reason, telling->reason);
	assert_int_equal(!!(now->flags & WEIR_FLOW_SYN_REPEATED), telling->is_repeated);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(now->dir[i].resent, telling->resent[i]);
		assert_int_equal(now->dir[i].zero_windows, telling->zero_windows[i]);
	}
}

static void check_event(struct telling *telling, const struct weir_event *event,
			const struct segment *say)
{
	const struct weir_event_hdr *hdr = &event->hdr;

	assert_int_equal(hdr->len, sizeof(*event));
	assert_int_equal(hdr->version, WEIR_EVENT_VERSION);
	assert_int_equal(hdr->hook, bpf_env_progs[dialogue_prog(&telling->talk, say->from)].hook);
	assert_int_equal(hdr->dir, dialogue_dir(&telling->talk, say->from));
	assert_int_equal(hdr->tcp_flags, say->flags);
	assert_true(hdr->time_ns >= telling->time_ns);
	telling->time_ns = hdr->time_ns;
	if (hdr->type == WEIR_EVENT_OPEN)
		assert_int_equal(hdr->time_ns, telling->now.start_ns);
	if (hdr->type == WEIR_EVENT_ESTABLISHED)
		assert_int_equal(hdr->time_ns, telling->now.established_ns);
	assert_memory_equal(&event->key, &telling->key, sizeof(telling->key));
}

/* An event holds the entry as the packet left it; the end of the old connection, as it found it. */
static void check_events(struct telling *telling, const struct step *step,
			 const struct life_told *told)
{
	const struct weir_event *events;
	int n = !!step->event[0] + !!step->event[1];

	assert_int_equal(told->event[0], step->event[0]);
	assert_int_equal(told->event[1], step->event[1]);
	assert_int_equal(told->old_reason, step->old_reason);
	assert_int_equal(bpf_env_events(env, &events), n);
	for (int i = 0; i < n; i++) {
		struct weir_flow flow = telling->now;

		if (i == 0 && n == 2) {
			flow = telling->before;
			flow.close_reason = (uint8_t)step->old_reason;
		}
		assert_int_equal(events[i].hdr.type, step->event[i]);
		check_event(telling, &events[i], &step->say);
		assert_memory_equal(&events[i].flow, &flow, sizeof(flow));
	}
}

/* Who begins it is the sender, or the other side if that is told by a SYN-ACK. */
static uint8_t initiator_of(const struct telling *telling, const struct step *step)
{
	enum weir_initiator_by by = step->by ? step->by : WEIR_BY_SYN;
	enum side side = by == WEIR_BY_SYNACK ? !step->say.from : step->say.from;

	return (uint8_t)(dialogue_dir(&telling->talk, side) | by << 1);
}

static void tell_step(struct telling *telling, const struct step *step)
{
	bool is_begin = step->event[0] == WEIR_EVENT_OPEN || step->event[1] == WEIR_EVENT_OPEN;
	enum bpf_env_prog prog = dialogue_prog(&telling->talk, step->say.from);
	struct pkt_desc desc = dialogue_say(&telling->talk, &step->say);
	struct bpf_env_flow entry;
	struct life_packet heard;
	struct life_told told;
	struct packet packet;

	if (is_begin && telling->life.is_there && !step->goes_on)
		telling->initiator = initiator_of(telling, step);
	pkt_build(&packet, &desc);
	heard = dialogue_hear(&telling->talk, &step->say, &desc, packet.len);
	told = life_see(&telling->life, &heard);
	send_packet(env, prog, &packet);
	entry = the_flow(env);
	if (telling->now.start_ns)
		assert_memory_equal(&entry.key, &telling->key, sizeof(entry.key));
	telling->key = entry.key;
	telling->before = telling->now;
	telling->now = entry.flow;
	life_check(&telling->life, &telling->now);
	check_words(telling, step, is_begin);
	check_times(telling, is_begin);
	check_events(telling, step, &told);
	check_balance(env);
}

static void tell(const struct story *story, struct telling *telling)
{
	enum weir_initiator_by by = story->by ? story->by : WEIR_BY_SYN;

	assert_int_equal(bpf_env_reset(env), 0);
	telling->initiator = (uint8_t)(dialogue_dir(&telling->talk, story->initiator) | by << 1);
	for (size_t i = 0; story->has_handshake && i < ARRAY_SIZE(handshake); i++)
		tell_step(telling, &handshake[i]);
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].state; i++)
		tell_step(telling, &story->steps[i]);
}

static void story_comes_true(void **state)
{
	const struct story *story = *state;

	for (size_t i = 0; i < 4 * ARRAY_SIZE(isns); i++) {
		struct telling telling = { 0 };

		dialogue_init(&telling.talk, i & 1 ? WEIR_IPV6 : WEIR_IPV4,
			      story->proto ? story->proto : IPPROTO_TCP, i & 2, isns[i / 4]);
		telling.talk.is_to_itself = story->is_to_itself;
		tell(story, &telling);
	}
}

int stories_run(const char *name, const struct story *stories, size_t count,
		const struct CMUnitTest *others, size_t other_count)
{
	const struct group_rows rows = {
		.test = story_comes_true,
		.rows = stories,
		.size = sizeof(*stories),
		.count = count,
	};

	return group_run(name, &rows, 1, others, other_count);
}
