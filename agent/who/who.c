// SPDX-License-Identifier: BSD-2-Clause
#include "who/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conn.h"
#include "who/party.h"

struct who {
	struct parties *parties;
};

int who_new(struct who **ret)
{
	struct who *who = calloc(1, sizeof(*who));
	int r;

	if (!who)
		return -ENOMEM;
	r = parties_new(&who->parties, PARTIES_MAX, NULL, NULL);
	if (r) {
		who_free(&who);
		return r;
	}
	*ret = who;
	return 0;
}

void who_free(struct who **at)
{
	struct who *who = TAKE_PTR(*at);

	if (!who)
		return;
	parties_free(&who->parties);
	free(who);
}

uint32_t who_party(struct who *who, const struct conn_side *side)
{
	struct party party = *parties_at(who->parties, side->was);
	uint32_t number;

	if (side->mac)
		memcpy(party.mac, side->mac, sizeof(party.mac));
	number = parties_get(who->parties, &party);
	parties_unref(who->parties, side->was);
	return number;
}

struct parties *who_parties(const struct who *who)
{
	return who->parties;
}
