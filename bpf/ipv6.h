/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv6 header and its extension headers (PKT-2, PKT-3). */
#ifndef TWINPATH_IPV6_H
#define TWINPATH_IPV6_H

#include "platform.h"

#include "context.h"

#define EXTENSION_HEADERS_LIMIT 6

static __always_inline bool is_extension_header(const __u8 protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	       protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_AUTHENTICATION ||
	       protocol == PROTOCOL_DESTINATION_OPTIONS;
}

/* Bytes (PKT-3a). */
static __always_inline __u32 extension_header_length(const __u8 protocol,
						     const struct ipv6_extension *header)
{
	if (protocol == PROTOCOL_FRAGMENT)
		return sizeof(struct ipv6_fragment);
	if (protocol == PROTOCOL_AUTHENTICATION)
		return (header->length + 2) * 4;
	return (header->length + 1) * 8;
}

/* An atomic fragment is a whole packet (FRAG-3). */
static __always_inline void parse_ipv6_fragment(struct packet *packet,
						const struct ipv6_fragment *header)
{
	const __u16 bits = network16(header->fragment);
	const __u32 offset = (bits & IPV6_FRAGMENT_OFFSET) / FRAGMENT_UNIT;

	if (!(bits & (IPV6_MORE_FRAGMENTS | IPV6_FRAGMENT_OFFSET)))
		return;
	packet->fragment = offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	packet->fragment_offset = offset;
	packet->fragment_protocol = header->next_header;
	packet->identification = header->identification;
}

/* Whether an extension header is next. In a later fragment whatever follows is data. */
static __always_inline bool is_before_extension_header(const struct packet *packet)
{
	return packet->fragment != FRAGMENT_LATER && is_extension_header(packet->protocol);
}

/* None is shorter than this. One that is not there is not walked, and so stays the next one. */
static __always_inline void walk_extension_header(struct __sk_buff *skb, struct packet *packet)
{
	const struct ipv6_extension *header =
		packet_header(skb, packet, packet->l4_offset, sizeof(*header));

	if (!header)
		return;
	if (packet->protocol == PROTOCOL_FRAGMENT)
		parse_ipv6_fragment(packet, (const struct ipv6_fragment *)header);
	packet->l4_offset += extension_header_length(packet->protocol, header);
	packet->protocol = header->next_header;
}

/* 0: all of them are there. */
static __always_inline enum reason walk_extension_headers(struct __sk_buff *skb,
							  struct packet *packet)
{
	int walked;

	for (walked = 0; walked < EXTENSION_HEADERS_LIMIT && is_before_extension_header(packet);
	     walked++)
		walk_extension_header(skb, packet);
	return is_before_extension_header(packet) || packet->l4_offset > packet->end
		       ? REASON_INVALID_EXTENSION_HEADER
		       : 0;
}

/* The header at an offset of the frame, of the packet or a quoted one. NULL: there is none. */
static __always_inline const struct ipv6_header *
parse_ipv6_header(struct __sk_buff *skb, struct packet *packet, const __u32 offset, __be32 *source,
		  __be32 *destination)
{
	const struct ipv6_header *ip = packet_header(skb, packet, offset, sizeof(*ip));

	if (!ip || ip->version >> 4 != 6)
		return NULL;
	packet->protocol = ip->next_header;
	packet->l4_offset = offset + sizeof(*ip);
	address_copy(source, ip->source, FAMILY_IPV6);
	address_copy(destination, ip->destination, FAMILY_IPV6);
	return ip;
}

/* 0: go on. Fills source and destination. */
static __always_inline enum reason parse_ipv6(struct context *context, __be32 *source,
					      __be32 *destination)
{
	struct packet *packet = context->packet;
	const struct ipv6_header *ip =
		parse_ipv6_header(context->skb, packet, ETHERNET_LENGTH, source, destination);
	__u32 end;

	if (!ip)
		return REASON_INVALID_HEADER;
	end = packet->l4_offset + network16(ip->payload_length);
	if (end > packet->end)
		return REASON_INVALID_HEADER;
	packet->end = end;
	return walk_extension_headers(context->skb, packet);
}

#endif
