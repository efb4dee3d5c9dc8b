/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 2: the endpoint of the interface, and whether its packets have its address (PKT-7). */
#ifndef TWINPATH_ENDPOINT_H
#define TWINPATH_ENDPOINT_H

#include "platform.h"

#include "context.h"
#include "l4.h"
#include "verifier.h"

static __always_inline bool endpoint_has_address(const struct endpoint *endpoint,
						 const __be32 *address, const enum family family)
{
	if (family == FAMILY_IPV4)
		return endpoint->flags & ENDPOINT_HAS_IPV4 &&
		       address_equal(endpoint->ipv4, address, family);
	return endpoint->flags & ENDPOINT_HAS_IPV6 && address_equal(endpoint->ipv6, address, family);
}

/*
 * False: the element is another interface's. The kernel fills the memory of an element that has been
 * replaced again at once, from the front or from the back, as its memcpy likes: what was copied
 * before either end changed is the pod's. (On machines that store or load out of order that is
 * likely, not certain; what is allowed by mistake is judged again under the new policy_revision.)
 */
static __always_inline bool pod_copy(struct pod *pod, const struct endpoint *endpoint,
				     const __u32 interface)
{
	const __u32 identifier = endpoint->identifier;

	pod->identity = endpoint->identity;
	pod->policy = endpoint->policy;
	pod->flags = endpoint->flags;
	pod->ipv6_number = endpoint->ipv6_number;
	forget_memory();
	if ((endpoint->interface ^ interface) | (endpoint->interface_again ^ interface))
		return false;
	pod->endpoint = identifier;
	return true;
}

static __always_inline void tuple_set(struct context *context, const enum hook hook,
				      const enum family family)
{
	flow_key_set(context, context->tuple, context->packet, hook == HOOK_FROM_CONTAINER,
		     family);
}

/* 0: go on. */
static __always_inline enum reason endpoint_find(struct context *context, const enum hook hook,
						 const enum family family)
{
	const __u32 interface = context->skb->ifindex;
	const struct endpoint *endpoint = map_lookup(endpoints, &interface);
	__u32 is_own;

	if (!endpoint)
		return REASON_UNKNOWN_ENDPOINT;
	is_own = endpoint_has_address(endpoint, context->endpoint_address, family);
	opaque(is_own);	/* one number, so that verifiers go on from here once */
	if (!pod_copy(&context->workspace->pod, endpoint, interface))
		return REASON_UNKNOWN_ENDPOINT;
	context->connection->stateless = !is_own;
	if (hook == HOOK_FROM_CONTAINER && !is_own)
		return REASON_INVALID_SOURCE;
	tuple_set(context, hook, family);
	return 0;
}

#endif
