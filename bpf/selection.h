/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the load balancer's recorded choice to the flow that it leads to (CT-4a, LB-4 to LB-6). */
#ifndef TWINPATH_SELECTION_H
#define TWINPATH_SELECTION_H

#include "platform.h"

#include "context.h"
#include "flow.h"
#include "frontend.h"
#include "hairpin.h"

/* The backend that a selection names; NULL where it is gone from its service (LB-6, LB-6a). */
static __always_inline const struct backend *selection_backend(const struct entry *selection)
{
	const __u32 slot = selection->backend_slot;
	const struct backend *backend = map_lookup(backends, &slot);

	if (!backend || backend->identifier != selection->backend ||
	    backend->service != selection->service)
		return NULL;
	return backend;
}

/* Whether its frontend still belongs to the service that it was made for (LB-4). */
static __always_inline bool selection_is_current(struct context *context,
						 const struct entry *selection,
						 const enum family family)
{
	const struct frontend *frontend;

	if (selection->service_revision == context->service_revision)
		return true;
	frontend = frontend_find(context->tuple, family);
	context->connection->asked = frontend && frontend->service == selection->service;
	if (!context->connection->asked)
		hit_if_new(context, CLAUSE_LB_4);
	return context->connection->asked;
}

/* The live flow by which the client in context->tuple reaches the backend. */
static __always_inline struct entry *selected_flow(struct context *context,
						   const struct backend *backend,
						   const enum family family)
{
	struct entry *flow;

	flow_key_towards(context, context->flow_key, backend, family);
	flow = live_flow(conntrack_lookup(context->flow_key, family), context->now);
	return flow && flow_has_frontend(flow, context->tuple, family) ? flow : NULL;
}

/*
 * The live flow that a selection of the packet's own tuple leads to, its key in context->flow_key.
 * `chooses`: the packet is one for which another backend can be chosen instead (LB-5, LB-6).
 */
static __always_inline struct entry *selection_follow(struct context *context,
						      const struct entry *selection,
						      const bool chooses, const enum family family)
{
	const struct backend *backend;

	if (!selection_is_current(context, selection, family))
		return NULL;
	backend = selection_backend(selection);
	if (!backend || (chooses && backend->state == BACKEND_QUARANTINED)) {
		hit_if_new(context, CLAUSE_LB_6);
		return NULL;
	}
	return selected_flow(context, backend, family);
}

/*
 * What enters has not been translated yet, so that a selection's tuple is not that of its flow's
 * packets. Only a hairpin's packets come so: they were translated when they left (LB-11c).
 */
static __always_inline bool selection_has_packets(struct context *context, const enum hook hook)
{
	return hook == HOOK_FROM_CONTAINER || is_hairpin_key(context->flow_key);
}

#endif
