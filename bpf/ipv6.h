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
	const __u32 offset = bits & IPV6_FRAGMENT_OFFSET;

	if (!offset && !(bits & IPV6_MORE_FRAGMENTS))
		return;
	packet->fragment = offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	packet->fragment_offset = offset;
	packet->fragment_protocol = header->next_header;
	packet->identification = header->identification;
}

/* One extension header: 0 and on to the next one, or invalid. */
static __always_inline enum reason walk_extension_header(struct __sk_buff *skb,
							 struct packet *packet)
{
	const struct ipv6_extension *header;
	__u32 length;

	/* None is shorter than this. */
	if (packet->l4_offset + sizeof(*header) > packet->end)
		return REASON_INVALID_EXTENSION_HEADER;
	header = packet_bytes(skb, packet->l4_offset & L4_OFFSET_MASK, sizeof(*header));
	if (!header)
		return REASON_INVALID_EXTENSION_HEADER;
	if (packet->protocol == PROTOCOL_FRAGMENT)
		parse_ipv6_fragment(packet, (const struct ipv6_fragment *)header);
	length = extension_header_length(packet->protocol, header);
	packet->l4_offset += length;
	packet->protocol = header->next_header;
	return packet->l4_offset > packet->end ? REASON_INVALID_EXTENSION_HEADER : 0;
}

static __always_inline enum reason walk_extension_headers(struct __sk_buff *skb,
							  struct packet *packet)
{
	int walked;

	for (walked = 0; walked < EXTENSION_HEADERS_LIMIT; walked++) {
		if (!is_extension_header(packet->protocol))
			return 0;
		if (walk_extension_header(skb, packet))
			return REASON_INVALID_EXTENSION_HEADER;
		if (packet->fragment == FRAGMENT_LATER)
			return 0;
	}
	return is_extension_header(packet->protocol) ? REASON_INVALID_EXTENSION_HEADER : 0;
}

/* 0: go on. Fills source and destination. */
static __always_inline enum reason parse_ipv6(struct context *context, __be32 *source,
					      __be32 *destination)
{
	struct packet *packet = context->packet;
	const struct ipv6_header *ip =
		packet_bytes(context->skb, ETHERNET_LENGTH, sizeof(*ip));

	if (!ip || ip->version >> 4 != 6)
		return REASON_INVALID_HEADER;
	packet->l4_offset = ETHERNET_LENGTH + sizeof(*ip);
	packet->end = packet->l4_offset + network16(ip->payload_length);
	if (packet->end > packet->length)
		return REASON_INVALID_HEADER;
	packet->protocol = ip->next_header;
	address_copy(source, ip->source, FAMILY_IPV6);
	address_copy(destination, ip->destination, FAMILY_IPV6);
	return walk_extension_headers(context->skb, packet);
}

#endif
