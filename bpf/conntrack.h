/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 4: the flow that a packet belongs to (CT-1 to CT-8). Looks only; records nothing. */
#ifndef TWINPATH_CONNTRACK_H
#define TWINPATH_CONNTRACK_H

#include "platform.h"

#include "context.h"
#include "flow.h"
#include "frontend.h"
#include "selection.h"

static __always_inline enum opener sender_of(const enum hook hook)
{
	return hook == HOOK_FROM_CONTAINER ? OPENER_ENDPOINT : OPENER_PEER;
}

/* The live flow under the packet's own tuple that this side opened, selections aside. */
static __always_inline struct entry *flow_find(struct context *context, const enum opener opener,
					       const enum family family)
{
	flow_key_set_opener(context->tuple, opener);
	return live_flow(conntrack_probe(context->tuple, opener, family), context->now);
}

/*
 * Whether a leaving packet that is not translated can belong to the flow: a load-balanced one has
 * its packets come by its selection, unless its backend is its own frontend (LB-14), and no packet
 * of a direct one leaves untranslated for a service (LB-13).
 */
static __always_inline bool flow_needs_no_selection(struct context *context, struct entry *flow,
						    const enum family family)
{
	const bool current = flow->service_revision == context->service_revision;

	if (flow->flags & ENTRY_LOAD_BALANCED)
		return flow_has_frontend(flow, context->tuple, family);
	context->connection->asked = !current;
	if (current || !frontend_find(context->tuple, family))
		return true;
	hit_if_new(context, CLAUSE_LB_13);
	return false;
}

/*
 * The flow that the selection under the packet's own tuple leads to. What enters there and is no
 * hairpin's would pass for a reply of the service, if it were let in as new (NAT-4b).
 */
static __always_inline struct entry *flow_by_selection(struct context *context,
						       const struct entry *selection,
						       const enum hook hook,
						       const enum family family)
{
	struct entry *flow;

	context->connection->translated = true;
	context->connection->overtakes = true;
	flow = selection_follow(context, selection, hook == HOOK_FROM_CONTAINER, family);
	context->connection->impostor = flow_is_open(flow);
	return selection_has_packets(context, hook) ? flow : NULL;
}

static __always_inline struct entry *flow_opened_by_endpoint(struct context *context,
							     const enum hook hook,
							     const enum family family)
{
	struct entry *own = conntrack_probe(context->tuple, OPENER_ENDPOINT, family);

	context->own = own;
	context->connection->found = own;
	if (!own)
		return NULL;
	if (own->flags & ENTRY_SELECTION)
		return flow_by_selection(context, own, hook, family);
	own = live_flow(own, context->now);
	if (own && hook == HOOK_FROM_CONTAINER && !flow_needs_no_selection(context, own, family))
		return NULL;
	return own;
}

/* NULL: the packet is new. */
static __always_inline void belong(struct context *context, struct entry *flow,
				   const enum opener opener, const enum hook hook)
{
	struct connection *connection = context->connection;
	const bool from_opener = opener == sender_of(hook);

	context->flow = flow;
	if (opener == OPENER_PEER || !flow)
		connection->translated = false;
	connection->opener = flow ? opener : sender_of(hook);
	connection->reason = !flow ? REASON_NEW : from_opener ? REASON_ESTABLISHED : REASON_REPLY;
}

/* CT-1b, between two live flows: an open one, else the one whose opener sent the packet. */
static __always_inline bool flow_comes_first(const struct entry *flow, const struct entry *other,
					     const bool sent_by_opener)
{
	if (flow_is_open(flow) != flow_is_open(other))
		return flow_is_open(flow);
	return sent_by_opener;
}

/* An open flow ends the search, since there is one at most (CT-1b). */
static __always_inline void conntrack_find_flow(struct context *context, const enum hook hook,
						const enum family family)
{
	struct entry *by_endpoint = flow_opened_by_endpoint(context, hook, family);
	struct entry *by_peer;

	by_peer = flow_is_open(by_endpoint) ? NULL : flow_find(context, OPENER_PEER, family);
	if (by_peer && (!by_endpoint ||
			flow_comes_first(by_peer, by_endpoint, hook == HOOK_TO_CONTAINER)))
		belong(context, by_peer, OPENER_PEER, hook);
	else
		belong(context, by_endpoint, OPENER_ENDPOINT, hook);
}

/* CT-8: the type and code, as a port, of the request that a reply answers; 0: not an answer. */
static __always_inline __be16 echo_request_of(const __be16 port, const enum family family)
{
	const bool wide = family == FAMILY_IPV6;
	const __u8 reply = wide ? ICMPV6_TYPE_ECHO_REPLY : ICMP_TYPE_ECHO_REPLY;
	const __u8 request = wide ? ICMPV6_TYPE_ECHO_REQUEST : ICMP_TYPE_ECHO_REQUEST;

	return port == network16(reply << 8) ? network16(request << 8) : 0;
}

/*
 * The live flow of an ICMP message that was sent at this hook: for an echo reply the request's,
 * else one by its own type and code (CT-8, CT-8a). The tuple has the flow's type and opener
 * afterwards.
 */
static __always_inline struct entry *icmp_flow_find(struct context *context, const enum hook hook,
						    const enum family family)
{
	const struct flow_tuple tuple = context->tuple->tuple;
	const enum opener sender = sender_of(hook);
	const __be16 request = echo_request_of(tuple.peer_port, family);
	struct flow_tuple requested = tuple;
	struct entry *flow;

	if (request) {
		requested.peer_port = request;
		flow_key_set_tuple(context->tuple, requested);
		flow = flow_find(context, other_end(sender), family);
		if (flow) {
			hit(context, CLAUSE_CT_8);
			return flow;
		}
		flow_key_set_tuple(context->tuple, tuple);
	}
	return flow_find(context, sender, family);
}

static __always_inline void conntrack_find_icmp(struct context *context, const enum hook hook,
						const enum family family)
{
	const enum opener sender = sender_of(hook);
	struct entry *flow = icmp_flow_find(context, hook, family);

	if (flow && context->tuple->tuple.opener != sender)
		return belong(context, flow, other_end(sender), hook);
	if (flow && hook == HOOK_FROM_CONTAINER && !flow_needs_no_selection(context, flow, family))
		flow = NULL;
	belong(context, flow, sender, hook);
	hit_what_is_new(context);
}

/* LB-11: a flow that is a hairpin is one from either end; what enters was seen when it left. */
static __always_inline void conntrack_mark_hairpin(struct context *context, const enum hook hook)
{
	struct connection *connection = context->connection;

	if (!context->flow || !(context->flow->flags & ENTRY_HAIRPIN))
		return;
	hit(context, CLAUSE_LB_11);
	connection->hairpin = true;
	connection->unchanged = hook == HOOK_TO_CONTAINER;
}

/* CT-6: an initial SYN on a closing flow is a new connection, whichever end it comes from. */
static __always_inline void conntrack_reopen(struct context *context, const enum hook hook)
{
	struct connection *connection = context->connection;

	if (!context->flow || !packet_is_initial_syn(context->packet) ||
	    !flow_is_closing(context->flow))
		return;
	hit(context, CLAUSE_CT_6);
	if (connection->translated && context->own) {
		connection->reopened = true;
		connection->former_slot = context->own->backend_slot;
	}
	belong(context, NULL, sender_of(hook), hook);
}

static __always_inline void conntrack_find(struct context *context, const enum hook hook,
					   const enum family family)
{
	conntrack_find_flow(context, hook, family);
	conntrack_reopen(context, hook);
	hit_what_is_new(context);
	conntrack_mark_hairpin(context, hook);
}

#endif
