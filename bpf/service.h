/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One service as the load balancer sees it, and its eligible backends (LB-2, LB-5, LB-12). */
#ifndef TWINPATH_SERVICE_H
#define TWINPATH_SERVICE_H

#include "platform.h"

#include "context.h"

static __always_inline const struct service *service_lookup(const __u32 service,
							    const bool local_only,
							    const enum family family)
{
	const struct service_key key = {
		.service = service,
		.family = family,
		.local_only = local_only,
	};

	return map_lookup(services, &key);
}

/* Either row will do for what does not depend on where backends are. */
static __always_inline const struct service *service_of_flow(const struct entry *flow,
							     const enum family family)
{
	const struct service *service = service_lookup(flow->service, false, family);

	return service ? service : service_lookup(flow->service, true, family);
}

/* The eligible backend at an index below the service's count, and its slot. */
static __always_inline const struct backend *eligible_backend(const struct service *service,
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
 * Whether the service of a terminating backend that serves has to do with such ones, for want of
 * active ones (LB-5). It has an eligible one in any case: an active one, or this.
 */
static __always_inline bool serves_by_terminating(const struct service *service)
{
	const struct backend *backend;
	__u32 slot;

	backend = eligible_backend(service, 0, &slot);
	return backend && backend->state == BACKEND_TERMINATING;
}

/* Whether a backend of the service is among the eligible ones. */
static __always_inline bool backend_is_eligible(const struct service *service,
						const struct backend *backend,
						const bool local_only)
{
	if (local_only && !(backend->flags & BACKEND_LOCAL))
		return false;
	if (backend->state == BACKEND_ACTIVE)
		return true;
	return backend->state == BACKEND_TERMINATING && backend->flags & BACKEND_SERVING &&
	       serves_by_terminating(service);
}

#endif
