/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses and ports of a packet, changed so that its checksums stay as right or wrong as they
 * were (PKT-8). Where they are all there is, they are changed right here. Where the kernel keeps a
 * sum of its own, the L4 checksum is half finished, or nobody can tell: by the kernel's helper, which
 * knows all of that, and by bpf_csum_update for what that helper assumes to balance but does not.
 */
#ifndef TWINPATH_REWRITE_H
#define TWINPATH_REWRITE_H

#include "platform.h"

#include "checksum.h"
#include "context.h"

enum packet_end {
	END_SOURCE,
	END_DESTINATION,
};

/* What to put in, and what it replaces. */
struct replacement {
	enum packet_end end;
	const __be32 *old_address;
	const __be32 *address;
	__be16 old_port;
	__be16 port;
};

/*
 * Parsing has made every byte that is written here linear: what is not, only the verifier fears, and
 * nothing is written then.
 */
static __always_inline void write_ipv4_address(struct __sk_buff *skb,
					       const struct replacement *replacement,
					       const __u32 change)
{
	struct ipv4_header *ip = packet_linear_bytes(skb, ETHERNET_LENGTH, sizeof(*ip));

	if (!ip)
		return;
	address_copy(replacement->end == END_SOURCE ? ip->source : ip->destination,
		     replacement->address, FAMILY_IPV4);
	ip->checksum = checksum_update(ip->checksum, change);
}

static __always_inline bool sums_are_in_headers(struct __sk_buff *skb)
{
	return packet_sum(skb) <= PACKET_SUM_UNNECESSARY;
}

static __always_inline void update_packet_sum(struct __sk_buff *skb, const __u32 change)
{
	if (!sums_are_in_headers(skb))
		bpf_csum_update(skb, checksum_fold(change));
}

/*
 * No header checksum balances an IPv6 address, as the kernel takes it to when the L4 checksum
 * follows: the packet's own sum has to be told.
 */
static __always_inline void write_ipv6_address(struct __sk_buff *skb,
					       const struct replacement *replacement,
					       const __u32 change)
{
	struct ipv6_header *ip = packet_linear_bytes(skb, ETHERNET_LENGTH, sizeof(*ip));

	if (!ip)
		return;
	address_copy(replacement->end == END_SOURCE ? ip->source : ip->destination,
		     replacement->address, FAMILY_IPV6);
	update_packet_sum(skb, change);
}

static __always_inline void write_address(struct __sk_buff *skb,
					  const struct replacement *replacement,
					  const __u32 change, const enum family family)
{
	if (family == FAMILY_IPV4)
		write_ipv4_address(skb, replacement, change);
	else
		write_ipv6_address(skb, replacement, change);
}

static __always_inline void port_set(struct port_header *ports,
				     const struct replacement *replacement)
{
	if (replacement->end == END_SOURCE)
		ports->source = replacement->port;
	else
		ports->destination = replacement->port;
}

static __always_inline void write_port(struct context *context,
				       const struct replacement *replacement)
{
	struct port_header *ports = packet_l4(context, sizeof(*ports));

	if (ports)
		port_set(ports, replacement);
}

/* A UDP sender that leaves the checksum out (PKT-8, PKT-8a). */
static __always_inline bool has_no_checksum(const struct context *context)
{
	const struct udp_header *udp;

	if (context->packet->protocol != PROTOCOL_UDP)
		return false;
	udp = packet_l4(context, sizeof(*udp));
	return udp && !udp->checksum;
}

static __always_inline void write_l4_checksum(struct context *context, const __u32 offset,
					      const __u32 change)
{
	__u16 *checksum = packet_linear_bytes(context->skb, offset, sizeof(*checksum));
	__u16 updated;

	if (!checksum)
		return;
	updated = checksum_update(*checksum, change);
	if (context->packet->protocol == PROTOCOL_UDP && !updated)
		updated = 0xffff;
	*checksum = updated;
}

/* A port that changes under no checksum changes the packet's own sum. False: the kernel refused. */
static __always_inline bool update_l4_checksum(struct context *context,
					       const __u32 address_sum, const __u32 port_sum)
{
	const bool tcp = context->packet->protocol == PROTOCOL_TCP;
	const __u32 offset =
		context->packet->l4_offset + (tcp ? offsetof(struct tcp_header, checksum)
						 : offsetof(struct udp_header, checksum));
	const __u64 flags = tcp ? 0 : BPF_F_MARK_MANGLED_0;

	if (has_no_checksum(context)) {
		update_packet_sum(context->skb, port_sum);
		return true;
	}
	if (sums_are_in_headers(context->skb)) {
		write_l4_checksum(context, offset, checksum_fold(address_sum) + port_sum);
		return true;
	}
	if (bpf_l4_csum_replace(context->skb, offset, 0, address_sum, BPF_F_PSEUDO_HDR | flags))
		return false;
	return !port_sum || !bpf_l4_csum_replace(context->skb, offset, 0, port_sum, flags);
}

/* False: the kernel refused (PKT-10). A later fragment has neither ports nor an L4 checksum (FRAG-1). */
static __always_inline bool rewrite_end(struct context *context,
					const struct replacement *replacement,
					const enum family family)
{
	const __u8 protocol = context->packet->protocol;
	const bool new_port = replacement->port != replacement->old_port;
	const __u32 address_sum =
		address_change(replacement->old_address, replacement->address, family);
	const __u32 port_sum =
		new_port ? word16_change(replacement->old_port, replacement->port) : 0;

	write_address(context->skb, replacement, address_sum, family);
	if (context->packet->fragment == FRAGMENT_LATER || !protocol_has_ports(protocol))
		return true;
	if (new_port)
		write_port(context, replacement);
	if (protocol == PROTOCOL_SCTP)
		return true;
	return update_l4_checksum(context, address_sum, port_sum);
}

#endif
