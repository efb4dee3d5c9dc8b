/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet that an ICMP error quotes: where it is and what its tuple was (CT-9). */
#ifndef TWINPATH_QUOTE_H
#define TWINPATH_QUOTE_H

#include "platform.h"

#include "context.h"
#include "ipv4.h"
#include "ipv6.h"
#include "l4.h"

/* Bytes behind the quoted IP header that an error has to bring. */
#define QUOTED_L4_LENGTH 8

static __always_inline __u32 quote_offset(const struct context *context)
{
	return context->packet->l4_offset + sizeof(struct icmp_header);
}

/* The addresses as the quoted packet had them. False: no IP header, or not all of its extensions. */
static __always_inline bool quote_parse_l3(struct context *context, __be32 *source,
					   __be32 *destination, const enum family family)
{
	struct packet *quote = &context->workspace->quote;
	const __u32 offset = quote_offset(context);

	if (family == FAMILY_IPV4)
		return parse_ipv4_header(context->skb, quote, offset, source, destination);
	return parse_ipv6_header(context->skb, quote, offset, source, destination) &&
	       !walk_extension_headers(context->skb, quote);
}

/* What it carried, as far as that tells its flow. False: too short, or an ICMP error itself. */
static __always_inline bool quote_parse_l4(struct context *context, const enum family family)
{
	struct packet *quote = &context->workspace->quote;
	const struct icmp_header *header = l4_header(context->skb, quote, QUOTED_L4_LENGTH);

	if (!header)
		return false;
	if (packet_is_icmp(quote, family)) {
		icmp_ports_set(quote, header, family);
		return !packet_is_icmp_error(quote, family);
	}
	if (protocol_has_ports(quote->protocol)) {
		quote->source_port = ((const struct port_header *)header)->source;
		quote->destination_port = ((const struct port_header *)header)->destination;
	}
	return true;
}

/* False: the quote belongs to no flow (CT-9, CT-9a, CT-9b). */
static __always_inline bool quote_parse(struct context *context, const enum hook hook,
					const enum family family)
{
	struct packet *quote = &context->workspace->quote;
	struct flow_key *tuple = &context->workspace->quote_tuple;
	__be32 *endpoint = context->workspace->quoted_endpoint_address;
	__be32 *peer = peer_address(tuple, family);
	__be32 *source = hook == HOOK_TO_CONTAINER ? endpoint : peer;
	__be32 *destination = hook == HOOK_TO_CONTAINER ? peer : endpoint;

	*quote = (struct packet){ .end = context->packet->end };
	if (!quote_parse_l3(context, source, destination, family) ||
	    quote->fragment == FRAGMENT_LATER || !quote_parse_l4(context, family))
		return false;
	/* It went the other way than the error at this hook (CT-9a). */
	flow_key_set(context, tuple, quote, hook == HOOK_TO_CONTAINER, family);
	return address_equal(endpoint, context->endpoint_address, family);
}

#endif
