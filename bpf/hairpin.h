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

/*
 * The key of the flow by which the client in context->tuple reaches a backend. In a hairpin the
 * pod's server is the endpoint, its client the peer behind the loopback address (LB-11a).
 */
static __always_inline void flow_key_towards(struct context *context, struct flow_key *key,
					     const struct backend *backend,
					     const enum family family)
{
	const __be32 *endpoint = context->endpoint_address;
	__be32 *peer = peer_address(key, family);
	struct flow_tuple tuple = context->tuple->tuple;

	if (address_equal(backend->address, endpoint, family)) {
		tuple.opener = OPENER_PEER;
		tuple.peer_port = tuple.endpoint_port;
		tuple.endpoint_port = backend->port;
		address_copy(peer, loopback_address(context, family), family);
	} else {
		tuple.opener = OPENER_ENDPOINT;
		tuple.peer_port = backend->port;
		address_copy(peer, backend->address, family);
	}
	flow_key_set_tuple(key, tuple);
	flow_key_set_endpoint(key, endpoint, family);
}

/* Whether a key made so is a hairpin's: nobody else's client is the peer. */
static __always_inline bool is_hairpin_key(const struct flow_key *key)
{
	return key->tuple.opener == OPENER_PEER;
}

#endif
