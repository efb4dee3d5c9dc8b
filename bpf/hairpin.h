/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A pod that reaches itself through a service (LB-11): the key of such a flow. */
#ifndef TWINPATH_HAIRPIN_H
#define TWINPATH_HAIRPIN_H

#include "platform.h"

#include "context.h"

static __always_inline const __be32 *loopback_address(const struct context *context,
						      const enum family family)
{
	return family == FAMILY_IPV4 ? context->configuration->loopback_ipv4
				     : context->configuration->loopback_ipv6;
}

/* The pod's server is the endpoint, its client the peer behind the loopback address (LB-11a). */
static __always_inline void hairpin_key_set(struct context *context, struct flow_key *key,
					    const struct backend *backend,
					    const enum family family)
{
	key->tuple.opener = OPENER_PEER;
	key->tuple.endpoint_port = backend->port;
	key->tuple.peer_port = context->tuple->tuple.endpoint_port;
	address_copy(peer_address(key, family), loopback_address(context, family), family);
}

/* The key of the flow by which the client in context->tuple reaches a backend. */
static __always_inline void flow_key_towards(struct context *context, struct flow_key *key,
					     const struct backend *backend,
					     const enum family family)
{
	struct flow_key *tuple = context->tuple;

	key->tuple = tuple->tuple;
	address_copy(endpoint_address(key), endpoint_address(tuple), family);
	if (address_equal(backend->address, endpoint_address(tuple), family)) {
		hairpin_key_set(context, key, backend, family);
	} else {
		key->tuple.opener = OPENER_ENDPOINT;
		key->tuple.peer_port = backend->port;
		address_copy(peer_address(key, family), backend->address, family);
	}
}

/* Whether a key made so is a hairpin's: nobody else's client is the peer. */
static __always_inline bool is_hairpin_key(const struct flow_key *key)
{
	return key->tuple.opener == OPENER_PEER;
}

#endif
