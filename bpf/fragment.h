/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 3: ports for later fragments, and who goes to reassembly (FRAG). */
#ifndef TWINPATH_FRAGMENT_H
#define TWINPATH_FRAGMENT_H

#include "platform.h"

#include "context.h"
#include "endpoint.h"

static __always_inline struct datagram *datagram_lookup(const struct datagram_key *key,
							const enum family family)
{
	if (family == FAMILY_IPV4)
		return map_lookup(datagrams_ipv4, key);
	return map_lookup(datagrams_ipv6, key);
}

static __always_inline void datagram_update(const struct datagram_key *key,
					    const struct datagram *value, const enum family family)
{
	/* A table that is full evicts; a datagram that is not remembered loses its later fragments. */
	if (family == FAMILY_IPV4)
		map_update(datagrams_ipv4, key, value, BPF_ANY);
	else
		map_update(datagrams_ipv6, key, value, BPF_ANY);
}

/* As the packet came: the same fragments look different at the other hook (FRAG-1). */
static __always_inline struct datagram_key *datagram_key_make(struct context *context,
							      const enum hook hook,
							      const enum family family)
{
	struct datagram_key *key = &context->workspace->datagram_key;
	const __be32 *endpoint = context->endpoint_address;
	const __be32 *peer = peer_address(context->tuple, family);
	const bool leaving = hook == HOOK_FROM_CONTAINER;
	const struct datagram_tuple tuple = {
		.identification = context->packet->identification,
		.protocol = context->packet->fragment_protocol,
		.hook = hook,
	};

	word64_write(&key->tuple, &tuple);
	address_copy(key->addresses, leaving ? endpoint : peer, family);
	address_copy(key->addresses + words_of(family), leaving ? peer : endpoint, family);
	return key;
}

/* A later fragment becomes part of the packet that its first fragment began. */
static __always_inline void take_ports(struct context *context, const struct datagram *datagram,
				       const enum hook hook, const enum family family)
{
	context->packet->source_port = datagram->source_port;
	context->packet->destination_port = datagram->destination_port;
	context->packet->protocol = datagram->protocol;
	tuple_set(context, hook, family);
}

/* FRAG-1c. */
static __always_inline enum reason first_fragment_check(const struct context *context,
							const enum family family)
{
	return packet_is_icmp_error(context->packet, family) ? REASON_INVALID_FRAGMENT : 0;
}

static __always_inline enum reason fragment_resolve_known(struct context *context,
							  const struct datagram *datagram,
							  const enum hook hook,
							  const enum family family)
{
	if (datagram->reassembly && context->configuration->defragmentation_interface)
		return REASON_REASSEMBLY;
	if (context->packet->fragment == FRAGMENT_FIRST)
		return first_fragment_check(context, family);
	if (datagram->reassembly)
		return REASON_FRAGMENT_NOT_FOUND;
	hit(context, CLAUSE_FRAG_1);
	take_ports(context, datagram, hook, family);
	return 0;
}

static __always_inline enum reason fragment_resolve_unknown(struct context *context,
							    const enum family family)
{
	if (context->packet->fragment == FRAGMENT_FIRST)
		return first_fragment_check(context, family);
	if (!context->configuration->defragmentation_interface)
		return REASON_FRAGMENT_NOT_FOUND;
	context->connection->reassembles = true;
	return REASON_REASSEMBLY;
}

/* 0: go on; reassembly: the packet goes to the defragmentation interface. */
static __always_inline enum reason fragment_resolve(struct context *context, const enum hook hook,
						    const enum family family)
{
	const struct datagram *datagram;

	if (context->packet->fragment == FRAGMENT_NONE)
		return 0;
	datagram = datagram_lookup(datagram_key_make(context, hook, family), family);
	if (datagram && context->now < datagram->expires)
		return fragment_resolve_known(context, datagram, hook, family);
	return fragment_resolve_unknown(context, family);
}

/* Step 9: a first fragment that passes, or a datagram whose first one is missing (FRAG-2). */
static __always_inline void datagram_remember(struct context *context, const enum family family)
{
	const struct packet *packet = context->packet;
	const bool reassembly = context->connection->reassembles;
	const struct datagram datagram = {
		.expires = context->now + context->configuration->fragment_timeout,
		.source_port = packet->source_port,
		.destination_port = packet->destination_port,
		.protocol = reassembly ? 0 : packet->protocol,
		.reassembly = reassembly,
	};

	hit(context, reassembly ? CLAUSE_FRAG_2 : CLAUSE_FRAG_1);
	datagram_update(&context->workspace->datagram_key, &datagram, family);
}

#endif
