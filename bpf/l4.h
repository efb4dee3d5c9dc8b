/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP, UDP, SCTP and ICMP headers: ports and flags (PKT-4 to PKT-6, CT-8). */
#ifndef TWINPATH_L4_H
#define TWINPATH_L4_H

#include "platform.h"

#include "context.h"

/* One bit for each combination of flags that PKT-6 allows. */
#define TCP_FLAGS_VALID                                                                            \
	(1ULL << TCP_SYN | 1ULL << (TCP_SYN | TCP_URG) | 1ULL << (TCP_SYN | TCP_ACK) |             \
	 1ULL << TCP_RST | 1ULL << (TCP_RST | TCP_ACK) | 1ULL << (TCP_FIN | TCP_ACK) |             \
	 1ULL << (TCP_FIN | TCP_ACK | TCP_URG) | 1ULL << TCP_ACK | 1ULL << (TCP_ACK | TCP_URG))
#define TCP_FLAGS_CHECKED (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG)

static __always_inline bool tcp_flags_valid(const __u8 flags)
{
	return TCP_FLAGS_VALID >> (flags & TCP_FLAGS_CHECKED) & 1;
}

static __always_inline bool l4_fits(const struct packet *packet, const __u32 length)
{
	return packet->l4_offset + length <= packet->end;
}

/* A first fragment that ends inside its L4 header is an attack rather than an accident (FRAG-3). */
static __always_inline enum reason l4_too_short(const struct packet *packet)
{
	return packet->fragment == FRAGMENT_FIRST ? REASON_INVALID_FRAGMENT
						  : REASON_INVALID_L4_HEADER;
}

static __always_inline void *l4_header(struct __sk_buff *skb, const struct packet *packet,
				       const __u32 length)
{
	return packet_header(skb, packet, packet->l4_offset, length);
}

static __always_inline enum reason parse_tcp(struct context *context)
{
	struct packet *packet = context->packet;
	const struct tcp_header *tcp = l4_header(context->skb, packet, sizeof(*tcp));
	__u32 words;

	if (!tcp)
		return l4_too_short(packet);
	packet->tcp_flags = tcp->flags;
	packet->source_port = tcp->port.source;
	packet->destination_port = tcp->port.destination;
	words = tcp->data_offset >> 4;
	if (words < sizeof(*tcp) / 4)
		return REASON_INVALID_L4_HEADER;
	if (!l4_fits(packet, words * 4))
		return l4_too_short(packet);
	return tcp_flags_valid(tcp->flags) ? 0 : REASON_INVALID_TCP_FLAGS;
}

/* UDP and SCTP. */
static __always_inline enum reason parse_ports(struct context *context, const __u32 length)
{
	struct packet *packet = context->packet;
	const struct port_header *ports = l4_header(context->skb, packet, length);

	if (!ports)
		return l4_too_short(packet);
	packet->source_port = ports->source;
	packet->destination_port = ports->destination;
	return 0;
}

static __always_inline bool icmp_has_identifier(const __u8 type, const enum family family)
{
	if (family == FAMILY_IPV4)
		return type == ICMP_TYPE_ECHO_REQUEST || type == ICMP_TYPE_ECHO_REPLY;
	return type == ICMPV6_TYPE_ECHO_REQUEST || type == ICMPV6_TYPE_ECHO_REPLY;
}

static __always_inline void icmp_ports_set(struct packet *packet, const struct icmp_header *icmp,
					   const enum family family)
{
	packet->source_port = icmp_has_identifier(icmp->type, family) ? icmp->identifier : 0;
	packet->destination_port = network16(icmp->type << 8 | icmp->code);
}

static __always_inline bool is_neighbour_discovery(const __u8 type, const enum family family)
{
	return family == FAMILY_IPV6 && type >= ICMPV6_TYPE_NEIGHBOUR_FIRST &&
	       type <= ICMPV6_TYPE_NEIGHBOUR_LAST;
}

static __always_inline enum reason parse_icmp(struct context *context, const enum family family)
{
	struct packet *packet = context->packet;
	const struct icmp_header *icmp = l4_header(context->skb, packet, sizeof(*icmp));

	if (!icmp)
		return l4_too_short(packet);
	icmp_ports_set(packet, icmp, family);
	return is_neighbour_discovery(icmp->type, family) ? REASON_UNTRACKED : 0;
}

/*
 * A later fragment has no L4 header, and must not lie over the first one's (FRAG-3). TCP's ends in
 * the midst of a unit, so that the unit in which it ends is the last one that is refused.
 */
static __always_inline enum reason check_later_fragment(const struct packet *packet)
{
	if (packet_is_tcp(packet) &&
	    packet->fragment_offset <= sizeof(struct tcp_header) / FRAGMENT_UNIT)
		return REASON_INVALID_FRAGMENT;
	return 0;
}

/* 0: go on. */
static __always_inline enum reason parse_l4(struct context *context, const enum family family)
{
	struct packet *packet = context->packet;

	if (packet->fragment == FRAGMENT_LATER)
		return check_later_fragment(packet);
	if (packet->protocol == PROTOCOL_TCP)
		return parse_tcp(context);
	if (packet->protocol == PROTOCOL_UDP)
		return parse_ports(context, sizeof(struct udp_header));
	if (packet->protocol == PROTOCOL_SCTP)
		return parse_ports(context, sizeof(struct sctp_header));
	if (packet_is_icmp(packet, family))
		return parse_icmp(context, family);
	return 0;
}

/*
 * The key of a packet at this endpoint, but for its peer's address. ICMP has no two ends: the
 * identifier stands for the endpoint's port, type and code for the peer's, whoever sent it (CT-8).
 * What the endpoint opened is looked up first; whoever looks for something else says so.
 */
static __always_inline void flow_key_set(struct context *context, struct flow_key *key,
					 const struct packet *packet, const bool sent_by_endpoint,
					 const enum family family)
{
	const bool as_sent = sent_by_endpoint || packet_is_icmp(packet, family);
	const struct flow_tuple tuple = {
		.endpoint_port = as_sent ? packet->source_port : packet->destination_port,
		.peer_port = as_sent ? packet->destination_port : packet->source_port,
		.protocol = packet->protocol,
		.opener = OPENER_ENDPOINT,
		.endpoint_number = family == FAMILY_IPV6 ? context->pod->ipv6_number : 0,
	};

	flow_key_set_tuple(key, tuple);
	flow_key_set_endpoint(key, context->endpoint_address, family);
}

#endif
