/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which end of a packet a load-balanced flow changes, and to what (LB-10, NAT-1, NAT-3). */
#ifndef TWINPATH_TRANSLATION_H
#define TWINPATH_TRANSLATION_H

#include "platform.h"

#include "context.h"
#include "rewrite.h"

/*
 * Whether reverse NAT has to put the service in the backend's place. A packet that came by the
 * selection has the service there already.
 */
static __always_inline bool needs_reverse_nat(const struct context *context, const enum hook hook)
{
	const struct connection *connection = context->connection;

	return hook == HOOK_TO_CONTAINER && context->flow && !connection->translated &&
	       context->flow->flags & ENTRY_LOAD_BALANCED;
}

/* Step 6. 0: go on. */
static __always_inline enum reason translation_check(struct context *context, const enum hook hook,
						     const enum family family)
{
	struct entry *flow = context->flow;

	if (!needs_reverse_nat(context, hook))
		return 0;
	if (!flow->service_port || address_is_zero(service_address(flow), family))
		return REASON_NO_TRANSLATION_DATA;
	if (context->packet->protocol == PROTOCOL_SCTP &&
	    flow->service_port != context->tuple->tuple.peer_port)
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

	return rewrite_end(context, &replacement, family);
}

static __always_inline bool translate_to_service(struct context *context, const enum family family)
{
	struct entry *flow = context->flow;
	const struct replacement replacement = {
		.end = END_SOURCE,
		.old_address = peer_address(context->tuple, family),
		.address = service_address(flow),
		.old_port = context->tuple->tuple.peer_port,
		.port = flow->service_port,
	};

	return rewrite_end(context, &replacement, family);
}

/* False: the kernel refused. */
static __always_inline bool translate(struct context *context, const enum hook hook,
				      const enum family family)
{
	if (hook == HOOK_FROM_CONTAINER && context->connection->translated)
		return translate_to_backend(context, family);
	if (needs_reverse_nat(context, hook))
		return translate_to_service(context, family);
	return true;
}

#endif
