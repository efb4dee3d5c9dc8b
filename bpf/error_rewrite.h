/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One end of an ICMP error changed: in the quoted packet, outside of it, and every checksum on the
 * way (NAT-2c). The ICMP checksum balances all of it, so the kernel's own sums of the packet stay
 * right.
 */
#ifndef TWINPATH_ERROR_REWRITE_H
#define TWINPATH_ERROR_REWRITE_H

#include "platform.h"

#include "checksum.h"
#include "context.h"
#include "quote.h"
#include "rewrite.h"

/* Where an end is: a packet and the error about it go opposite ways. */
static __always_inline enum packet_end opposite_end(const enum packet_end end)
{
	return end == END_SOURCE ? END_DESTINATION : END_SOURCE;
}

/*
 * An address in the IP header at an offset; gives what that adds to a sum over the header. Every byte
 * that is written here has been made linear before: only the verifier does not know.
 */
static __always_inline void write_header_address(struct context *context, const __u32 offset,
						 const struct replacement *replacement,
						 const __u32 change, __u32 *sum,
						 const enum family family)
{
	const bool source = replacement->end == END_SOURCE;
	struct ipv4_header *ipv4;
	struct ipv6_header *ipv6;
	__u16 checksum;

	*sum += checksum_fold(change);
	if (family == FAMILY_IPV6) {
		ipv6 = packet_linear_bytes(context->skb, offset, sizeof(*ipv6));
		if (ipv6)
			address_copy(source ? ipv6->source : ipv6->destination,
				     replacement->address, family);
		return;
	}
	ipv4 = packet_linear_bytes(context->skb, offset, sizeof(*ipv4));
	if (!ipv4)
		return;
	address_copy(source ? ipv4->source : ipv4->destination, replacement->address, family);
	checksum = checksum_update(ipv4->checksum, change);
	*sum += checksum_fold(word16_change(ipv4->checksum, checksum));
	ipv4->checksum = checksum;
}

static __always_inline void write_quoted_port(struct context *context,
					      const struct replacement *replacement, __u32 *sum)
{
	const __u32 offset = context->workspace->quote.l4_offset;
	struct port_header *ports = packet_linear_bytes(context->skb, offset, sizeof(*ports));

	if (!ports)
		return;
	port_set(ports, replacement);
	*sum += word16_change(replacement->old_port, replacement->port);
}

/* Where the quoted L4 checksum is in its header; 0: it has none, or the quote ends before it. */
static __always_inline __u32 quoted_checksum_place(const struct packet *quote)
{
	__u32 place = 0;

	if (quote->protocol == PROTOCOL_TCP)
		place = offsetof(struct tcp_header, checksum);
	else if (quote->protocol == PROTOCOL_UDP)
		place = offsetof(struct udp_header, checksum);
	return l4_fits(quote, place + sizeof(__u16)) ? place : 0;
}

/* It may lie behind what is linear. False: the kernel refused, before anything is written (PKT-10). */
static __always_inline bool quoted_checksum_reach(struct context *context)
{
	const struct packet *quote = &context->workspace->quote;
	const __u32 place = quoted_checksum_place(quote);

	return !place || packet_bytes(context->skb, quote->l4_offset + place, sizeof(__u16));
}

static __always_inline void write_quoted_checksum(struct context *context, const __u32 change,
						  __u32 *sum)
{
	const struct packet *quote = &context->workspace->quote;
	const __u32 place = quoted_checksum_place(quote);
	const bool udp = quote->protocol == PROTOCOL_UDP;
	__u16 *checksum, updated;

	if (!place)
		return;
	checksum = packet_linear_bytes(context->skb, quote->l4_offset + place, sizeof(*checksum));
	if (!checksum || (udp && !*checksum))
		return;
	updated = checksum_update(*checksum, change);
	if (udp && !updated)
		updated = 0xffff;
	*sum += word16_change(*checksum, updated);
	*checksum = updated;
}

static __always_inline void write_icmp_checksum(struct context *context, const __u32 sum)
{
	struct icmp_header *icmp = packet_l4(context, sizeof(*icmp));

	if (icmp)
		icmp->checksum = checksum_update(icmp->checksum, sum);
}

/* One end of the quote. `sum` collects what that means for the ICMP checksum. */
static __always_inline void rewrite_quoted_end(struct context *context,
					       const struct replacement *replacement, __u32 *sum,
					       const enum family family)
{
	const __u32 change =
		address_change(replacement->old_address, replacement->address, family);
	__u32 l4_change = checksum_fold(change);

	if (replacement->port != replacement->old_port)
		l4_change += word16_change(replacement->old_port, replacement->port);
	write_header_address(context, quote_offset(context), replacement, change, sum, family);
	write_quoted_port(context, replacement, sum);
	write_quoted_checksum(context, l4_change, sum);
}

/* ICMPv6 has the addresses in its own checksum, ICMP has not. */
static __always_inline void rewrite_outer_end(struct context *context,
					      const struct replacement *replacement, __u32 *sum,
					      const enum family family)
{
	const __u32 change =
		address_change(replacement->old_address, replacement->address, family);
	__u32 header_sum = 0;

	write_header_address(context, ETHERNET_LENGTH, replacement, change, &header_sum, family);
	if (family == FAMILY_IPV6)
		*sum += header_sum;
}

/*
 * `replacement` names the end as the quote has it. `outer_address` is what the error itself has at
 * the opposite end and gives up for the same address; NULL where it keeps it.
 */
static __always_inline void error_rewrite_end(struct context *context,
					      const struct replacement *replacement,
					      const __be32 *outer_address,
					      const enum family family)
{
	const struct replacement outer = {
		.end = opposite_end(replacement->end),
		.old_address = outer_address,
		.address = replacement->address,
	};
	__u32 sum = 0;

	rewrite_quoted_end(context, replacement, &sum, family);
	if (outer_address)
		rewrite_outer_end(context, &outer, &sum, family);
	write_icmp_checksum(context, sum);
}

#endif
