/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP errors about load-balanced flows: to whom they look like what (NAT-2). */
#ifndef TWINPATH_ERROR_TRANSLATION_H
#define TWINPATH_ERROR_TRANSLATION_H

#include "platform.h"

#include "context.h"
#include "error_rewrite.h"
#include "flow.h"
#include "redirect.h"

/* The peer's end of the quoted packet, which at this hook went the opposite way. */
static __always_inline enum packet_end quoted_peer_end(const enum hook hook)
{
	return hook == HOOK_FROM_CONTAINER ? END_SOURCE : END_DESTINATION;
}

/*
 * Service for backend on the way in, backend for service on the way out (NAT-2a, NAT-2b). The error
 * itself changes its address only where it is the one that the quote loses: a router's stays.
 */
static __always_inline void error_translate_peer(struct context *context, const enum hook hook,
						 const __be32 *address, const __be16 port,
						 const enum family family)
{
	struct flow_key *quoted = &context->workspace->quote_tuple;
	const __be32 *outer = peer_address(context->tuple, family);
	const struct replacement replacement = {
		.end = quoted_peer_end(hook),
		.old_address = peer_address(quoted, family),
		.address = address,
		.old_port = quoted->tuple.peer_port,
		.port = port,
	};

	hit(context, CLAUSE_NAT_2);
	if (address_equal(outer, replacement.old_address, family))
		error_rewrite_end(context, &replacement, outer, family);
	else
		error_rewrite_end(context, &replacement, NULL, family);
}

/*
 * Both ends (NAT-2d). What the server's end says about the client's packet, which it had from the
 * loopback address, goes to the client, who had sent it to the service; and the other way round.
 */
static __always_inline void error_translate_hairpin(struct context *context,
						    const enum family family)
{
	struct flow_key *quoted = &context->workspace->quote_tuple;
	struct flow_key *flow_key = context->flow_key;
	const bool to_server = context->connection->translated;
	struct entry *flow = context->flow;
	const struct replacement peer = {
		.end = END_SOURCE,
		.old_address = peer_address(quoted, family),
		.address = context->endpoint_address,
		.old_port = quoted->tuple.peer_port,
		.port = to_server ? flow_key->tuple.endpoint_port : quoted->tuple.peer_port,
	};
	const struct replacement endpoint = {
		.end = END_DESTINATION,
		.old_address = context->endpoint_address,
		.address = to_server ? peer_address(flow_key, family) : service_address(flow),
		.old_port = quoted->tuple.endpoint_port,
		.port = to_server ? quoted->tuple.endpoint_port : flow->service_port,
	};

	hit(context, CLAUSE_NAT_2);
	swap_ethernet_addresses(context->skb);
	error_rewrite_end(context, &peer, peer_address(context->tuple, family), family);
	error_rewrite_end(context, &endpoint, context->endpoint_address, family);
}

static __always_inline void error_translate_leaving(struct context *context,
						    const enum family family)
{
	if (context->connection->hairpin)
		error_translate_hairpin(context, family);
	else if (context->connection->translated)
		error_translate_peer(context, HOOK_FROM_CONTAINER,
				     peer_address(context->flow_key, family),
				     context->flow_key->tuple.peer_port, family);
}

/* What becomes of a related error. */
static __always_inline enum reason error_translate(struct context *context, const enum hook hook,
						   const enum family family)
{
	struct entry *flow = context->flow;

	/* A related packet has a flow, which only the verifier does not know. */
	if (!flow)
		return REASON_RELATED;
	if (flow_lacks_service(flow, context->connection->translated, family))
		return REASON_NO_TRANSLATION_DATA;
	if (context->connection->unchanged)
		return REASON_RELATED;
	if (!quoted_checksum_reach(context))
		return REASON_REWRITE_FAILED;
	if (hook == HOOK_FROM_CONTAINER)
		error_translate_leaving(context, family);
	else if (flow->flags & ENTRY_LOAD_BALANCED &&
		 !flow_has_frontend(flow, &context->workspace->quote_tuple, family))
		error_translate_peer(context, hook, service_address(flow), flow->service_port,
				     family);
	return REASON_RELATED;
}

#endif
