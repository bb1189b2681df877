// SPDX-License-Identifier: BSD-2-Clause
/*
 * Translations are from the initiator to the responder, records from who sent to who got it.
 */
#include "log/record_nat.h"

#include <netinet/in.h>
#include <string.h>

#include "base/addr.h"
#include "base/json_out.h"
#include "who/conntrack.h"
#include "who/translations.h"

/* From the initiator to the responder. */
static void tuple_of(const struct record *rec, struct nat_tuple *ret)
{
	*ret = (struct nat_tuple){ .source_port = rec->port[0],
				   .destination_port = rec->port[1],
				   .family = rec->family,
				   .proto = rec->proto };
	memcpy(ret->source, rec->addr[0], sizeof(ret->source));
	memcpy(ret->destination, rec->addr[1], sizeof(ret->destination));
}

/* other: from the record's source to its destination, as all in a record. False: there is none. */
static bool get_nat(const struct record *rec, const struct translations *translations,
		    struct nat_answer *ret)
{
	const struct translation *translation;
	struct nat_tuple own, other;

	if (!rec->nat || !translations)
		return false;
	translation = translations_at(translations, rec->nat);
	tuple_of(rec, &own);
	translation_apply(translation, rec->nat_port, &own, &other);
	*ret = (struct nat_answer){ .other = other, .role = translation->role };
	if (rec->sender)
		nat_tuple_reverse(&other, &ret->other);
	return true;
}

const char *record_nat_role(const struct record *rec, const struct translations *translations)
{
	if (!rec->nat || !translations)
		return NULL;
	return nat_role_to_str(translations_at(translations, rec->nat)->role);
}

bool record_source_xlated(const struct record *rec, const struct translations *translations,
			  uint8_t ret[static 16])
{
	struct nat_answer nat;

	if (rec->sender || !get_nat(rec, translations, &nat) || nat.role != NAT_ORIGINAL ||
	    !memcmp(nat.other.source, rec->addr[0], sizeof(rec->addr[0])))
		return false;
	memcpy(ret, nat.other.source, sizeof(nat.other.source));
	return true;
}

void record_nat_json(struct json_out *out, const struct record *rec,
		     const struct translations *translations)
{
	struct nat_answer nat;
	char text[ADDR_TEXT_SIZE];
	bool has_id = record_has_icmp_id(rec);

	if (!get_nat(rec, translations, &nat))
		return;
	json_object_begin(out, "nat");
	addr_to_str(nat.other.source, nat.other.family, text);
	json_string(out, "source", text);
	if (nat.other.source_port && !has_id)
		json_u64(out, "source_port", nat.other.source_port);
	addr_to_str(nat.other.destination, nat.other.family, text);
	json_string(out, "destination", text);
	if (nat.other.destination_port && !has_id)
		json_u64(out, "destination_port", nat.other.destination_port);
	if (has_id)
		json_u64(out, "icmp_id", nat.other.source_port);
	json_string(out, "role", record_nat_role(rec, translations));
	if (rec->nat_has_twin)
		json_bool(out, "twin", true);
	json_object_end(out);
}
