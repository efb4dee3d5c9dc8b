/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Session affinity: a client keeps its backend from one connection to the next (LB-7). */
#ifndef TWINPATH_AFFINITY_H
#define TWINPATH_AFFINITY_H

#include "platform.h"

#include "context.h"
#include "service.h"

struct affinity_key {
	__u32 service;
	__be32 client_address[WORDS_IPV6];
};

_Static_assert(sizeof(struct affinity_key) == sizeof(struct affinity_key_ipv6), "affinity key");
_Static_assert(offsetof(struct affinity_key, client_address) ==
		       offsetof(struct affinity_key_ipv4, client_address), "affinity key address");

/* The client is always the endpoint: only what leaves a pod is balanced. */
static __always_inline void affinity_key_set(struct affinity_key *key, struct context *context,
					     const __u32 service, const enum family family)
{
	key->service = service;
	address_copy(key->client_address, context->endpoint_address, family);
}

/* NULL: the client has none, or it has not been used for too long. */
static __always_inline struct affinity *affinity_find(struct context *context,
						      const __u32 service, const __u64 timeout,
						      const enum family family)
{
	struct affinity *affinity;
	struct affinity_key key;

	affinity_key_set(&key, context, service, family);
	if (family == FAMILY_IPV4)
		affinity = map_lookup(affinities_ipv4, &key);
	else
		affinity = map_lookup(affinities_ipv6, &key);
	return affinity && context->now < affinity->last_use + timeout ? affinity : NULL;
}

/* LB-7a. What a full table cannot take is chosen by the algorithm next time. */
static __always_inline void affinity_record(struct context *context, const enum family family)
{
	const struct connection *connection = context->connection;
	const struct affinity value = {
		.last_use = context->now,
		.backend = connection->backend,
		.backend_slot = connection->backend_slot,
	};
	struct affinity_key key;

	hit(context, CLAUSE_LB_7A);
	affinity_key_set(&key, context, connection->service, family);
	if (family == FAMILY_IPV4)
		map_update(affinities_ipv4, &key, &value, BPF_ANY);
	else
		map_update(affinities_ipv6, &key, &value, BPF_ANY);
}

/*
 * A packet passes on a load-balanced flow. Most services have no affinity; the flow remembers as of
 * which service revision its own had none, so that looking it up is rare (LB-15).
 */
static __always_inline void affinity_renew(struct context *context, struct entry *flow,
					   const enum family family)
{
	const struct service *service;
	struct affinity *affinity;

	if (flow->service_revision == context->service_revision)
		return;
	service = service_of_flow(flow, family);
	if (!service || !service->affinity_timeout) {
		flow->service_revision = context->service_revision;
		return;
	}
	affinity = affinity_find(context, flow->service, service->affinity_timeout, family);
	if (affinity)
		affinity->last_use = context->now;
}

#endif
