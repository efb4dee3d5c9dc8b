/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Step 9: what a packet that passes leaves in the tables. What can fail comes first, and leaves
 * nothing half-created (CT-12); entries that are there already are changed in place.
 */
#ifndef TWINPATH_RECORD_H
#define TWINPATH_RECORD_H

#include "platform.h"

#include "affinity.h"
#include "context.h"
#include "flow.h"
#include "hairpin.h"

/* An entry as small as IPv4's has padding behind its address. */
static __always_inline void entry_value_clear(struct entry_value *value, const enum family family)
{
	value->entry = (struct entry){};
	value->service_address[0] = 0;
	value->service_address[1] = 0;
	if (family == FAMILY_IPV6) {
		value->service_address[2] = 0;
		value->service_address[3] = 0;
	}
}

static __always_inline bool creates_flow(const struct context *context)
{
	return !context->flow && !context->connection->stateless &&
	       !packet_is_reset(context->packet);
}

/* Only what leaves selects a backend. */
static __always_inline bool creates_selection(const struct context *context, const enum hook hook)
{
	return hook == HOOK_FROM_CONTAINER && context->connection->selected;
}

/* The state of a flow after its first packet (CT-5, CT-7). */
static __always_inline void flow_first_flags_set(const struct context *context, __u16 *flags)
{
	const struct packet *packet = context->packet;

	*flags = context->connection->balanced ? ENTRY_LOAD_BALANCED : 0;
	if (context->connection->hairpin)
		*flags |= ENTRY_HAIRPIN;
	if (!packet_is_tcp(packet))
		return;
	if (!packet_is_initial_syn(packet))
		*flags |= ENTRY_PICKED_UP;
	if (packet->tcp_flags & TCP_FIN)
		*flags |= ENTRY_OPENER_CLOSING;
}

static __always_inline bool flow_create(struct context *context, const enum family family)
{
	const struct connection *connection = context->connection;
	struct entry_value *value = &context->workspace->value;

	entry_value_clear(value, family);
	flow_first_flags_set(context, &value->entry.flags);
	value->entry.expires = context->now + flow_timeout(context->configuration,
							  packet_is_tcp(context->packet),
							  value->entry.flags);
	value->entry.opener_packets = 1;
	value->entry.opener_bytes = context->packet->length;
	value->entry.policy_revision = context->policy_revision;
	/* 0: the affinity has to be looked up with each packet. */
	if (!connection->affinity)
		value->entry.service_revision = context->service_revision;
	if (connection->balanced) {
		value->entry.service = connection->service;
		value->entry.service_port = context->tuple->tuple.peer_port;
		address_copy(value->service_address, peer_address(context->tuple, family), family);
	}
	return !conntrack_update(context->flow_key, value, family);
}

static __always_inline bool selection_create(struct context *context, const enum family family)
{
	const struct connection *connection = context->connection;
	struct entry_value *value = &context->workspace->value;

	entry_value_clear(value, family);
	value->entry.flags = ENTRY_SELECTION;
	value->entry.service = connection->service;
	value->entry.backend = connection->backend;
	value->entry.backend_slot = connection->backend_slot;
	value->entry.service_revision = context->service_revision;
	return !conntrack_update(context->tuple, value, family);
}

/* CT-6: the flow of a backend that a reopened connection has left. */
static __always_inline void former_flow_delete(struct context *context, const enum family family)
{
	const struct connection *connection = context->connection;
	const __u32 slot = connection->former_slot;
	const struct backend *backend = map_lookup(backends, &slot);
	struct flow_key *key = &context->workspace->former_key;

	if (slot == connection->backend_slot || !backend)
		return;
	flow_key_towards(context, key, backend, family);
	conntrack_delete(key, family);
}

static __always_inline void flow_copy(struct context *context)
{
	context->workspace->flow_copy = *context->flow;
}

/*
 * A full table may have evicted the packet's own flow for its selection (LB-4a), which may lie in
 * the same memory now. The packet goes on with a copy, so that nothing else is changed by mistake.
 */
static __always_inline void flow_find_again(struct context *context, const enum family family)
{
	struct entry *flow = conntrack_lookup(context->flow_key, family);

	context->flow = flow ? flow : &context->workspace->flow_copy;
}

/*
 * A hairpin's flow is the loopback address's, which may have been a frontend's: a selection under the
 * same tuple goes, as it does for what enters (CT-13). Nobody looks at the key's opener any more.
 */
static __always_inline void hairpin_overtake(struct context *context, const enum family family)
{
	struct flow_key *key = context->flow_key;
	const struct entry *entry;

	flow_key_set_opener(key, OPENER_ENDPOINT);
	entry = conntrack_lookup(key, family);
	if (entry && entry->flags & ENTRY_SELECTION)
		conntrack_delete(key, family);
}

/*
 * A selection under a tuple that is not in the table yet needs room, replacing an entry does not, and
 * the same holds for the flow. So the order depends: whichever comes second either finds room, or
 * follows one that was new and can be taken back without loss. Where memory runs out for a selection
 * in the place of an entry, that entry stays; what the flow replaced is lost (CT-12c).
 */
static __always_inline bool record_create_leaving(struct context *context,
						  const enum family family)
{
	const struct connection *connection = context->connection;
	const bool selection_first = connection->selected && !connection->found;

	flow_key_set_opener(context->tuple, OPENER_ENDPOINT);
	if (context->flow)
		flow_copy(context);
	if (selection_first && !selection_create(context, family))
		return false;
	if (creates_flow(context) && !flow_create(context, family)) {
		if (selection_first)
			conntrack_delete(context->tuple, family);
		return false;
	}
	if (connection->selected && !selection_first && !selection_create(context, family)) {
		if (creates_flow(context))
			conntrack_delete(context->flow_key, family);
		return false;
	}
	if (context->flow)
		flow_find_again(context, family);
	if (connection->hairpin && creates_flow(context))
		hairpin_overtake(context, family);
	if (connection->reopened)
		former_flow_delete(context, family);
	return true;
}

/* A selection under the peer's tuple goes, so that it never leads to a second open flow (CT-13). */
static __always_inline bool record_create_entering(struct context *context,
						   const enum family family)
{
	if (!flow_create(context, family))
		return false;
	if (context->connection->overtakes) {
		flow_key_set_opener(context->tuple, OPENER_ENDPOINT);
		conntrack_delete(context->tuple, family);
	}
	return true;
}

/* False: an entry could not be created; there is none then. */
static __always_inline bool record_create(struct context *context, const enum hook hook,
					  const enum family family)
{
	if (hook == HOOK_FROM_CONTAINER)
		return record_create_leaving(context, family);
	return record_create_entering(context, family);
}

/* CT-5, CT-3. A later fragment changes no state (FRAG-1b); a fully closed flow is not refreshed. */
static __always_inline void flow_refresh(struct context *context, struct entry *flow)
{
	const struct packet *packet = context->packet;
	const bool tcp = packet_is_tcp(packet);
	const bool reply = context->connection->reason == REASON_REPLY;
	const __u16 before = flow->flags;
	__u16 after = before;

	if (tcp && packet->fragment != FRAGMENT_LATER)
		after = tcp_flags_after(before, packet->tcp_flags, reply);
	if (after != before) {
		hit(context, CLAUSE_CT_5);
		flow->flags = after;
	}
	if (!flow_is_closed(before))
		flow->expires = context->now + flow_timeout(context->configuration, tcp, after);
}

/* CT-11. */
static __always_inline void flow_count(struct context *context, struct entry *flow)
{
	const bool reply = context->connection->reason == REASON_REPLY;

	__sync_fetch_and_add(reply ? &flow->reply_packets : &flow->opener_packets, 1);
	__sync_fetch_and_add(reply ? &flow->reply_bytes : &flow->opener_bytes,
			     context->packet->length);
}

/* The peer has been looked up as a frontend; not again before services change (LB-15). */
static __always_inline void own_renew(struct context *context, const enum family family)
{
	struct entry *own;

	flow_key_set_opener(context->tuple, OPENER_ENDPOINT);
	own = conntrack_lookup(context->tuple, family);
	if (own)
		own->service_revision = context->service_revision;
}

/* An existing flow after one more packet. */
static __always_inline void record_refresh(struct context *context, const enum hook hook,
					   const enum family family)
{
	const struct connection *connection = context->connection;
	struct entry *flow = context->flow;

	flow_refresh(context, flow);
	flow_count(context, flow);
	if (flow->flags & ENTRY_LOAD_BALANCED)
		affinity_renew(context, flow, family);
	if (flow->policy_revision != context->policy_revision && !(flow->flags & ENTRY_HAIRPIN))
		flow->policy_revision = context->policy_revision;
	if (hook == HOOK_FROM_CONTAINER && connection->asked &&
	    connection->opener == OPENER_ENDPOINT)
		own_renew(context, family);
}

#endif
