/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who the peer is to policy: identity and class by address (POL-3). */
#ifndef TWINPATH_PEER_H
#define TWINPATH_PEER_H

#include "platform.h"

#include "context.h"

/* The node itself. */
#define IDENTITY_HOST 1

struct prefix_key {
	__u32 prefixlen;
	__be32 address[WORDS_IPV6];
};

_Static_assert(sizeof(struct prefix_key) == sizeof(struct prefix_ipv6), "prefix key");
_Static_assert(offsetof(struct prefix_key, address) == offsetof(struct prefix_ipv4, address),
	       "prefix key address");

static __always_inline const struct peer *address_lookup(const __be32 *address,
							 const enum family family)
{
	if (family == FAMILY_IPV4)
		return map_lookup(addresses_ipv4, address);
	return map_lookup(addresses_ipv6, address);
}

static __always_inline const struct peer *prefix_lookup(const __be32 *address,
							const enum family family)
{
	struct prefix_key key;

	key.prefixlen = 32 * words_of(family);
	address_copy(key.address, address, family);
	if (family == FAMILY_IPV4)
		return map_lookup(prefixes_ipv4, &key);
	return map_lookup(prefixes_ipv6, &key);
}

/*
 * Whole addresses are in a hash, which costs less than the trie behind it. That has a row for
 * whoever has no prefix, the world's, so that somebody is always found.
 */
static __always_inline struct peer peer_find(const __be32 *address, const enum family family)
{
	const struct peer *peer = address_lookup(address, family);

	if (!peer)
		peer = prefix_lookup(address, family);
	return peer ? *peer : (struct peer){};
}

#endif
