// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets that neither end has sent, or would take, and what they must not make of a connection: whoever
 * knows its addresses and ports can send them. And what looks alike: where packets were not seen.
 */
#include "base/cleanup.h"
#include "story.h"
#include "tests/harness.h"

#define STEP  ((int32_t)WEIR_SEQ_STEP)
#define REACH ((int32_t)WEIR_SEQ_REACH)
#define ODD   0x12345678

/* clang-format off */
static const struct story stories[] = {
	/* FINs */
	{ .name = "fins_of_any_numbers_end_nothing",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)), C(FIN | ACK, ESTABLISHED, ASTRAY(ODD), ACKS(ODD)),
		     S(FIN | ACK, ESTABLISHED, ASTRAY(-ODD), ACKS(ODD)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     S(PSH | ACK, ESTABLISHED, DATA(100)), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "a_fin_of_about_the_number_that_acknowledges_anything_ends_nothing",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, ESTABLISHED, ASTRAY(STEP + 1), ACKS(ODD)),
		     S(FIN | ACK, ESTABLISHED, ASTRAY(-STEP - 1), ACKS(REACH + 1)),
		     S(FIN | ACK, ESTABLISHED, ASTRAY(-STEP - 1), ACKS(-REACH - 1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)) } },
	{ .name = "a_fin_may_come_behind_what_was_not_seen",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, SHIFT(REACH), ACKS(REACH), BECAUSE(FIN)),
		     S(FIN | ACK, CLOSING, SHIFT(STEP), ACKS(-ODD)), C(ACK, LAST_ACK_R),
		     S(ACK, CLOSED, CLOSES) } },
	{ .name = "one_beyond_it_is_not_believed",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, ESTABLISHED, ASTRAY(REACH + 1)), S(FIN | ACK, ESTABLISHED, ASTRAY(-REACH - 1)) } },

	/* Data */
	{ .name = "data_of_any_number_lead_nowhere",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(ACK, ESTABLISHED, DATA(1), ASTRAY(ODD), ACKS(ODD)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(ACK, ESTABLISHED, DATA(1), ASTRAY(-ODD), ACKS(ODD)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)), C(RST, CLOSED, CLOSES, BECAUSE(RST)) } },
	{ .name = "a_step_ahead_needs_no_acknowledgment",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(STEP), ACKS(ODD)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)) } },
	{ .name = "one_more_does",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100), ASTRAY(STEP + 1), ACKS(ODD)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(STEP + 1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)) } },
	{ .name = "what_was_not_seen_of_one_side_is_found_by_the_other",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)), C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(0x30000000)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)), C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)),
		     S(FIN | ACK, FIN_R, BECAUSE(FIN)), C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "what_was_not_seen_of_both_sides_is_found_when_both_have_spoken",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(0x30000000), ACKS(0x20000000)),
		     S(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(0x20000000)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)), S(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)),
		     S(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)),
		     C(FIN | ACK, FIN_I, BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES) } },
	{ .name = "an_acknowledgment_alone_finds_its_sender_too",
	  .has_handshake = true,
	  .steps = { C(ACK, ESTABLISHED, SHIFT(0x30000000), ACKS(0x20000000)),
		     S(ACK, ESTABLISHED, SHIFT(0x20000000)), C(ACK, ESTABLISHED),
		     S(PSH | ACK, ESTABLISHED, DATA(100)), C(FIN | ACK, FIN_I, BECAUSE(FIN)) } },
	{ .name = "where_one_side_is_seen_it_is_asked_twice",
	  .by = WEIR_BY_PORTS,
	  .steps = { C(PSH | ACK, ESTABLISHED, OPENS, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), ASTRAY(ODD)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), SHIFT(0x30000000), ACKS(ODD)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(2)) } },
	{ .name = "without_ack_nothing_is_taken",
	  .has_handshake = true,
	  .steps = { C(PSH, ESTABLISHED, DATA(100), ASTRAY(0)), C(0, ESTABLISHED, DATA(100), ASTRAY(0)),
		     C(PSH | ACK, ESTABLISHED, DATA(100)) } },

	/* Ends that were none */
	{ .name = "who_goes_on_behind_its_rst_has_not_sent_it",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)), C(RST, CLOSED, ASTRAY(-100), CLOSES, BECAUSE(RST)),
		     S(PSH | ACK, CLOSED, DATA(100)), C(PSH | ACK, ESTABLISHED, DATA(100), GOES_ON),
		     S(PSH | ACK, ESTABLISHED, DATA(100)), S(FIN | ACK, FIN_R, BECAUSE(FIN)),
		     C(FIN | ACK, LAST_ACK_R), S(ACK, CLOSED, CLOSES) } },
	{ .name = "who_acknowledges_more_behind_its_rst_has_not_sent_it",
	  .has_handshake = true,
	  .steps = { S(RST, CLOSED, ASTRAY(-1), CLOSES, BECAUSE(RST)), C(PSH | ACK, CLOSED, DATA(100)),
		     S(ACK, ESTABLISHED, GOES_ON), C(PSH | ACK, ESTABLISHED, DATA(100)),
		     C(PSH | ACK, ESTABLISHED, DATA(100), AGAIN, RESENT(1)) } },
	{ .name = "who_is_reset_may_have_more_on_its_way",
	  .has_handshake = true,
	  .steps = { C(RST | ACK, CLOSED, CLOSES, BECAUSE(RST)), S(PSH | ACK, CLOSED, DATA(100)),
		     C(RST, CLOSED), S(PSH | ACK, CLOSED, DATA(100)), S(FIN | ACK, CLOSED) } },
	{ .name = "so_may_have_who_resets_what_it_has_sent_before",
	  .has_handshake = true,
	  .steps = { C(RST | ACK, CLOSED, SHIFT(1000), CLOSES, BECAUSE(RST)),
		     C(PSH | ACK, CLOSED, DATA(1000), SHIFT(-1000)) } },
	{ .name = "old_copies_do_not_go_on",
	  .has_handshake = true,
	  .steps = { C(PSH | ACK, ESTABLISHED, DATA(100)), C(FIN | ACK, FIN_I, BECAUSE(FIN)),
		     S(FIN | ACK, LAST_ACK_I), C(ACK, CLOSED, CLOSES), C(ACK, CLOSED),
		     C(PSH | ACK, CLOSED, DATA(100), SHIFT(-101)), S(FIN | ACK, CLOSED, AGAIN), C(ACK, CLOSED) } },
	{ .name = "nor_do_strangers",
	  .has_handshake = true,
	  .steps = { C(RST, CLOSED, CLOSES, BECAUSE(RST)), C(PSH | ACK, CLOSED, DATA(100), ASTRAY(ODD)),
		     C(PSH | ACK, CLOSED, DATA(100), ASTRAY(0), ACKS(ODD)), C(PSH, CLOSED, DATA(100), ASTRAY(0)),
		     C(FIN | ACK, CLOSED, ASTRAY(0)) } },
	{ .name = "both_fins_may_be_forged_with_numbers_that_are_right",
	  .has_handshake = true,
	  .steps = { C(FIN | ACK, FIN_I, ASTRAY(0), BECAUSE(FIN)), S(FIN | ACK, LAST_ACK_I, ASTRAY(0), ACKS(1)),
		     C(ACK, CLOSED, CLOSES, ACKS(1)), C(PSH | ACK, ESTABLISHED, DATA(100), GOES_ON),
		     S(PSH | ACK, ESTABLISHED, DATA(100)) } },
};
/* clang-format on */

int main(void)
{
	return stories_run("life_forged", stories, ARRAY_SIZE(stories), NULL, 0);
}
