/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv4 header (PKT-2, PKT-3). */
#ifndef TWINPATH_IPV4_H
#define TWINPATH_IPV4_H

#include "platform.h"

#include "context.h"

static __always_inline void parse_ipv4_fragment(struct packet *packet, const struct ipv4_header *ip)
{
	const __u16 bits = network16(ip->fragment);
	const __u32 offset = (bits & IPV4_FRAGMENT_OFFSET) * 8;

	if (!offset && !(bits & IPV4_MORE_FRAGMENTS))
		return;
	packet->fragment = offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	packet->fragment_offset = offset;
	packet->fragment_protocol = ip->protocol;
	packet->identification = network32(network16(ip->identification));
}

/* 0: go on. Fills source and destination. */
static __always_inline enum reason parse_ipv4(struct context *context, __be32 *source,
					      __be32 *destination)
{
	struct packet *packet = context->packet;
	const struct ipv4_header *ip =
		packet_bytes(context->skb, ETHERNET_LENGTH, sizeof(*ip));
	__u32 header_length, total_length;

	if (!ip || ip->version_length >> 4 != 4)
		return REASON_INVALID_HEADER;
	header_length = (ip->version_length & 0xf) * 4;
	total_length = network16(ip->total_length);
	if (header_length < sizeof(*ip) || total_length < header_length ||
	    ETHERNET_LENGTH + total_length > packet->length)
		return REASON_INVALID_HEADER;
	packet->end = ETHERNET_LENGTH + total_length;
	packet->l4_offset = ETHERNET_LENGTH + header_length;
	packet->protocol = ip->protocol;
	address_copy(source, ip->source, FAMILY_IPV4);
	address_copy(destination, ip->destination, FAMILY_IPV4);
	parse_ipv4_fragment(packet, ip);
	return 0;
}

#endif
