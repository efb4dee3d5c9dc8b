/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv4 header (PKT-2, PKT-3). */
#ifndef TWINPATH_IPV4_H
#define TWINPATH_IPV4_H

#include "platform.h"

#include "context.h"

static __always_inline void parse_ipv4_fragment(struct packet *packet, const struct ipv4_header *ip)
{
	const __u16 bits = network16(ip->fragment);
	const __u32 offset = bits & IPV4_FRAGMENT_OFFSET;

	if (!(bits & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)))
		return;
	packet->fragment = offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	packet->fragment_offset = offset;
	packet->fragment_protocol = ip->protocol;
	packet->identification = network32(network16(ip->identification));
}

/* The header at an offset of the frame, of the packet or a quoted one. NULL: there is none. */
static __always_inline const struct ipv4_header *
parse_ipv4_header(struct __sk_buff *skb, struct packet *packet, const __u32 offset, __be32 *source,
		  __be32 *destination)
{
	const struct ipv4_header *ip = packet_header(skb, packet, offset, sizeof(*ip));

	if (!ip || ip->version_length >> 4 != 4 || (ip->version_length & 0xf) < sizeof(*ip) / 4)
		return NULL;
	packet->protocol = ip->protocol;
	packet->l4_offset = offset + (ip->version_length & 0xf) * 4;
	address_copy(source, ip->source, FAMILY_IPV4);
	address_copy(destination, ip->destination, FAMILY_IPV4);
	parse_ipv4_fragment(packet, ip);
	return ip;
}

/* 0: go on. Fills source and destination. */
static __always_inline enum reason parse_ipv4(struct context *context, __be32 *source,
					      __be32 *destination)
{
	struct packet *packet = context->packet;
	const struct ipv4_header *ip =
		parse_ipv4_header(context->skb, packet, ETHERNET_LENGTH, source, destination);
	__u32 end;

	if (!ip)
		return REASON_INVALID_HEADER;
	end = ETHERNET_LENGTH + network16(ip->total_length);
	if (end < packet->l4_offset || end > packet->end)
		return REASON_INVALID_HEADER;
	packet->end = end;
	return 0;
}

#endif
