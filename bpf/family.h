/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two families, one source. Everything is inlined with the family as a constant; what differs is
 * how many words an address has and which map is meant. The compiler drops the rest.
 */
#ifndef TWINPATH_FAMILY_H
#define TWINPATH_FAMILY_H

#include "platform.h"

#include "layout.h"
#include "verifier.h"
#include "word.h"

enum family {
	FAMILY_IPV4 = 4,
	FAMILY_IPV6 = 6,
};

/* Words of an address. */
static __always_inline int words_of(const enum family family)
{
	return family == FAMILY_IPV4 ? WORDS_IPV4 : WORDS_IPV6;
}

static __always_inline void address_copy(__be32 *to, const __be32 *from, const enum family family)
{
	to[0] = from[0];
	if (family == FAMILY_IPV6) {
		to[1] = from[1];
		to[2] = from[2];
		to[3] = from[3];
	}
}

/* All words at once: the compiler would compare and branch for each, four times two paths. */
static __always_inline bool address_equal(const __be32 *one, const __be32 *other,
					  const enum family family)
{
	__u32 difference = one[0] ^ other[0];

	if (family == FAMILY_IPV6)
		difference |= (one[1] ^ other[1]) | (one[2] ^ other[2]) | (one[3] ^ other[3]);
	opaque(difference);
	return difference == 0;
}

static __always_inline bool address_is_zero(const __be32 *address, const enum family family)
{
	__u32 bits = address[0];

	if (family == FAMILY_IPV6)
		bits |= address[1] | address[2] | address[3];
	return bits == 0;
}

/* Into four words, of which IPv4 uses the first. */
static __always_inline void address_widen(__be32 *to, const __be32 *from, const enum family family)
{
	const bool wide = family == FAMILY_IPV6;

	to[0] = from[0];
	to[1] = wide ? from[1] : 0;
	to[2] = wide ? from[2] : 0;
	to[3] = wide ? from[3] : 0;
}

/*
 * A flow's key in either family: its last bytes are a struct flow_key_ipv4 or all of it a struct
 * flow_key_ipv6.
 */
struct flow_key {
	__be32 addresses[WORDS_IPV6];
	struct flow_tuple tuple;
} __attribute__((aligned(8)));

/* In words. */
#define FLOW_KEY_BEGIN_IPV4 (WORDS_IPV6 - 2 * WORDS_IPV4)

_Static_assert(sizeof(struct flow_tuple) == sizeof(__u64), "flow tuple");

_Static_assert(sizeof(struct flow_key) == sizeof(struct flow_key_ipv6), "flow key");
_Static_assert(sizeof(struct flow_key) - FLOW_KEY_BEGIN_IPV4 * sizeof(__be32) ==
		       sizeof(struct flow_key_ipv4), "flow key of IPv4");

/* Where the key in the table begins. */
static __always_inline __be32 *flow_key_begin(struct flow_key *key, const enum family family)
{
	return key->addresses + (family == FAMILY_IPV4 ? FLOW_KEY_BEGIN_IPV4 : 0);
}

static __always_inline __be32 *peer_address(struct flow_key *key, const enum family family)
{
	return flow_key_begin(key, family) + (family == FAMILY_IPV4 ? WORDS_IPV4 : 0);
}

/* A key of IPv6 has the endpoint's number in its tuple instead. */
static __always_inline void flow_key_set_endpoint(struct flow_key *key, const __be32 *address,
						  const enum family family)
{
	if (family == FAMILY_IPV4)
		address_copy(flow_key_begin(key, family), address, family);
}

static __always_inline void flow_key_set_tuple(struct flow_key *key, const struct flow_tuple tuple)
{
	word64_write(&key->tuple, &tuple);
}

static __always_inline void flow_key_set_opener(struct flow_key *key, const __u8 opener)
{
	struct flow_tuple tuple = key->tuple;

	tuple.opener = opener;
	flow_key_set_tuple(key, tuple);
}

/* Only the bytes that this family uses. */
static __always_inline void flow_key_copy(struct flow_key *to, struct flow_key *from,
					  const enum family family)
{
	flow_key_set_tuple(to, from->tuple);
	flow_key_set_endpoint(to, flow_key_begin(from, family), family);
	address_copy(peer_address(to, family), peer_address(from, family), family);
}

/* Whom a datagram in fragments goes from and to, likewise. */
struct datagram_key {
	struct datagram_tuple tuple;
	__be32 addresses[2 * WORDS_IPV6];
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct datagram_tuple) == sizeof(__u64), "datagram tuple");

_Static_assert(sizeof(struct datagram_key) == sizeof(struct datagram_key_ipv6), "datagram key");
_Static_assert(offsetof(struct datagram_key, addresses) ==
		       offsetof(struct datagram_key_ipv4, source), "datagram key addresses");

/* A conntrack value in either family, likewise. */
struct entry_value {
	struct entry entry;
	__be32 service_address[WORDS_IPV6];
};

_Static_assert(sizeof(struct entry_value) == sizeof(struct entry_ipv6), "entry value");
_Static_assert(offsetof(struct entry_value, service_address) ==
		       offsetof(struct entry_ipv4, service_address), "entry service address");

/* The service address behind an entry in the table. */
static __always_inline __be32 *service_address(struct entry *entry)
{
	return ((struct entry_value *)entry)->service_address;
}

#endif
