// SPDX-License-Identifier: BSD-2-Clause
#include "socket/control_sniff.h"

#include "base/cleanup.h"
#include "socket/control.h"

static const struct control_proto *sniff(const struct client *client, bool *ret_more)
{
	const struct control_proto *protos[] = { control_json(), control_http() };

	*ret_more = false;
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		switch (protos[i]->sniff(buf_bytes(&client->in), buf_len(&client->in))) {
		case SNIFF_YES:
			return protos[i];
		case SNIFF_MORE:
			*ret_more = true;
			break;
		case SNIFF_NO:
			break;
		}
	}
	return NULL;
}

void control_sniff(struct client *client)
{
	const char *head = buf_bytes(&client->in);
	size_t len = buf_len(&client->in);
	bool more;

	client->proto = sniff(client, &more);
	if (client->proto)
		return;
	/* Blanks alone are nothing, however many. */
	if (control_json()->sniff(head, len) == SNIFF_MORE) {
		buf_consume(&client->in, len);
		return;
	}
	if (more && !client->is_eof)
		return;
	buf_append_str(&client->out, "{\"error\":{\"code\":\"INVALID_ARGUMENT\",\"message\":\"a "
				     "request is a JSON object, and begins with a brace\"}}\n");
	client->is_closing = true;
}
