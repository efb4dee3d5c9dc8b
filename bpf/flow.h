/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One conntrack entry: the table it is in, whether it is live, and the states of TCP. */
#ifndef TWINPATH_FLOW_H
#define TWINPATH_FLOW_H

#include "platform.h"

#include "context.h"
#include "server_port.h"

#define ENTRY_CLOSED (ENTRY_OPENER_CLOSING | ENTRY_REPLY_CLOSING)

static __always_inline enum opener other_end(const enum opener opener)
{
	return opener ^ OPENER_ENDPOINT ^ OPENER_PEER;
}

static __always_inline struct entry *conntrack_lookup(struct flow_key *key,
						      const enum family family)
{
	if (family == FAMILY_IPV4)
		return map_lookup(conntrack_ipv4, flow_key_begin(key, family));
	return map_lookup(conntrack_ipv6, flow_key_begin(key, family));
}

/*
 * The same for keys that mostly have no entry: their ports tell so without a look-up. `opener` is
 * the key's, which verifiers do not know of memory.
 */
static __always_inline struct entry *conntrack_probe(struct flow_key *key,
						     const __u8 opener, const enum family family)
{
	return can_have_entry(&key->tuple, opener) ? conntrack_lookup(key, family) : NULL;
}

static __always_inline long conntrack_update(struct flow_key *key,
					     const struct entry_value *value,
					     const enum family family)
{
	server_port_note(&key->tuple);
	if (family == FAMILY_IPV4)
		return map_update(conntrack_ipv4, flow_key_begin(key, family), value, BPF_ANY);
	return map_update(conntrack_ipv6, flow_key_begin(key, family), value, BPF_ANY);
}

static __always_inline void conntrack_delete(struct flow_key *key, const enum family family)
{
	if (family == FAMILY_IPV4)
		map_delete(conntrack_ipv4, flow_key_begin(key, family));
	else
		map_delete(conntrack_ipv6, flow_key_begin(key, family));
}

/* CT-4. An entry whose expiry has come is absent. */
static __always_inline bool flow_is_live(const struct entry *entry, const __u64 now)
{
	return !(entry->flags & ENTRY_SELECTION) && now < entry->expires;
}

/*
 * The entry if it is a live flow, else NULL. The compiler must not see where the NULL comes from:
 * instead of testing the pointer it would compare the times again, which tells the verifier
 * nothing.
 */
static __always_inline struct entry *live_flow(struct entry *entry, const __u64 now)
{
	if (entry && !flow_is_live(entry, now))
		entry = NULL;
	opaque(entry);
	return entry;
}

static __always_inline bool flow_is_closing(const struct entry *entry)
{
	return entry->flags & ENTRY_CLOSED;
}

static __always_inline bool flow_is_open(const struct entry *flow)
{
	return flow && !flow_is_closing(flow);
}

static __always_inline bool flow_is_closed(const __u16 flags)
{
	return (flags & ENTRY_CLOSED) == ENTRY_CLOSED;
}

/*
 * Whether it is a load-balanced flow that its client opened towards the peer in this tuple. Under
 * its own key: the backend is its own frontend, and there is nothing to translate (LB-14). Other
 * flows have a service of zeros, which is no frontend's (LB-1).
 */
static __always_inline bool flow_has_frontend(struct entry *entry, struct flow_key *tuple,
					      const enum family family)
{
	return entry->service_port == tuple->tuple.peer_port &&
	       address_equal(service_address(entry), peer_address(tuple, family), family);
}

/* NAT-3. A selection leads to a flow by its service, which then is there. */
static __always_inline bool flow_lacks_service(struct entry *entry, const bool by_selection,
					       const enum family family)
{
	if (by_selection || !(entry->flags & ENTRY_LOAD_BALANCED))
		return false;
	return !entry->service_port || address_is_zero(service_address(entry), family);
}

/* Flags after a TCP packet from the opener or in reply (CT-5, CT-7b). */
static __always_inline __u16 tcp_flags_after(__u16 flags, const __u8 tcp, const bool reply)
{
	if (reply)
		flags &= ~ENTRY_PICKED_UP;
	if (!(tcp & TCP_SYN) && !(flags & ENTRY_PICKED_UP))
		flags |= ENTRY_ESTABLISHED;
	if (tcp & TCP_FIN)
		flags |= reply ? ENTRY_REPLY_CLOSING : ENTRY_OPENER_CLOSING;
	if (tcp & TCP_RST)
		flags |= ENTRY_CLOSED;
	return flags;
}

/* Nanoseconds for the state that the flow is in (CT-3). */
static __always_inline __u64 flow_timeout(const struct configuration *configuration,
					  const bool tcp, const __u16 flags)
{
	if (!tcp)
		return configuration->other_timeout;
	if (flow_is_closed(flags))
		return configuration->tcp_closing_timeout;
	if (flags & ENTRY_ESTABLISHED)
		return configuration->tcp_established_timeout;
	return configuration->tcp_opening_timeout;
}

#endif
