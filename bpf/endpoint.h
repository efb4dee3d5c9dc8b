/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 2: the endpoint of the interface, and its packets' source (PKT-7). */
#ifndef TWINPATH_ENDPOINT_H
#define TWINPATH_ENDPOINT_H

#include "platform.h"

#include "context.h"
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
	forget_memory();
	if ((endpoint->interface ^ interface) | (endpoint->interface_again ^ interface))
		return false;
	pod->endpoint = identifier;
	return true;
}

/* 0: go on. The destination of what enters a pod is not checked (PKT-7b). */
static __always_inline enum reason endpoint_find(struct context *context, const enum hook hook,
						 const enum family family)
{
	const __u32 interface = context->skb->ifindex;
	const struct endpoint *endpoint = map_lookup(endpoints, &interface);
	__u32 is_source;

	if (!endpoint)
		return REASON_UNKNOWN_ENDPOINT;
	is_source = hook == HOOK_TO_CONTAINER ||
		    endpoint_has_address(endpoint, endpoint_address(context->tuple), family);
	opaque(is_source);	/* one number, so that verifiers go on from here once */
	if (!pod_copy(&context->workspace->pod, endpoint, interface))
		return REASON_UNKNOWN_ENDPOINT;
	return is_source ? 0 : REASON_INVALID_SOURCE;
}

#endif
