/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services' addresses: who answers under the peer's address and port (LB-1, LB-9). */
#ifndef TWINPATH_FRONTEND_H
#define TWINPATH_FRONTEND_H

#include "platform.h"

#include "context.h"

struct frontend_key {
	struct frontend_tuple tuple;
	__be32 address[WORDS_IPV6];
};

_Static_assert(sizeof(struct frontend_key) == sizeof(struct frontend_key_ipv6), "frontend key");
_Static_assert(offsetof(struct frontend_key, address) ==
		       offsetof(struct frontend_key_ipv4, address), "frontend key address");

static __always_inline const struct frontend *frontend_lookup(const struct frontend_key *key,
							      const enum family family)
{
	if (family == FAMILY_IPV4)
		return map_lookup(frontends_ipv4, key);
	return map_lookup(frontends_ipv6, key);
}

/*
 * The frontend that is the tuple's peer. NULL: the peer is no service's; with service 0: it is a
 * service's address, but no frontend has this port and protocol.
 */
static __always_inline const struct frontend *frontend_find(struct flow_key *tuple,
							    const enum family family)
{
	struct frontend_tuple port = {
		.port = tuple->tuple.peer_port,
		.protocol = tuple->tuple.protocol,
	};
	const struct frontend *frontend;
	struct frontend_key key;

	address_copy(key.address, peer_address(tuple, family), family);
	if (protocol_has_ports(tuple->tuple.protocol)) {
		word32_write(&key.tuple, &port);
		frontend = frontend_lookup(&key, family);
		if (frontend)
			return frontend;
	}
	key.tuple = (struct frontend_tuple){};
	return frontend_lookup(&key, family);
}

#endif
