// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads with libpcap. A link type is either Ethernet's or becomes what the kernel hands to TC of an
 * interface without Ethernet: the packet alone, and its ethertype beside it.
 */
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <string.h>

#include <pcap/pcap.h>

#include "base/cleanup.h"

struct link_type {
	int number;
	uint8_t kind; /* enum session_kind */
	size_t header;
	/* The ethertype of what is behind the header, by the frame; NULL: it is an Ethernet frame. */
	uint16_t (*protocol)(const uint8_t *frame);
};

static uint16_t read_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint16_t protocol_of_sll(const uint8_t *header)
{
	return read_u16(header + 14);
}

static uint16_t protocol_of_hdlc(const uint8_t *header)
{
	return read_u16(header + 2);
}

/* An address family, which has other numbers in other systems, in either byte order. */
static uint16_t protocol_of_family(const uint8_t *header)
{
	switch (header[0] ? header[0] : header[3]) {
	case 2:
		return ETHERTYPE_IP;
	case 10:
	case 24:
	case 28:
	case 30:
		return ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

static uint16_t protocol_of_ppp(const uint8_t *header)
{
	switch (read_u16(header)) {
	case 0x0f00: /* Cisco's HDLC, to one or to all, which captures call PPP, too */
	case 0x8f00:
		return protocol_of_hdlc(header);
	case 0xff03:
		break;
	default:
		return 0;
	}
	switch (read_u16(header + 2)) {
	case 0x0021:
		return ETHERTYPE_IP;
	case 0x0057:
		return ETHERTYPE_IPV6;
	case 0x0281:
		return ETH_P_MPLS_UC;
	default:
		return 0;
	}
}

/* What a tun device makes of it. */
static uint16_t protocol_of_version(const uint8_t *packet)
{
	switch (packet[0] >> 4) {
	case 4:
		return ETHERTYPE_IP;
	case 6:
		return ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

static uint16_t protocol_of_v4(const uint8_t *packet)
{
	(void)packet;
	return ETHERTYPE_IP;
}

static uint16_t protocol_of_v6(const uint8_t *packet)
{
	(void)packet;
	return ETHERTYPE_IPV6;
}

static const struct link_type link_types[] = {
	{ DLT_EN10MB, SESSION_ETHERNET, 0, NULL },
	{ DLT_RAW, SESSION_L3, 0, protocol_of_version },
	{ DLT_IPV4, SESSION_L3, 0, protocol_of_v4 },
	{ DLT_IPV6, SESSION_L3, 0, protocol_of_v6 },
	{ DLT_LINUX_SLL, SESSION_L3, 16, protocol_of_sll },
	{ DLT_LINUX_SLL2, SESSION_L3, 20, read_u16 },
	{ DLT_NULL, SESSION_L3, 4, protocol_of_family },
	{ DLT_LOOP, SESSION_L3, 4, protocol_of_family },
	{ DLT_PPP, SESSION_L3, 4, protocol_of_ppp },
	{ DLT_PPP_SERIAL, SESSION_L3, 4, protocol_of_ppp },
	{ DLT_C_HDLC, SESSION_L3, 4, protocol_of_hdlc },
};

static const struct link_type *find_link_type(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_types); i++)
		if (link_types[i].number == number)
			return &link_types[i];
	return NULL;
}

static void cleanup_pcap(pcap_t **pcap)
{
	if (*pcap)
		pcap_close(*pcap);
}

void capture_free(struct capture *capture)
{
	session_free(&capture->session);
}

/* What was not captured comes as zeros; of a damaged file the length may be anything. */
static void complete(struct pcap_pkthdr *header, uint8_t *bytes, const uint8_t *frame)
{
	size_t known = header->caplen < SESSION_FRAME_MAX ? header->caplen : SESSION_FRAME_MAX;

	memcpy(bytes, frame, known);
	memset(bytes + known, 0, SESSION_FRAME_MAX - known);
	if (header->len > header->caplen && header->len <= SESSION_FRAME_MAX)
		header->caplen = header->len;
	else
		header->len = header->caplen;
}

static bool is_possible(const struct pcap_pkthdr *header, const struct link_type *type,
			const struct way *way)
{
	return header->len >= type->header + SESSION_FRAME_MIN &&
	       header->len <= (way->prog == SESSION_XDP ? SESSION_XDP_MAX : SESSION_FRAME_MAX);
}

/* The tag in front goes into the metadata. */
static void offload_tag(struct session_step *step)
{
	uint16_t type = read_u16(step->bytes + 12);

	if ((type != ETH_P_8021Q && type != ETH_P_8021AD) || step->len < SESSION_FRAME_MIN + 4)
		return;
	step->has_tag = true;
	step->tci = read_u16(step->bytes + 14);
	memmove(step->bytes + 4, step->bytes, 12);
	step->bytes += 4;
	step->len -= 4;
}

static int add_frame(struct capture *capture, const struct link_type *type, const struct way *way,
		     struct pcap_pkthdr header, const uint8_t *frame)
{
	uint8_t bytes[SESSION_FRAME_MAX];
	struct session_step step = { .op = SESSION_PACKET, .prog = (uint8_t)way->prog };

	complete(&header, bytes, frame);
	if (capture->dump)
		dump_frame(capture->dump, &header, bytes);
	step.number = (uint32_t)++capture->frames;
	if (!is_possible(&header, type, way)) {
		capture->left_out++;
		return 0;
	}
	step.protocol = type->protocol ? type->protocol(bytes) : 0;
	step.bytes = bytes + type->header;
	step.len = (uint32_t)(header.len - type->header);
	if (way->offloads_tags)
		offload_tag(&step);
	if (step.len > SESSION_TC_MAX)
		step.linear = SESSION_FRAME_MIN;
	return session_add(&capture->session, &step);
}

static int read_frames(struct capture *capture, pcap_t *pcap, const struct link_type *type,
		       const struct way *way)
{
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	int r, status;

	while ((status = pcap_next_ex(pcap, &header, &frame)) == 1) {
		r = add_frame(capture, type, way, *header, frame);
		if (r)
			return r;
	}
	if (status == PCAP_ERROR)
		snprintf(capture->why, sizeof(capture->why), "frame %zu: %s", capture->frames + 1,
			 pcap_geterr(pcap));
	return 0;
}

int capture_read(struct capture *ret, const char *path, const struct way *way, struct dump *dump)
{
	auto_capture struct capture capture = { 0 };
	char error[PCAP_ERRBUF_SIZE] = "";
	__attribute__((cleanup(cleanup_pcap))) pcap_t *pcap = pcap_open_offline(path, error);
	const struct link_type *type;
	int r = 0;

	if (!pcap) {
		snprintf(ret->why, sizeof(ret->why), "%s", error);
		return 0;
	}
	type = find_link_type(pcap_datalink(pcap));
	if (!type) {
		snprintf(ret->why, sizeof(ret->why), "no interface of weir's has frames of type %s",
			 pcap_datalink_val_to_name(pcap_datalink(pcap)) ?: "unknown");
		return 0;
	}
	if (type->kind != SESSION_ETHERNET && (way->prog == SESSION_XDP || way->offloads_tags))
		return 0;
	capture.header = type->header;
	capture.session.kind = type->kind;
	capture.session.slot = 1;
	capture.session.gso_max[0] = capture.session.gso_max[1] = 65536;
	if (dump)
		r = dump_open(dump, type->number, &capture.dump);
	if (!r)
		r = read_frames(&capture, pcap, type, way);
	if (r)
		return r;
	*ret = capture;
	capture = (struct capture){ 0 };
	return 1;
}
