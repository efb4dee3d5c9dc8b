/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 4 for ICMP errors: the flow that they are about (CT-9). */
#ifndef TWINPATH_ICMP_ERROR_H
#define TWINPATH_ICMP_ERROR_H

#include "platform.h"

#include "conntrack.h"
#include "context.h"
#include "quote.h"

/*
 * A packet that left was translated before anyone could complain about it, so only a hairpin's is
 * quoted with the service in it; one that entered may be quoted as the pod saw it (CT-9a).
 */
static __always_inline struct entry *quoted_flow_opened_by_endpoint(struct context *context,
								    const enum hook hook,
								    const enum family family)
{
	struct entry *entry = conntrack_lookup(context->tuple, family);
	struct entry *flow;

	if (!entry)
		return NULL;
	if (!(entry->flags & ENTRY_SELECTION))
		return live_flow(entry, context->now);
	flow = selection_follow(context, entry, false, family);
	if (!flow || !selection_has_packets(context, hook))
		return NULL;
	context->connection->translated = true;
	return flow;
}

/* Both openers' keys; between two, the open one, else the quoted packet's sender's (CT-1b). */
static __always_inline struct entry *quoted_flow_find(struct context *context,
						      const enum hook hook,
						      const enum family family)
{
	struct entry *by_endpoint = quoted_flow_opened_by_endpoint(context, hook, family);
	struct entry *by_peer = flow_find(context, OPENER_PEER, family);
	const bool sent_by_peer = hook == HOOK_FROM_CONTAINER;

	if (!by_peer || (by_endpoint && flow_comes_first(by_endpoint, by_peer, !sent_by_peer)))
		return by_endpoint;
	context->connection->translated = false;
	return by_peer;
}

/* Whether an error is related, and to which flow; if not, it is new and leaves no entry. */
static __always_inline bool conntrack_find_related(struct context *context, const enum hook hook,
						   const enum family family)
{
	const enum hook quoted_hook =
		hook == HOOK_FROM_CONTAINER ? HOOK_TO_CONTAINER : HOOK_FROM_CONTAINER;
	struct context quoted = *context;

	context->connection->stateless = true;
	belong(context, NULL, sender_of(hook), hook);
	if (!quote_parse(context, hook, family))
		return false;
	quoted.tuple = &context->workspace->quote_tuple;
	if (packet_is_icmp(&context->workspace->quote, family))
		context->flow = icmp_flow_find(&quoted, quoted_hook, family);
	else
		context->flow = quoted_flow_find(&quoted, hook, family);
	hit_what_is_new(context);
	if (!context->flow)
		return false;
	hit(context, CLAUSE_CT_9);
	conntrack_mark_hairpin(context, hook);
	return true;
}

#endif
