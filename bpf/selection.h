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

/* Whether the client's next packet may use it (LB-4, LB-5, LB-6). */
static __always_inline bool selection_is_usable(struct context *context,
						const struct entry *selection,
						const struct backend *backend,
						const enum family family)
{
	const struct frontend *frontend;

	if (backend->state == BACKEND_QUARANTINED)
		return false;
	if (selection->service_revision == context->service_revision)
		return true;
	frontend = frontend_find(context->tuple, family);
	return frontend && frontend->service == selection->service;
}

/* The live flow behind a selection of the packet's own tuple, its key in context->flow_key. */
static __always_inline struct entry *selection_follow(struct context *context,
						      const struct entry *selection,
						      const enum hook hook,
						      const enum family family)
{
	const struct backend *backend = selection_backend(selection);
	struct entry *flow;

	if (!backend)
		return NULL;
	if (hook == HOOK_FROM_CONTAINER &&
	    !selection_is_usable(context, selection, backend, family))
		return NULL;
	flow_key_towards(context, context->flow_key, backend, family);
	flow = live_flow(conntrack_lookup(context->flow_key, family), context->now);
	return flow && flow_has_frontend(flow, context->tuple, family) ? flow : NULL;
}

#endif
