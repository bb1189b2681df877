// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of states: that it says what is written down here once more, and that the kernel does
 * what it says, cell by cell. Entries are put into the map in the state that is wanted, so that
 * cells are reached to which no row of packets leads.
 */
#include <netinet/in.h>

#include "base/cleanup.h"
#include "bpf_env.h"
#include "checks.h"
#include "dialogue.h"
#include "group.h"
#include "pkt_build.h"
#include "tests/harness.h"
#include "weir/lifecycle.h"

#define ISN	 1000
#define NEXT_SEQ 2000
#define FRAG_ID	 77

/* The next state, and what is told; 0: nothing. */
#define SS  WEIR_SYN_SENT
#define SR  WEIR_SYN_RECEIVED
#define EST WEIR_ESTABLISHED
#define EE  (WEIR_ESTABLISHED | WEIR_DO_ESTABLISHED)
#define FI  WEIR_FIN_I
#define FIE (WEIR_FIN_I | WEIR_DO_ESTABLISHED)
#define FR  WEIR_FIN_R
#define FRE (WEIR_FIN_R | WEIR_DO_ESTABLISHED)
#define FE  WEIR_FIN_EARLY
#define HI  WEIR_HALF_I
#define HR  WEIR_HALF_R
#define HRE (WEIR_HALF_R | WEIR_DO_ESTABLISHED)
#define CG  WEIR_CLOSING
#define CGE (WEIR_CLOSING | WEIR_DO_ESTABLISHED)
#define LI  WEIR_LAST_ACK_I
#define LR  WEIR_LAST_ACK_R
#define LRE (WEIR_LAST_ACK_R | WEIR_DO_ESTABLISHED)
#define CL  WEIR_CLOSED
#define END (WEIR_CLOSED | WEIR_DO_CLOSE)
#define ONE WEIR_ONE_WAY
#define TWO (WEIR_TWO_WAY | WEIR_DO_ESTABLISHED)
#define ANS WEIR_TWO_WAY

/* clang-format off */
static const uint8_t expected[WEIR_STATE_MAX][2][WEIR_INPUT_MAX] = {
	/*		            SYN SYN-ACK ACK  ACK-FIN FIN  LAST-FIN RST PACKET REST */
	[WEIR_STATE_NONE] =    { {  SS, SR,     EST, EST,    FI,  0,       CL,  ONE,  EST },
				 {  SS, SR,     EST, EST,    FR,  0,       CL,  ANS,  EST } },
	[WEIR_SYN_SENT] =      { {  0,  0,      EE,  EE,     FIE, 0,       END, 0,    0 },
				 {  SR, SR,     0,   0,      FE,  0,       END, 0,    0 } },
	[WEIR_SYN_RECEIVED] =  { {  0,  0,      EE,  EE,     FIE, 0,       END, 0,    0 },
				 {  0,  0,      EE,  0,      FE,  0,       END, 0,    0 } },
	[WEIR_FIN_EARLY] =     { {  0,  0,      FRE, HRE,    CGE, LRE,     END, 0,    0 },
				 {  0,  0,      0,   0,      0,   0,       END, 0,    0 } },
	[WEIR_ESTABLISHED] =   { {  0,  0,      0,   0,      FI,  0,       END, 0,    0 },
				 {  0,  0,      0,   0,      FR,  0,       END, 0,    0 } },
	[WEIR_FIN_I] =         { {  0,  0,      0,   END,    0,   0,       END, 0,    0 },
				 {  0,  0,      0,   HI,     CG,  LI,      END, 0,    0 } },
	[WEIR_FIN_R] =         { {  0,  0,      0,   HR,     CG,  LR,      END, 0,    0 },
				 {  0,  0,      0,   0,      0,   0,       END, 0,    0 } },
	[WEIR_HALF_I] =        { {  0,  0,      0,   0,      0,   0,       END, 0,    0 },
				 {  0,  0,      0,   0,      LI,  LI,      END, 0,    0 } },
	[WEIR_HALF_R] =        { {  0,  0,      0,   0,      LR,  LR,      END, 0,    0 },
				 {  0,  0,      0,   0,      0,   0,       END, 0,    0 } },
	[WEIR_CLOSING] =       { {  0,  0,      0,   LR,     0,   0,       END, 0,    0 },
				 {  0,  0,      0,   LI,     0,   0,       END, 0,    0 } },
	[WEIR_LAST_ACK_I] =    { {  0,  0,      0,   END,    0,   0,       END, 0,    0 },
				 {  0,  0,      0,   0,      0,   0,       END, 0,    0 } },
	[WEIR_LAST_ACK_R] =    { {  0,  0,      0,   0,      0,   0,       END, 0,    0 },
				 {  0,  0,      0,   END,    0,   0,       END, 0,    0 } },
	[WEIR_CLOSED] =        { { 0 }, { 0 } },
	[WEIR_ONE_WAY] =       { { 0 },
				 {  0,  0,      0,   0,      0,   0,       0,   TWO,  0 } },
	[WEIR_TWO_WAY] =       { { 0 }, { 0 } },
};
/* clang-format on */

static void the_table_says_what_was_meant(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < WEIR_STATE_MAX * 2 * WEIR_INPUT_MAX; i++) {
		unsigned int from = i / (2 * WEIR_INPUT_MAX);
		unsigned int side = i / WEIR_INPUT_MAX % 2, input = i % WEIR_INPUT_MAX;

		assert_int_equal(weir_lifecycle[from][side][input], expected[from][side][input]);
	}
}

/* The datapath leaves such packets out without asking the table. */
static void steady_states_are_steady_in_the_table(void **state)
{
	static const enum weir_input inputs[] = { WEIR_IN_ACK, WEIR_IN_ACK_FIN, WEIR_IN_PACKET,
						  WEIR_IN_REST };

	(void)state;
	for (unsigned int from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
			if (WEIR_STEADY & 1U << from)
				assert_int_equal(weir_lifecycle[from][WEIR_RESPONDER][inputs[i]],
						 0);
			if (WEIR_STEADY_INITIATOR & 1U << from)
				assert_int_equal(weir_lifecycle[from][WEIR_INITIATOR][inputs[i]],
						 0);
		}
	}
}

/* Nothing leads from TCP to other protocols, or back to no state, or out of CLOSED. */
static void states_lead_where_they_may(void **state)
{
	(void)state;
	for (unsigned int from = WEIR_STATE_NONE + 1; from < WEIR_STATE_MAX; from++) {
		for (unsigned int i = 0; i < 2 * WEIR_INPUT_MAX; i++) {
			uint8_t to = WEIR_NEXT(weir_lifecycle[from][i % 2][i / 2], from);

			assert_in_range(to, WEIR_SYN_SENT, WEIR_STATE_MAX - 1);
			assert_int_equal(to >= WEIR_ONE_WAY, from >= WEIR_ONE_WAY);
			assert_true(from != WEIR_CLOSED || to == WEIR_CLOSED);
		}
	}
}

struct cell {
	enum weir_state from;
	enum weir_side side;
	enum weir_input input;
	bool is_dying;
};

/* What only is where the other side has sent its FIN. */
static bool is_ack_of_fin(enum weir_input input)
{
	return input == WEIR_IN_ACK_FIN || input == WEIR_IN_LAST_FIN;
}

/* The packet that is the input: of the client, who initiated it, or of the server. */
static struct pkt_desc packet_of(const struct cell *cell)
{
	static const uint8_t flags[WEIR_INPUT_MAX] = {
		[WEIR_IN_SYN] = SYN,	   [WEIR_IN_SYNACK] = SYN | ACK,
		[WEIR_IN_ACK] = ACK,	   [WEIR_IN_ACK_FIN] = ACK,
		[WEIR_IN_FIN] = FIN | ACK, [WEIR_IN_LAST_FIN] = FIN | ACK,
		[WEIR_IN_RST] = RST | ACK,
	};
	struct pkt_desc desc = {
		.from = &v4_client,
		.to = &v4_server,
		.proto = cell->input == WEIR_IN_PACKET ? IPPROTO_UDP : IPPROTO_TCP,
		.sport = PORT_CLIENT,
		.dport = PORT_HTTPS,
		.tcp_flags = flags[cell->input],
		.seq = flags[cell->input] & SYN ? ISN : NEXT_SEQ,
		.ack = is_ack_of_fin(cell->input) ? NEXT_SEQ : NEXT_SEQ - 1,
		.id = FRAG_ID,
		.frag = cell->input == WEIR_IN_REST ? 1 : 0,
	};

	return cell->side == WEIR_RESPONDER ? pkt_reversed(&desc) : desc;
}

/* The responder establishes what it has answered only where nobody else is ever seen. */
static bool is_alone(const struct cell *cell)
{
	return cell->from == WEIR_SYN_RECEIVED && cell->side == WEIR_RESPONDER &&
	       cell->input == WEIR_IN_ACK;
}

/* An entry in the state, in which the packet is the input, and counted as unanswered. */
static struct bpf_env_flow entry_for(const struct cell *cell)
{
	struct bpf_env_flow entry = {
		.key = { .port = { htons(PORT_CLIENT), htons(PORT_HTTPS) },
			 .ifindex = BPF_ENV_IFINDEX,
			 .netns = BPF_ENV_NETNS,
			 .family = WEIR_IPV4,
			 .proto = cell->input == WEIR_IN_PACKET ? IPPROTO_UDP : IPPROTO_TCP },
		.flow = { .state = (uint8_t)(cell->from | (cell->is_dying ? WEIR_STATE_DYING : 0)),
			  .initiator = WEIR_BY_SYN << 1,
			  .flags = WEIR_FLOW_UNANSWERED,
			  .start_ns = 1 },
	};

	memcpy(entry.key.addr[0], v4_client.bytes, 16);
	memcpy(entry.key.addr[1], v4_server.bytes, 16);
	for (size_t i = 0; i < 2; i++) {
		entry.flow.dir[i] = (struct weir_dir){ .packets = 1,
						       .bytes = 54,
						       .last = 1,
						       .flags = SYN | ACK,
						       .hooks = 1 << WEIR_EGRESS,
						       .isn = ISN,
						       .next_seq = NEXT_SEQ };
	}
	if (cell->input == WEIR_IN_ACK || cell->input == WEIR_IN_FIN || is_ack_of_fin(cell->input))
		entry.flow.dir[cell->side == WEIR_INITIATOR].end_ns = 1;
	if (is_alone(cell))
		entry.flow.dir[WEIR_INITIATOR] = (struct weir_dir){ .packets = 1 };
	return entry;
}

/* So that a later fragment is the flow's. */
static void send_first_fragment(const struct pkt_desc *later)
{
	struct pkt_desc first = *later;

	first.frag = 0x2000;
	first.tcp_flags = ACK;
	send_desc(env, ENV_TC_IN, &first);
}

/* An empty map, but for what a later fragment needs; the flow of its first is returned. */
static struct bpf_env_flow prepare(const struct cell *cell, const struct pkt_desc *desc)
{
	struct bpf_env_flow flow = { 0 };

	assert_int_equal(bpf_env_reset(env), 0);
	if (cell->input == WEIR_IN_REST) {
		send_first_fragment(desc);
		flow = the_flow(env);
	}
	return flow;
}

static void check_told(uint8_t todo, const struct weir_flow *flow)
{
	enum weir_event_type type = WEIR_EVENT_NONE;
	const struct weir_event *events;

	if (todo & WEIR_DO_CLOSE)
		type = WEIR_EVENT_CLOSE;
	else if (todo & WEIR_DO_ESTABLISHED)
		type = WEIR_EVENT_ESTABLISHED;
	assert_int_equal(bpf_env_events(env, &events), type != WEIR_EVENT_NONE);
	if (!type)
		return;
	assert_int_equal(events->hdr.type, type);
	assert_memory_equal(&events->flow, flow, sizeof(*flow));
}

static void check_cell(const struct cell *cell)
{
	uint8_t todo = weir_lifecycle[cell->from][cell->side][cell->input];
	bool is_established = todo & WEIR_DO_ESTABLISHED;
	bool goes_on = cell->from == WEIR_TWO_WAY && cell->side == WEIR_INITIATOR;
	bool is_answer =
		cell->input == WEIR_IN_PACKET ? goes_on : is_established && !is_alone(cell);
	struct pkt_desc desc = packet_of(cell);
	const struct bpf_env_flow entry = entry_for(cell);
	const struct weir_event *events;
	struct bpf_env_flow now;
	uint64_t unanswered;

	(void)prepare(cell, &desc);
	assert_int_equal(bpf_env_set_flow(env, &entry), 0);
	assert_int_equal(bpf_env_set_unanswered(env, 1), 0);
	assert_true(bpf_env_events(env, &events) >= 0);
	send_desc(env, ENV_TC_IN, &desc);
	now = the_flow(env);
	assert_int_equal(now.flow.state, WEIR_NEXT(todo, cell->from));
	assert_int_equal(now.flow.start_ns, 1);
	assert_int_equal(now.flow.dir[cell->side].packets, 2);
	assert_int_equal(now.flow.dir[!cell->side].packets, 1);
	assert_int_equal(now.flow.established_ns != 0, is_established);
	assert_int_equal(!!(now.flow.flags & WEIR_FLOW_UNANSWERED), !is_answer);
	assert_int_equal(bpf_env_unanswered(env, &unanswered), 0);
	assert_int_equal(unanswered, !is_answer);
	assert_int_equal(counter(env, WEIR_FLOWS_REVIVED), cell->is_dying);
	check_told(todo, &now.flow);
}

/* Every input in every state: no mark of a sweep makes a difference. */
static void every_cell_of_the_table_does_what_it_says(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4 * WEIR_STATE_MAX * WEIR_INPUT_MAX; i++) {
		const struct cell cell = { .from = i / (4 * WEIR_INPUT_MAX),
					   .side = i & 1,
					   .input = i / 4 % WEIR_INPUT_MAX,
					   .is_dying = i & 2 };

		if (cell.from != WEIR_STATE_NONE)
			check_cell(&cell);
	}
}

/* Whoever sends SYN, SYN-ACK, or what is not TCP, tells by it which side it is. */
static bool can_be_first(const struct cell *cell)
{
	switch (cell->input) {
	case WEIR_IN_SYN:
	case WEIR_IN_PACKET:
		return cell->side == WEIR_INITIATOR;
	case WEIR_IN_SYNACK:
		return cell->side == WEIR_RESPONDER;
	case WEIR_IN_ACK:
	case WEIR_IN_FIN:
	case WEIR_IN_RST:
	case WEIR_IN_REST:
		return true;
	case WEIR_IN_ACK_FIN:
	case WEIR_IN_LAST_FIN:
	case WEIR_INPUT_MAX:
		break;
	}
	return false;
}

static void every_first_packet_makes_the_entry_that_the_table_says(void **state)
{
	unsigned int made = 0;

	(void)state;
	for (unsigned int i = 0; i < 2 * WEIR_INPUT_MAX; i++) {
		const struct cell cell = { .side = i & 1, .input = i / 2 };
		struct pkt_desc desc = packet_of(&cell);
		struct bpf_env_flow flow;

		if (!can_be_first(&cell))
			continue;
		flow = prepare(&cell, &desc);
		if (flow.key.family)
			assert_int_equal(bpf_env_del_flow(env, &flow.key), 0);
		send_desc(env, ENV_TC_IN, &desc);
		flow = the_flow(env);
		assert_int_equal(flow.flow.state, expected[WEIR_STATE_NONE][cell.side][cell.input]);
		assert_int_equal(flow.flow.initiator & 1, 0);
		made++;
	}
	assert_int_equal(made, 11);
}

/* A network may bring an old copy at any time. */
static void a_syn_or_syn_ack_sent_again_changes_no_state(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4 * (WEIR_CLOSED + 1); i++) {
		enum weir_state in = i / 4;
		const struct segment again = {
			.from = i & 1 ? SERVER : CLIENT,
			.flags = i & 2 ? SYN | ACK : SYN,
			.is_again = true,
		};
		const struct weir_event *events;
		struct dialogue talk;
		struct pkt_desc desc;

		/* The first SYN of the other side, if it answers or not, is no copy. */
		if (in == WEIR_STATE_NONE || (in == WEIR_SYN_SENT && again.from == SERVER))
			continue;
		dialogue_reach(&talk, env, in);
		desc = dialogue_say(&talk, &again);
		send_desc(env, dialogue_prog(&talk, again.from), &desc);
		assert_int_equal(the_flow(env).flow.state, in);
		assert_int_equal(bpf_env_events(env, &events), 0);
	}
}

/* Which SYN begins a connection in an entry, in which state: of the same number or another one. */
struct renewal {
	uint8_t flags;
	bool is_server, is_other, is_unheard; /* the sender has sent no SYN so far */
	/* Of the other side: no SYN of its was seen; but another one than the connection's was. */
	bool is_peer_unheard, has_peer_asked;
	bool is_foreign; /* it acknowledges another SYN than that of the other side */
};

/* A SYN-ACK. */
static bool must_answer_renew(const struct renewal *renewal, enum weir_state in)
{
	if (in == WEIR_SYN_SENT)
		return false;
	if (in != WEIR_CLOSED && !renewal->is_peer_unheard)
		return renewal->has_peer_asked && renewal->is_foreign;
	if (in == WEIR_SYN_RECEIVED || in == WEIR_FIN_EARLY)
		return false;
	return renewal->is_unheard ? !renewal->is_peer_unheard : renewal->is_other;
}

static bool must_renew(const struct renewal *renewal, enum weir_state in)
{
	bool is_ending = (WEIR_BOTH_FINS | 1U << WEIR_CLOSED) & 1U << in;

	if (renewal->flags & ACK)
		return must_answer_renew(renewal, in);
	if (renewal->is_unheard)
		return is_ending;
	return (is_ending || in == WEIR_SYN_SENT) && renewal->is_other;
}

static void check_renewal(const struct renewal *renewal, enum weir_state in)
{
	struct cell cell = { .from = in,
			     .side = renewal->is_server ? WEIR_RESPONDER : WEIR_INITIATOR,
			     .input = renewal->flags & ACK ? WEIR_IN_SYNACK : WEIR_IN_SYN };
	struct pkt_desc desc = packet_of(&cell);
	struct bpf_env_flow entry = entry_for(&cell), now;
	bool is_renewed = must_renew(renewal, in);
	uint64_t unanswered;

	desc.seq += renewal->is_other ? 1 : 0;
	desc.ack = renewal->is_foreign ? ISN : ISN + 1;
	if (renewal->is_unheard)
		entry.flow.dir[cell.side].flags = ACK;
	if (renewal->is_peer_unheard)
		entry.flow.dir[!cell.side].flags = ACK;
	if (renewal->has_peer_asked)
		entry.flow.flags |= (uint8_t)(WEIR_FLOW_ASKED_0 << !cell.side);
	assert_int_equal(bpf_env_reset(env), 0);
	assert_int_equal(bpf_env_set_flow(env, &entry), 0);
	assert_int_equal(bpf_env_set_unanswered(env, 1), 0);
	send_desc(env, ENV_TC_IN, &desc);
	now = the_flow(env);
	assert_int_equal(now.flow.start_ns != 1, is_renewed);
	assert_int_equal(now.flow.dir[0].base_packets, is_renewed);
	assert_int_equal(now.flow.dir[1].base_packets, is_renewed);
	assert_int_equal(bpf_env_unanswered(env, &unanswered), 0);
	assert_int_equal(unanswered, !!(now.flow.flags & WEIR_FLOW_UNANSWERED));
}

static void a_syn_renews_the_entry_in_the_states_that_allow_it(void **state)
{
	(void)state;
	for (enum weir_state in = WEIR_STATE_NONE + 1; in < WEIR_ONE_WAY; in++) {
		for (unsigned int i = 0; i < 128; i++) {
			const struct renewal renewal = { .flags = i & 1 ? SYN | ACK : SYN,
							 .is_server = i & 2,
							 .is_other = i & 4,
							 .is_unheard = i & 8,
							 .is_foreign = i & 16,
							 .is_peer_unheard = i & 32,
							 .has_peer_asked = i & 64 };

			check_renewal(&renewal, in);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_table_says_what_was_meant),
		TEST(steady_states_are_steady_in_the_table),
		TEST(states_lead_where_they_may),
		TEST(every_cell_of_the_table_does_what_it_says),
		TEST(every_first_packet_makes_the_entry_that_the_table_says),
		TEST(a_syn_or_syn_ack_sent_again_changes_no_state),
		TEST(a_syn_renews_the_entry_in_the_states_that_allow_it),
	};

	return group_run("life_table", NULL, 0, tests, ARRAY_SIZE(tests));
}
