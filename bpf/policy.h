/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 8: policy (POL). The cost does not grow with the number of rules (POL-7). */
#ifndef TWINPATH_POLICY_H
#define TWINPATH_POLICY_H

#include "platform.h"

#include "context.h"
#include "peer.h"

static __always_inline enum policy_table policy_table_of(const __u8 protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return POLICY_TABLE_TCP;
	case PROTOCOL_UDP:
		return POLICY_TABLE_UDP;
	case PROTOCOL_SCTP:
		return POLICY_TABLE_SCTP;
	case PROTOCOL_ICMP:
		return POLICY_TABLE_ICMP;
	case PROTOCOL_ICMPV6:
		return POLICY_TABLE_ICMPV6;
	default:
		return POLICY_TABLE_OTHER;
	}
}

/*
 * Which port a rule looks at: the server's, which for ICMP is type and code. Protocols without a
 * table of their own have their number in its place.
 */
static __always_inline __u16 policy_port(const struct flow_key *key, const enum family family)
{
	const struct flow_tuple *tuple = &key->tuple;
	const __u8 icmp = family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;

	if (policy_table_of(tuple->protocol) == POLICY_TABLE_OTHER)
		return tuple->protocol;
	if (tuple->opener == OPENER_ENDPOINT || tuple->protocol == icmp)
		return network16(tuple->peer_port);
	return network16(tuple->endpoint_port);
}

static __always_inline const struct policy_tables *policy_find(const struct pod *pod,
							       const __u32 peer_class,
							       const enum opener opener)
{
	struct policy_key key = {
		.policy = pod->policy,
		.peer_class = peer_class,
		.direction = opener == OPENER_ENDPOINT ? HOOK_FROM_CONTAINER : HOOK_TO_CONTAINER,
	};
	const struct policy_tables *tables;

	if (!key.policy)
		return NULL;
	tables = map_lookup(policies, &key);
	if (tables || !key.peer_class)
		return tables;
	key.peer_class = 0;
	return map_lookup(policies, &key);
}

/*
 * One byte of the port further, where the entry names a page. A decision is beyond the array's end;
 * page 0, which no rule names, has only zeros.
 */
static __always_inline __u32 policy_step(const __u32 entry, const __u8 port_byte)
{
	const struct policy_page *page = map_lookup(policy_pages, &entry);

	return page ? page->entry[port_byte] : entry;
}

/* What the rules say about a port; without POLICY_DECISION: nothing. */
static __always_inline __u32 policy_decide(const struct policy_tables *tables,
					   const __u32 table, const __u16 port)
{
	__u32 entry = 0;

	if (tables && table < POLICY_TABLES)
		entry = tables->page[table];
	return policy_step(policy_step(entry, port >> 8), port & 0xff);
}

/* POL-2. */
static __always_inline bool isolation_allows(const struct pod *pod,
					     const enum opener opener)
{
	const __u32 isolated = opener == OPENER_ENDPOINT ? ENDPOINT_ISOLATED_EGRESS
							 : ENDPOINT_ISOLATED_INGRESS;

	return !(pod->flags & isolated);
}

/* POL-6. */
static __always_inline bool is_admitted_host(struct context *context)
{
	return context->configuration->host_reaches_pods &&
	       context->flow_key->tuple.opener == OPENER_PEER &&
	       context->judgement->peer.identity == IDENTITY_HOST;
}

/* What the rules say about context->flow_key as its opener opened it (policy_decide). */
static __always_inline __u32 rules_judge(struct context *context, const enum family family)
{
	struct judgement *judgement = context->judgement;
	struct flow_key *key = context->flow_key;

	judgement->table = policy_table_of(key->tuple.protocol);
	judgement->port = policy_port(key, family);
	forget_memory();
	return policy_decide(policy_find(context->pod, judgement->peer.peer_class,
					 key->tuple.opener),
			     judgement->table, judgement->port);
}

/* Whether context->flow_key is allowed (POL-4, POL-5): by the node, a rule, or isolation. */
static __always_inline bool policy_judge(struct context *context, const enum family family)
{
	struct judgement *judgement = context->judgement;
	struct flow_key *key = context->flow_key;

	judgement->local_identity = context->pod->identity;
	judgement->peer = peer_find(peer_address(key, family), family);
	if (is_admitted_host(context)) {
		hit(context, CLAUSE_POL_6);
		judgement->decision = POLICY_DECISION | POLICY_RULE;
	} else {
		judgement->decision = rules_judge(context, family);
		hit(context, judgement->decision & POLICY_DECISION ? CLAUSE_POL_1 : CLAUSE_POL_2);
	}
	if (judgement->decision & POLICY_DECISION)
		return !(judgement->decision & POLICY_DENY);
	return isolation_allows(context->pod, key->tuple.opener);
}

/* 0: go on. New flows, and others once after each policy change; no hairpins (LB-11d). */
static __always_inline enum reason policy_apply(struct context *context, const enum family family)
{
	struct judgement *judgement = context->judgement;
	const struct entry *flow = context->flow;

	if (context->connection->hairpin)
		return 0;
	if (flow && flow->policy_revision == context->policy_revision)
		return 0;
	if (!context->connection->translated)
		flow_key_copy(context->flow_key, context->tuple, family);
	flow_key_set_opener(context->flow_key, context->connection->opener);
	judgement->allowed = policy_judge(context, family);
	judgement->judged = !flow;
	if (flow)
		hit(context, CLAUSE_POL_5);
	if (judgement->allowed)
		return 0;
	return flow ? REASON_POLICY_REVOKED : REASON_POLICY_DENIED;
}

#endif
