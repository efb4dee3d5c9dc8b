/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 2: the endpoint of the interface, and its packets' source (PKT-7). */
#ifndef TWINPATH_ENDPOINT_H
#define TWINPATH_ENDPOINT_H

#include "platform.h"

#include "context.h"

static __always_inline bool endpoint_has_address(const struct endpoint *endpoint,
						 const __be32 *address, const enum family family)
{
	if (family == FAMILY_IPV4)
		return endpoint->flags & ENDPOINT_HAS_IPV4 &&
		       address_equal(endpoint->ipv4, address, family);
	return endpoint->flags & ENDPOINT_HAS_IPV6 && address_equal(endpoint->ipv6, address, family);
}

/* 0: go on. The destination of what enters a pod is not checked (PKT-7b). */
static __always_inline enum reason endpoint_find(struct context *context, const enum hook hook,
						 const enum family family)
{
	const __u32 interface = context->skb->ifindex;

	context->endpoint = map_lookup(endpoints, &interface);
	if (!context->endpoint)
		return REASON_UNKNOWN_ENDPOINT;
	context->workspace->endpoint = context->endpoint->identifier;
	if (hook == HOOK_FROM_CONTAINER &&
	    !endpoint_has_address(context->endpoint, endpoint_address(context->tuple), family))
		return REASON_INVALID_SOURCE;
	return 0;
}

#endif
