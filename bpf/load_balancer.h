/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps 5 and 6 for what leaves a pod and is new: service, backend, tuple clashes (LB, NAT-4). */
#ifndef TWINPATH_LOAD_BALANCER_H
#define TWINPATH_LOAD_BALANCER_H

#include "platform.h"

#include "affinity.h"
#include "algorithm.h"
#include "conntrack.h"
#include "context.h"
#include "flow.h"
#include "frontend.h"
#include "hairpin.h"
#include "service.h"

#define CANDIDATES_LIMIT 16

/*
 * Whether the new connection can have the backend that context->flow_key leads to. A live flow of
 * the same frontend takes the packet in: its selection had been lost (LB-4a).
 */
static __always_inline enum reason flow_key_try(struct context *context, const enum family family)
{
	struct flow_key *key = context->flow_key;
	const __u8 opener = key->tuple.opener;
	struct entry *flow;

	flow = live_flow(conntrack_lookup(key, family), context->now);
	if (flow) {
		if (!flow_has_frontend(flow, context->tuple, family)) {
			if (flow_is_open(flow))
				return REASON_TUPLE_CLASH;
		} else if (flow_is_open(flow) || !packet_is_initial_syn(context->packet)) {
			hit(context, CLAUSE_LB_4A);
			belong(context, flow, OPENER_ENDPOINT, HOOK_FROM_CONTAINER);
			return 0;
		}
	}
	flow_key_set_opener(key, other_end(opener));
	flow = live_flow(conntrack_probe(key, other_end(opener), family), context->now);
	flow_key_set_opener(key, opener);
	return flow_is_open(flow) ? REASON_TUPLE_CLASH : 0;
}

/* Whether the backend that context->flow_key leads to is where the packet goes anyway (LB-14). */
static __always_inline bool is_own_frontend(struct context *context, const enum family family)
{
	struct flow_key *key = context->flow_key;

	return !is_hairpin_key(key) &&
	       key->tuple.peer_port == context->tuple->tuple.peer_port &&
	       address_equal(peer_address(key, family), peer_address(context->tuple, family),
			     family);
}

static __always_inline void backend_take(struct context *context, const struct backend *backend,
					 const __u32 slot, const bool affinity,
					 const enum family family)
{
	struct connection *connection = context->connection;

	connection->balanced = true;
	connection->translated = !is_own_frontend(context, family);
	if (is_hairpin_key(context->flow_key)) {
		hit(context, CLAUSE_LB_11);
		connection->hairpin = true;
	}
	connection->selected = connection->translated &&
			       (context->flow || !packet_is_reset(context->packet));
	connection->affinity = affinity;
	connection->service = backend->service;
	connection->backend = backend->identifier;
	connection->backend_slot = slot;
}

/* 0: the connection has this backend now; tuple clash: the next one may do. */
static __always_inline enum reason backend_try(struct context *context,
					       const struct service *service,
					       const struct backend *backend, const __u32 slot,
					       const enum family family)
{
	enum reason reason;

	if (context->packet->protocol == PROTOCOL_SCTP &&
	    backend->port != context->tuple->tuple.peer_port)
		return REASON_UNSUPPORTED;
	flow_key_towards(context, context->flow_key, backend, family);
	reason = flow_key_try(context, family);
	if (reason)
		hit(context, CLAUSE_NAT_4);
	else
		backend_take(context, backend, slot, service->affinity_timeout, family);
	return reason;
}

/* LB-7. Tuple clash, too, where there is no affine backend: the algorithm chooses. */
static __always_inline enum reason affine_backend_try(struct context *context,
						      const struct service *service,
						      const struct frontend *frontend,
						      const enum family family)
{
	const struct affinity *affinity =
		affinity_find(context, frontend->service, service->affinity_timeout, family);
	const struct backend *backend;
	__u32 slot;

	if (!affinity)
		return REASON_TUPLE_CLASH;
	slot = affinity->backend_slot;
	backend = map_lookup(backends, &slot);
	if (!backend || backend->identifier != affinity->backend ||
	    backend->service != frontend->service ||
	    !backend_is_eligible(service, backend, frontend->local_only))
		return REASON_TUPLE_CLASH;
	hit(context, CLAUSE_LB_7);
	return backend_try(context, service, backend, slot, family);
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
	hit(context, CLAUSE_LB_3);
	for (attempt = 0; attempt < CANDIDATES_LIMIT; attempt++) {
		backend = eligible_backend(service, (first + attempt) % service->eligible_count,
					   &slot);
		/* A row that is being replaced: the next one may do. */
		if (!backend || backend->service != identifier)
			continue;
		reason = backend_try(context, service, backend, slot, family);
		if (reason != REASON_TUPLE_CLASH)
			return reason;
	}
	return REASON_TUPLE_CLASH;
}

/* A connection past all services must not look like an open load-balanced one (NAT-4). */
static __always_inline enum reason direct_check(struct context *context)
{
	const struct entry *flow = live_flow(context->own, context->now);

	return flow_is_open(flow) ? REASON_TUPLE_CLASH : 0;
}

/* 0: go on. */
static __always_inline enum reason load_balance(struct context *context, const enum family family)
{
	const struct frontend *frontend = frontend_find(context->tuple, family);
	const struct service *service;
	enum reason reason;

	if (!frontend)
		return direct_check(context);
	if (!frontend->service)
		return REASON_NO_SERVICE;
	service = service_lookup(frontend->service, frontend->local_only, family);
	if (!service)
		return REASON_NO_BACKEND;
	if (service->affinity_timeout) {
		reason = affine_backend_try(context, service, frontend, family);
		if (reason != REASON_TUPLE_CLASH)
			return reason;
	}
	return backend_select(context, service, frontend->service, family);
}

#endif
