// SPDX-License-Identifier: BSD-2-Clause
#include "piece.h"

#include "checks.h"
#include "group.h"

static void put_fragment(struct pkt_desc *desc, enum piece_kind kind, uint16_t at)
{
	uint16_t offset = (uint16_t)((at ? at : kind - FIRST) * PIECE_BYTES / 8);

	if (desc->from->family == WEIR_IPV4) {
		desc->frag = (uint16_t)(offset | (kind == LAST ? 0 : 0x2000));
	} else {
		desc->ext[0] = (struct pkt_ext){ .kind = IPPROTO_FRAGMENT,
						 .frag = (uint16_t)(offset << 3 | (kind != LAST)) };
		desc->exts = 1;
	}
}

struct pkt_desc piece_describe(const struct piece *piece, bool is_v6)
{
	struct pkt_desc desc = {
		.from = is_v6 ? &v6_client : &v4_client,
		.to = is_v6 ? &v6_server : &v4_server,
		.proto = piece->proto ? piece->proto : IPPROTO_UDP,
		.sport = piece->port,
		.dport = 9,
		.tcp_flags = PKT_ACK,
		.icmp_type = is_v6 ? 128 : 8,
		.icmp_id = piece->port,
		.id = piece->id,
		.payload = piece->payload,
		.l4_cut = piece->is_short ? 3 : piece->cut,
	};

	if (!desc.payload)
		desc.payload = piece->kind == LAST ? 60 : PIECE_BYTES;
	if (!piece->payload && !desc.l4_cut && piece->kind != LAST)
		desc.l4_cut = PIECE_BYTES;
	if (is_v6 && desc.proto == IPPROTO_ICMP)
		desc.proto = IPPROTO_ICMPV6;
	for (size_t i = 0; i < 2 && piece->tag[i]; i++)
		desc.shim[i] = (struct pkt_shim)TAG(piece->tag[i]);
	if (piece->is_astray)
		desc.to = is_v6 ? &v6_router : &v4_router;
	if (piece->is_back)
		desc = pkt_reversed(&desc);
	put_fragment(&desc, piece->kind, piece->at);
	return desc;
}

size_t piece_send(enum bpf_env_prog prog, const struct pkt_desc *desc)
{
	struct pkt_desc bare = *desc;
	struct packet packet;

	bare.has_no_layer2 = !bpf_env_progs[prog].has_ethernet;
	pkt_build(&packet, &bare);
	send_packet(env, prog, &packet);
	return packet.len;
}
