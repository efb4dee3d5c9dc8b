/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which eligible backend a new connection gets: maglev or random (LB-3). */
#ifndef TWINPATH_ALGORITHM_H
#define TWINPATH_ALGORITHM_H

#include "platform.h"

#include "byte_order.h"
#include "context.h"
#include "murmur.h"

/* LB-3a. Words are hashed as the numbers that they are. */
static __always_inline __u32 client_hash(const struct context *context, const __u32 service,
					 const bool with_port, const enum family family)
{
	const __be32 *client = context->endpoint_address;
	const struct flow_tuple *tuple = &context->tuple->tuple;
	const __u32 port = with_port ? network16(tuple->endpoint_port) : 0;
	__u32 hash = 0;

	hash = murmur_add(hash, network32(client[0]));
	if (family == FAMILY_IPV6) {
		hash = murmur_add(hash, network32(client[1]));
		hash = murmur_add(hash, network32(client[2]));
		hash = murmur_add(hash, network32(client[3]));
	}
	hash = murmur_add(hash, port << 16 | tuple->protocol);
	hash = murmur_add(hash, service);
	return murmur_finish(hash, 4 * (words_of(family) + 2));
}

/* Index into the service's eligible backends; not below their number if there is none. */
static __always_inline __u32 algorithm_choose(struct context *context,
					      const struct service *service,
					      const __u32 identifier, const enum family family)
{
	const __u32 *index;
	__u32 slot;

	if (service->algorithm == ALGORITHM_RANDOM)
		return service->eligible_count ?
			       bpf_get_prandom_u32() % service->eligible_count : 0;
	if (!service->maglev_size)
		return service->eligible_count;
	slot = client_hash(context, identifier, !service->affinity_timeout, family);
	slot = service->maglev_first + slot % service->maglev_size;
	index = map_lookup(maglev_tables, &slot);
	return index ? *index : service->eligible_count;
}

#endif
