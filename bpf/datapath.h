/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way of a packet, as docs/specification.md gives it: decide, record, rewrite, report. */
#ifndef TWINPATH_DATAPATH_H
#define TWINPATH_DATAPATH_H

#include "platform.h"

#include "configuration.h"
#include "conntrack.h"
#include "context.h"
#include "counter.h"
#include "endpoint.h"
#include "error_translation.h"
#include "event.h"
#include "fragment.h"
#include "icmp_error.h"
#include "load_balancer.h"
#include "parse.h"
#include "policy.h"
#include "record.h"
#include "redirect.h"
#include "reject.h"
#include "trace.h"
#include "translation.h"

/* What tc does with the packet. */
enum verdict {
	VERDICT_PASS = 0,
	VERDICT_DROP = 2,
};

static __always_inline bool is_drop(const enum reason reason)
{
	return reason >= REASON_UNKNOWN_L3;
}

/*
 * Step 4. Related: an ICMP error about a flow, which goes its own way from here. What enters for
 * another address than the pod's belongs to none (PKT-7b).
 */
static __always_inline enum reason find_flow(struct context *context, const enum hook hook,
					     const enum family family)
{
	if (context->connection->stateless)
		belong(context, NULL, sender_of(hook), hook);
	else if (!packet_is_icmp(context->packet, family))
		conntrack_find(context, hook, family);
	else if (!packet_is_icmp_error(context->packet, family))
		conntrack_find_icmp(context, hook, family);
	else if (conntrack_find_related(context, hook, family))
		return REASON_RELATED;
	return 0;
}

/* Steps 5 to 7 for a packet that no flow has taken in. */
static __always_inline enum reason decide_new(struct context *context, const enum hook hook,
					      const enum family family)
{
	const struct packet *packet = context->packet;
	enum reason reason;

	if (hook == HOOK_FROM_CONTAINER) {
		reason = load_balance(context, family);
		if (reason)
			return reason;
	} else if (context->connection->impostor) {
		return REASON_TUPLE_CLASH;
	}
	if (context->flow || !packet_is_tcp(packet) || packet_is_initial_syn(packet))
		return 0;
	hit(context, CLAUSE_CT_7);
	return context->configuration->pick_up_mid_stream ? 0 : REASON_MID_STREAM;
}

/* Steps 1 to 8: nothing is written. 0: the packet passes as its connection says. */
static __always_inline enum reason decide(struct context *context, const enum hook hook,
					  const enum family family)
{
	enum reason reason;

	reason = parse(context, hook, family);
	if (reason)
		return reason;
	reason = endpoint_find(context, hook, family);
	if (reason)
		return reason;
	reason = fragment_resolve(context, hook, family);
	if (reason)
		return reason;
	reason = find_flow(context, hook, family);
	if (reason)
		return reason;
	if (!context->flow) {
		reason = decide_new(context, hook, family);
		if (reason)
			return reason;
	}
	reason = translation_check(context, hook, family);
	if (reason)
		return reason;
	return policy_apply(context, family);
}

/*
 * Step 9, packet and tables. The kernel can refuse the packet's changes (PKT-10) and its entries
 * (CT-12), in this order: a frame that is dropped after all needs no taking back. What is only
 * changed in place comes when nothing can fail any more.
 */
static __always_inline enum reason carry_out(struct context *context, const enum hook hook,
					     const enum family family)
{
	const struct connection *connection = context->connection;
	const bool creates = creates_selection(context, hook) || creates_flow(context);

	if (!translate(context, hook, family))
		return REASON_REWRITE_FAILED;
	if (creates && !record_create(context, hook, family))
		return REASON_CONNTRACK_CREATE_FAILED;
	if (context->flow && !connection->unchanged)
		record_refresh(context, hook, family);
	if (hook == HOOK_FROM_CONTAINER && connection->affinity && creates_flow(context))
		affinity_record(context, family);
	if (context->packet->fragment == FRAGMENT_FIRST)
		datagram_remember(context, family);
	return connection->reason;
}

/* Step 9 for those that do not pass as their connection says. */
static __always_inline enum reason carry_out_exception(struct context *context,
						       const enum hook hook,
						       const enum reason reason,
						       const enum family family)
{
	if (reason == REASON_RELATED)
		return error_translate(context, hook, family);
	if (reason == REASON_POLICY_REVOKED)
		conntrack_delete(context->flow_key, family);
	if (reason == REASON_REASSEMBLY && context->connection->reassembles)
		datagram_remember(context, family);
	if (reason == REASON_NO_BACKEND)
		return reject(context, family);
	return reason;
}

/* Step 9, counters and events. */
static __always_inline void report(struct context *context, const enum hook hook,
				   const enum reason reason, const enum family family)
{
	counter_add(hook, reason, context->packet->length);
	if (creates_selection(context, hook) && !is_drop(reason))
		event_selection(context, hook, family);
	if (context->judgement->judged)
		event_policy_verdict(context, hook, family);
	if (is_drop(reason))
		event_drop(context, hook, reason, family);
}

/* Where the packet goes now. */
static __always_inline int verdict_of(struct context *context, const enum hook hook,
				      const enum reason reason)
{
	if (reason == REASON_REASSEMBLY)
		return redirect_to_reassembly(context);
	if (hook == HOOK_FROM_CONTAINER &&
	    (reason == REASON_REJECTED || (!is_drop(reason) && context->connection->hairpin)))
		return redirect_to_pod(context);
	return is_drop(reason) ? VERDICT_DROP : VERDICT_PASS;
}

/* What is decided and carried out is told, to tc last. */
static __always_inline int finish(struct context *context, const enum hook hook,
				  const enum reason reason, const enum family family)
{
	int verdict;

	report(context, hook, reason, family);
	verdict = verdict_of(context, hook, reason);
	trace_end(context, hook, reason, verdict);
	return verdict;
}

static __always_inline int handle_ip(struct context *context, const enum hook hook,
				     const enum family family)
{
	enum reason reason = decide(context, hook, family);

	if (reason)
		reason = carry_out_exception(context, hook, reason, family);
	else
		reason = carry_out(context, hook, family);
	return finish(context, hook, reason, family);
}

static __always_inline void context_begin(struct context *context)
{
	struct workspace *workspace = context->workspace;

	context->packet = &workspace->packet;
	context->connection = &workspace->connection;
	context->judgement = &workspace->judgement;
	context->pod = &workspace->pod;
	context->endpoint_address = workspace->endpoint_address;
	context->tuple = &workspace->tuple;
	context->flow_key = &workspace->flow_key;
	*context->packet = (struct packet){ .length = context->skb->len, .end = context->skb->len };
	*context->connection = (struct connection){};
	context->judgement->judged = false;
	workspace->pod.endpoint = 0;
	workspace->parsed = false;
	context->now = clock_read(context->configuration);
	context->policy_revision = context->configuration->policy_revision;
	context->service_revision = context->configuration->service_revision;
	trace_begin(context);
}

/* ARP passes; a frame with a VLAN tag, in it or beside it, has the tag's type (PKT-1). */
static __always_inline int handle_frame(struct context *context, const enum hook hook,
					const __be16 type)
{
	context_begin(context);
	if (type == network16(ETHERNET_IPV4))
		return handle_ip(context, hook, FAMILY_IPV4);
	if (type == network16(ETHERNET_IPV6))
		return handle_ip(context, hook, FAMILY_IPV6);
	return finish(context, hook,
		      type == network16(ETHERNET_ARP) ? REASON_UNTRACKED : REASON_UNKNOWN_L3,
		      FAMILY_IPV4);
}

static __always_inline int handle(struct __sk_buff *skb, const enum hook hook)
{
	const struct ethernet_header *ethernet = packet_bytes(skb, 0, sizeof(*ethernet));
	const __u32 only = 0;
	struct context context = {
		.skb = skb,
		.configuration = configuration_get(),
		.workspace = map_lookup(workspaces, &only),
	};

	/* None of them is missing: the verifier does not know. */
	if (!context.configuration || !context.workspace || !ethernet)
		return VERDICT_DROP;
	return handle_frame(&context, hook, skb->vlan_present ? skb->vlan_proto : ethernet->type);
}

#endif
