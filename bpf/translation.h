/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which ends of a packet a load-balanced flow changes, and to what (LB-10, LB-11, NAT-1, NAT-3). */
#ifndef TWINPATH_TRANSLATION_H
#define TWINPATH_TRANSLATION_H

#include "platform.h"

#include "context.h"
#include "flow.h"
#include "hairpin.h"
#include "redirect.h"
#include "rewrite.h"

/*
 * Whether the packet gets the service back from its flow (NAT-1): what enters from a backend, and
 * what a pod answers itself. A packet that was found by a selection has the service already, and so
 * has one from a backend that is its own frontend (LB-14).
 */
static __always_inline bool needs_reverse_nat(struct context *context, const enum hook hook,
					      const enum family family)
{
	const struct connection *connection = context->connection;

	if (!context->flow || connection->translated || connection->unchanged)
		return false;
	if (hook == HOOK_FROM_CONTAINER)
		return connection->hairpin;
	return context->flow->flags & ENTRY_LOAD_BALANCED &&
	       !flow_has_frontend(context->flow, context->tuple, family);
}

/* The port that reverse NAT replaces: the backend's, at its end. */
static __always_inline __be16 backend_port(const struct context *context, const enum hook hook)
{
	const struct flow_tuple *tuple = &context->tuple->tuple;

	return hook == HOOK_FROM_CONTAINER ? tuple->endpoint_port : tuple->peer_port;
}

/* Whether a packet of a known flow gets another port (LB-10), in one direction or the other. */
static __always_inline bool changes_port(struct context *context, const enum hook hook,
					 const enum family family)
{
	const struct connection *connection = context->connection;
	const struct flow_tuple *backend = &context->flow_key->tuple;
	const __be16 service_port = context->flow->service_port;

	if (needs_reverse_nat(context, hook, family))
		return service_port != backend_port(context, hook);
	if (!connection->translated || connection->unchanged)
		return false;
	return service_port != (connection->hairpin ? backend->endpoint_port : backend->peer_port);
}

/* Step 6. 0: go on. */
static __always_inline enum reason translation_check(struct context *context, const enum hook hook,
						     const enum family family)
{
	struct entry *flow = context->flow;

	if (!flow)
		return 0;
	if (flow_lacks_service(flow, context->connection->translated, family))
		return REASON_NO_TRANSLATION_DATA;
	if (context->packet->protocol == PROTOCOL_SCTP && changes_port(context, hook, family))
		return REASON_UNSUPPORTED;
	return 0;
}

static __always_inline bool translate_to_backend(struct context *context, const enum family family)
{
	const struct replacement replacement = {
		.end = END_DESTINATION,
		.old_address = peer_address(context->tuple, family),
		.address = peer_address(context->flow_key, family),
		.old_port = context->tuple->tuple.peer_port,
		.port = context->flow_key->tuple.peer_port,
	};

	hit(context, CLAUSE_LB_10);
	return rewrite_end(context, &replacement, family);
}

static __always_inline bool translate_to_service(struct context *context, const enum hook hook,
						 const enum family family)
{
	struct entry *flow = context->flow;
	const struct replacement replacement = {
		.end = END_SOURCE,
		.old_address = hook == HOOK_FROM_CONTAINER ? context->endpoint_address
							   : peer_address(context->tuple, family),
		.address = service_address(flow),
		.old_port = backend_port(context, hook),
		.port = flow->service_port,
	};

	hit(context, CLAUSE_NAT_1);
	return rewrite_end(context, &replacement, family);
}

/* LB-11: from the client, who appears as the loopback address, to the server in the same pod. */
static __always_inline bool translate_to_own_server(struct context *context,
						    const enum family family)
{
	const struct flow_tuple *tuple = &context->tuple->tuple;
	const struct replacement source = {
		.end = END_SOURCE,
		.old_address = context->endpoint_address,
		.address = peer_address(context->flow_key, family),
		.old_port = tuple->endpoint_port,
		.port = tuple->endpoint_port,
	};
	const struct replacement destination = {
		.end = END_DESTINATION,
		.old_address = peer_address(context->tuple, family),
		.address = context->endpoint_address,
		.old_port = tuple->peer_port,
		.port = context->flow_key->tuple.endpoint_port,
	};

	hit(context, CLAUSE_LB_10);
	return rewrite_end(context, &source, family) &&
	       rewrite_end(context, &destination, family);
}

/* LB-11b: from the server, who appears as the service, to the client in the same pod. */
static __always_inline bool translate_to_own_client(struct context *context,
						    const enum family family)
{
	const struct flow_tuple *tuple = &context->tuple->tuple;
	const struct replacement destination = {
		.end = END_DESTINATION,
		.old_address = peer_address(context->tuple, family),
		.address = context->endpoint_address,
		.old_port = tuple->peer_port,
		.port = tuple->peer_port,
	};

	return translate_to_service(context, HOOK_FROM_CONTAINER, family) &&
	       rewrite_end(context, &destination, family);
}

static __always_inline bool translate_leaving(struct context *context, const enum family family)
{
	const struct connection *connection = context->connection;

	if (!connection->hairpin)
		return !connection->translated || translate_to_backend(context, family);
	swap_ethernet_addresses(context->skb);
	if (connection->translated)
		return translate_to_own_server(context, family);
	/* A hairpin that is not to be opened has a flow, which the verifier does not know. */
	return !context->flow || translate_to_own_client(context, family);
}

/* False: the kernel refused (PKT-10). */
static __always_inline bool translate(struct context *context, const enum hook hook,
				      const enum family family)
{
	const struct connection *connection = context->connection;

	if (connection->unchanged)
		return true;
	if (hook == HOOK_FROM_CONTAINER)
		return translate_leaving(context, family);
	return !needs_reverse_nat(context, hook, family) ||
	       translate_to_service(context, hook, family);
}

#endif
