/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps 5 and 6 for what leaves a pod and is new: service, backend, tuple clashes (LB, NAT-4). */
#ifndef TWINPATH_LOAD_BALANCER_H
#define TWINPATH_LOAD_BALANCER_H

#include "platform.h"

#include "algorithm.h"
#include "conntrack.h"
#include "context.h"
#include "flow.h"
#include "frontend.h"
#include "selection.h"

#define CANDIDATES_LIMIT 16

static __always_inline const struct service *service_find(const struct frontend *frontend,
							  const enum family family)
{
	const struct service_key key = {
		.service = frontend->service,
		.family = family,
		.local_only = frontend->local_only,
	};

	return map_lookup(services, &key);
}

static __always_inline const struct backend *backend_at(const struct service *service,
							const __u32 index, __u32 *slot)
{
	const __u32 place = service->eligible_first + index;
	const __u32 *eligible = map_lookup(eligible_backends, &place);

	if (!eligible)
		return NULL;
	*slot = *eligible;
	return map_lookup(backends, slot);
}

/*
 * Whether the new connection can have this backend; its key is in context->flow_key. A live flow
 * of the same frontend takes the packet in: its selection had been lost (LB-4a).
 */
static __always_inline enum reason candidate_try(struct context *context, const enum family family)
{
	struct flow_key *key = context->flow_key;
	struct entry *flow;

	key->tuple.opener = OPENER_ENDPOINT;
	flow = live_flow(conntrack_lookup(key, family), context->now);
	if (flow) {
		if (!flow_has_frontend(flow, context->tuple, family)) {
			if (flow_is_open(flow))
				return REASON_TUPLE_CLASH;
		} else if (flow_is_open(flow) || !packet_is_initial_syn(context->packet)) {
			belong(context, flow, OPENER_ENDPOINT, HOOK_FROM_CONTAINER);
			return 0;
		}
	}
	key->tuple.opener = OPENER_PEER;
	flow = live_flow(conntrack_lookup(key, family), context->now);
	key->tuple.opener = OPENER_ENDPOINT;
	return flow_is_open(flow) ? REASON_TUPLE_CLASH : 0;
}

static __always_inline enum reason backend_try(struct context *context,
					       const struct backend *backend,
					       const enum family family)
{
	if (context->packet->protocol == PROTOCOL_SCTP &&
	    backend->port != context->tuple->tuple.peer_port)
		return REASON_UNSUPPORTED;
	flow_key_towards(context->flow_key, context->tuple, backend, family);
	return candidate_try(context, family);
}

static __always_inline void backend_take(struct context *context, const struct backend *backend,
					 const __u32 slot)
{
	struct connection *connection = context->connection;

	connection->translated = true;
	connection->selected = context->flow || !packet_is_reset(context->packet);
	connection->service = backend->service;
	connection->backend = backend->identifier;
	connection->backend_slot = slot;
}

/* From the algorithm's choice on in order, until one does not clash (NAT-4, NAT-4a). */
static __always_inline enum reason backend_select(struct context *context,
						  const struct service *service,
						  const __u32 identifier,
						  const enum family family)
{
	const __u32 first = algorithm_choose(context, service, identifier, family);
	const struct backend *backend;
	enum reason reason;
	__u32 attempt, slot;

	if (first >= service->eligible_count)
		return REASON_NO_BACKEND;
	for (attempt = 0; attempt < CANDIDATES_LIMIT; attempt++) {
		backend = backend_at(service, (first + attempt) % service->eligible_count, &slot);
		if (!backend || backend->service != identifier)
			return REASON_NO_BACKEND;
		reason = backend_try(context, backend, family);
		if (!reason)
			backend_take(context, backend, slot);
		if (reason != REASON_TUPLE_CLASH)
			return reason;
	}
	return REASON_TUPLE_CLASH;
}

/* A connection past all services must not look like an open load-balanced one (NAT-4). */
static __always_inline enum reason direct_check(struct context *context)
{
	const struct entry *flow = live_flow(context->own, context->now);

	if (flow_is_open(flow) && flow->flags & ENTRY_LOAD_BALANCED)
		return REASON_TUPLE_CLASH;
	return 0;
}

/* 0: go on. */
static __always_inline enum reason load_balance(struct context *context, const enum family family)
{
	const struct frontend *frontend = frontend_find(context->tuple, family);
	const struct service *service;

	if (!frontend)
		return direct_check(context);
	if (!frontend->service)
		return REASON_NO_SERVICE;
	service = service_find(frontend, family);
	if (!service)
		return REASON_NO_BACKEND;
	return backend_select(context, service, frontend->service, family);
}

#endif
