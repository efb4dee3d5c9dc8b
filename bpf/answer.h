/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The answer to a packet that is rejected: an RST or a port unreachable (LB-8a to LB-8c). */
#ifndef TWINPATH_ANSWER_H
#define TWINPATH_ANSWER_H

#include "platform.h"

#include "checksum.h"
#include "context.h"
#include "packet.h"

#define ANSWER_TTL 64

#define ICMPV4_QUOTED_PAYLOAD 8U
#define ICMPV6_MESSAGE_LIMIT (ANSWER_LIMIT - sizeof(struct ipv6_header))
#define ICMPV6_QUOTE_LIMIT (ICMPV6_MESSAGE_LIMIT - sizeof(struct icmp_header))
#define CHECKSUM_PART 512U

/* RFC 792, RFC 4443. */
#define ICMP_CODE_PORT_UNREACHABLE 3
#define ICMPV6_CODE_PORT_UNREACHABLE 4

static __always_inline __u32 ip_header_length(const enum family family)
{
	return family == FAMILY_IPV4 ? sizeof(struct ipv4_header) : sizeof(struct ipv6_header);
}

/* What the answer carries behind its IP header. */
static __always_inline void *answer_l4(struct context *context, const enum family family)
{
	return context->workspace->answer.bytes + ip_header_length(family);
}

static __always_inline void answer_ipv4_header(struct context *context, const __u8 protocol,
					       const __u32 length)
{
	struct ipv4_header *ip = (struct ipv4_header *)context->workspace->answer.bytes;

	*ip = (struct ipv4_header){
		.version_length = 4 << 4 | sizeof(*ip) / 4,
		.total_length = network16(sizeof(*ip) + length),
		.fragment = network16(IPV4_DONT_FRAGMENT),
		.ttl = ANSWER_TTL,
		.protocol = protocol,
	};
	address_copy(ip->source, peer_address(context->tuple, FAMILY_IPV4), FAMILY_IPV4);
	address_copy(ip->destination, context->endpoint_address, FAMILY_IPV4);
	ip->checksum = ~checksum_fold(bpf_csum_diff(NULL, 0, (__be32 *)ip, sizeof(*ip), 0));
}

static __always_inline void answer_ipv6_header(struct context *context, const __u8 protocol,
					       const __u32 length)
{
	struct ipv6_header *ip = (struct ipv6_header *)context->workspace->answer.bytes;

	*ip = (struct ipv6_header){
		.version = 6 << 4,
		.payload_length = network16(length),
		.next_header = protocol,
		.hop_limit = ANSWER_TTL,
	};
	address_copy(ip->source, peer_address(context->tuple, FAMILY_IPV6), FAMILY_IPV6);
	address_copy(ip->destination, context->endpoint_address, FAMILY_IPV6);
}

static __always_inline void answer_ip_header(struct context *context, const __u8 protocol,
					     const __u32 length, const enum family family)
{
	if (family == FAMILY_IPV4)
		answer_ipv4_header(context, protocol, length);
	else
		answer_ipv6_header(context, protocol, length);
}

/* Sum of the pseudo header that TCP and ICMPv6 have in their checksums (RFC 9293, RFC 8200). */
static __always_inline __u32 pseudo_header_sum(struct context *context, const __u8 protocol,
					       const __u32 length, const enum family family)
{
	const __u32 size = sizeof(__be32) * words_of(family);
	__u32 sum = network16(protocol) + network16(length);

	sum = bpf_csum_diff(NULL, 0, context->endpoint_address, size, sum);
	return bpf_csum_diff(NULL, 0, peer_address(context->tuple, family), size, sum);
}

/*
 * Whether the sender left the checksum for the device to finish (CHECKSUM_PARTIAL): the kernel's
 * helper does not touch such a one. This spoils the packet, of which the answer has to have taken
 * what it needs. The device's sum of it stays right: where answer and packet have the same length
 * the kernel keeps it (PKT-8). False: the kernel refused.
 *
 * No helper ends that state. If the device finishes it after all, it sums what lies behind the old
 * packet's headers and writes the result where that packet had its checksum.
 */
static __always_inline bool checksum_probe(struct context *context, const __u32 place,
					   bool *half_finished)
{
	const __u32 offset = context->packet->l4_offset + place;
	struct __sk_buff *skb = context->skb;
	__u16 before, after;

	if (bpf_skb_load_bytes(skb, offset, &before, sizeof(before)) ||
	    bpf_l4_csum_replace(skb, offset, 0, 1, 0) ||
	    bpf_skb_load_bytes(skb, offset, &after, sizeof(after)))
		return false;
	bpf_csum_update(skb, word16_change(before, after));
	*half_finished = before == after;
	return true;
}

/* What a segment without ACK takes of the sequence space: it is a SYN (PKT-6), which takes one. */
static __always_inline __u32 segment_length(const struct packet *packet,
					    const struct tcp_header *tcp)
{
	const __u32 header = (tcp->data_offset >> 4) * 4;

	return packet->end - packet->l4_offset - header + 1;
}

/* LB-8a. The answer's length; 0: the kernel refused. */
static __always_inline __u32 answer_with_reset(struct context *context, const enum family family)
{
	struct tcp_header *reset = answer_l4(context, family);
	bool half_finished;
	struct tcp_header tcp;
	__u32 sum;

	if (bpf_skb_load_bytes(context->skb, context->packet->l4_offset, &tcp, sizeof(tcp)) ||
	    !checksum_probe(context, offsetof(struct tcp_header, checksum), &half_finished))
		return 0;
	*reset = (struct tcp_header){
		.port.source = tcp.port.destination,
		.port.destination = tcp.port.source,
		.data_offset = sizeof(*reset) / 4 << 4,
		.flags = TCP_RST,
	};
	if (tcp.flags & TCP_ACK) {
		reset->sequence = tcp.acknowledgment;
	} else {
		reset->acknowledgment = network32(network32(tcp.sequence) +
						  segment_length(context->packet, &tcp));
		reset->flags = TCP_RST | TCP_ACK;
	}
	sum = pseudo_header_sum(context, PROTOCOL_TCP, sizeof(*reset), family);
	reset->checksum = checksum_fold(sum);
	if (!half_finished)
		reset->checksum = ~checksum_fold(
			bpf_csum_diff(NULL, 0, (__be32 *)reset, sizeof(*reset), 0));
	answer_ip_header(context, PROTOCOL_TCP, sizeof(*reset), family);
	return ip_header_length(family) + sizeof(*reset);
}

/* How much of the packet an ICMP answer quotes (LB-8b). */
static __always_inline __u32 quote_length(const struct packet *packet, const enum family family)
{
	const __u32 whole = packet->end - ETHERNET_LENGTH;
	const __u32 limit = family == FAMILY_IPV4 ?
				    packet->l4_offset - ETHERNET_LENGTH + ICMPV4_QUOTED_PAYLOAD :
				    ICMPV6_QUOTE_LIMIT;

	return whole < limit ? whole : limit;
}

/* Sum over the ICMP message and zeros up to a whole word; older kernels sum 512 bytes at once. */
static __always_inline __u32 icmp_sum(const __u8 *message, const __u32 length, __u32 sum)
{
	__u64 left = (length + 3) & ANSWER_LENGTH_MASK & ~3U, size;
	__u32 begin;

	for (begin = 0; begin < ICMPV6_MESSAGE_LIMIT; begin += CHECKSUM_PART) {
		size = left < CHECKSUM_PART ? left : CHECKSUM_PART;
		opaque(size);
		sum = bpf_csum_diff(NULL, 0, (__be32 *)(message + begin), size, sum);
		left -= size;
	}
	return sum;
}

/* The packet behind the ICMP header, and zeros up to a whole word. False: the kernel refused. */
static __always_inline bool answer_quote(struct context *context, __u8 *quote, const __u32 length)
{
	const __u64 size = positive_length(length, ANSWER_LENGTH_MASK);

	quote[size] = 0;
	quote[size + 1] = 0;
	quote[size + 2] = 0;
	return !bpf_skb_load_bytes(context->skb, ETHERNET_LENGTH, quote, size);
}

/* LB-8b. The answer's length; 0: the kernel refused. */
static __always_inline __u32 answer_with_unreachable(struct context *context,
						     const enum family family)
{
	const bool wide = family == FAMILY_IPV6;
	const __u8 protocol = wide ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
	const __u32 quoted = quote_length(context->packet, family);
	struct icmp_header *icmp = answer_l4(context, family);
	const __u32 length = sizeof(*icmp) + quoted;
	bool half_finished;
	__u32 sum = 0;

	*icmp = (struct icmp_header){
		.type = wide ? ICMPV6_TYPE_UNREACHABLE : ICMP_TYPE_UNREACHABLE,
		.code = wide ? ICMPV6_CODE_PORT_UNREACHABLE : ICMP_CODE_PORT_UNREACHABLE,
	};
	if (!answer_quote(context, (__u8 *)(icmp + 1), quoted))
		return 0;
	if (wide) {
		if (!checksum_probe(context, offsetof(struct udp_header, checksum), &half_finished))
			return 0;
		sum = pseudo_header_sum(context, protocol, length, family);
		/* In the unused word: what the device would make of it: nothing changes then. */
		if (half_finished)
			icmp->sequence = checksum_fold(sum);
	}
	icmp->checksum = ~checksum_fold(icmp_sum((__u8 *)icmp, length, sum));
	answer_ip_header(context, protocol, length, family);
	return ip_header_length(family) + length;
}

#endif
