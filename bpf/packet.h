/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What parsing finds out about a packet, and how its bytes are reached. */
#ifndef TWINPATH_PACKET_H
#define TWINPATH_PACKET_H

#include "platform.h"

#include "byte_order.h"
#include "family.h"
#include "header.h"
#include "verifier.h"

/*
 * Where a header can begin at most: behind 40 bytes and six extension headers of 2048, and as far
 * again for one that an ICMP error quotes. The mask tells the verifier, who forgets bounds in
 * memory.
 */
#define OFFSET_MASK 0x7fffU

enum fragment_kind {
	FRAGMENT_NONE,		/* a whole packet */
	FRAGMENT_FIRST,
	FRAGMENT_LATER,
};

struct packet {
	__u32 length;			/* of the whole frame */
	__u32 end;			/* of the IP packet in the frame; padding behind it */
	__u32 l4_offset;		/* in the frame */
	__be32 identification;		/* fragments only, as the next three */
	__u32 fragment_offset;		/* in units (FRAGMENT_UNIT) */
	__u8 fragment_protocol;		/* FRAG-1a */
	__u8 fragment;			/* enum fragment_kind */
	__u8 protocol;
	__u8 tcp_flags;
	__be16 source_port;		/* as the packet has it; ICMP: the identifier */
	__be16 destination_port;	/* ICMP: type * 256 + code */
};

/*
 * The kernel takes a pointer into the packet for what it is only when it is loaded as a word and
 * used as one; the compiler likes to load it early and widen it late.
 */
static __always_inline void *packet_data(const struct __sk_buff *skb)
{
	void *data;

	asm volatile("%0 = *(u32 *)(%1 + %2)"
		     : "=r"(data)
		     : "r"(skb), "i"(offsetof(struct __sk_buff, data)));
	return data;
}

static __always_inline void *packet_data_end(const struct __sk_buff *skb)
{
	void *end;

	asm volatile("%0 = *(u32 *)(%1 + %2)"
		     : "=r"(end)
		     : "r"(skb), "i"(offsetof(struct __sk_buff, data_end)));
	return end;
}

/*
 * Bytes of the frame that are linear; NULL if they are not. The pointer that is tested has to be
 * the one that is used, so the compiler must not compute it twice.
 */
static __always_inline void *packet_linear_bytes(const struct __sk_buff *skb, const __u32 offset,
						 const __u32 length)
{
	void *bytes = packet_data(skb) + (offset & OFFSET_MASK);

	opaque(bytes);
	return bytes + length <= packet_data_end(skb) ? bytes : NULL;
}

/*
 * The same, made linear where they are not, which moves the packet: pointers got before are
 * invalid afterwards. NULL if the frame is shorter.
 */
static __always_inline void *packet_bytes(struct __sk_buff *skb, const __u32 offset,
					  const __u32 length)
{
	void *bytes = packet_linear_bytes(skb, offset, length);

	if (bytes || bpf_skb_pull_data(skb, offset + length))
		return bytes;
	return packet_linear_bytes(skb, offset, length);
}

/* A header, made linear. NULL: the packet ends before it does. */
static __always_inline void *packet_header(struct __sk_buff *skb, const struct packet *packet,
					   const __u32 offset, const __u32 length)
{
	return offset + length <= packet->end ? packet_bytes(skb, offset, length) : NULL;
}

static __always_inline bool packet_is_icmp(const struct packet *packet, const enum family family)
{
	return packet->protocol ==
	       (family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);
}

/* CT-9. Of a message whose type and code stand in the destination port's place. */
static __always_inline bool packet_is_icmp_error(const struct packet *packet,
						 const enum family family)
{
	const __u8 type = network16(packet->destination_port) >> 8;

	if (!packet_is_icmp(packet, family))
		return false;
	if (family == FAMILY_IPV4)
		return type == ICMP_TYPE_UNREACHABLE || type == ICMP_TYPE_TIME_EXCEEDED ||
		       type == ICMP_TYPE_PARAMETER_PROBLEM;
	return type >= ICMPV6_TYPE_UNREACHABLE && type <= ICMPV6_TYPE_PARAMETER_PROBLEM;
}

static __always_inline bool packet_is_tcp(const struct packet *packet)
{
	return packet->protocol == PROTOCOL_TCP;
}

/* Protocols that begin with two ports, which is what a frontend can have (PKT-4). */
static __always_inline bool protocol_has_ports(const __u8 protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP;
}

static __always_inline bool packet_is_initial_syn(const struct packet *packet)
{
	return packet_is_tcp(packet) && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline bool packet_is_reset(const struct packet *packet)
{
	return packet_is_tcp(packet) && packet->tcp_flags & TCP_RST;
}

#endif
