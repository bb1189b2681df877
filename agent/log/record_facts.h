/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a record tells that is not written in it just so: shared by its JSON (record_rows.c) and by those
 * who ask for its fields (record_fields.c), so that both say the same.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "log/record.h"
#include "who/party_facts.h"

#define RECORD_EVENT_TYPE 4 /* Hubble's trace */
#define RECORD_VERDICT	  "FORWARDED"

#define RECORD_UUID_SIZE    37
#define RECORD_CONN_ID_SIZE 17

/* end: 0 the record's source, 1 its destination. */
struct party_side record_side(const struct record *rec, const struct record_context *context,
			      unsigned int end);
/* Has it ports that Hubble's API has no message for? They are extensions. */
bool record_has_ports_beside_l4(const struct record *rec);
/* Of the end that is here; of two that are, the source's. 0: unknown. */
uint64_t record_cgroup_id(const struct party_side *source, const struct party_side *destination);
/* seq: the record's place in the log. */
void record_uuid(uint64_t seq, const struct record_context *context,
		 char text[static RECORD_UUID_SIZE]);
void record_conn_id(const struct record *rec, char text[static RECORD_CONN_ID_SIZE]);
/* "source", "destination" */
const char *record_initiator(const struct record *rec);
/* How it is known: "syn" */
const char *record_initiator_by(const struct record *rec);
bool record_has_duration(const struct record *rec);
/* Of the whole handshake. 0: unknown. */
uint64_t record_rtt_ns(const struct record *rec);
/* side: 0 what the initiator has sent again. False: nobody knows, or not any more. */
bool record_retransmits(const struct record *rec, const struct record_leg *legs, unsigned int side,
			uint64_t *ret);
