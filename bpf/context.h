/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known about the packet under way. Each step of the way fills in its part; nothing is
 * written to tables or packet before all of them have agreed.
 *
 * Plain numbers are kept in a per-CPU map, not on the stack, because the verifier forgets there
 * what it had concluded about them: branches that differ in numbers alone are looked at once.
 * Pointers it has to remember; they are in struct context, which the compiler dissolves.
 */
#ifndef TWINPATH_CONTEXT_H
#define TWINPATH_CONTEXT_H

#include "platform.h"

#include "family.h"
#include "maps.h"
#include "packet.h"

/* An answer (LB-8) is no longer than this; the mask tells the verifier of a bound. */
#define ANSWER_LIMIT 1280U
#define ANSWER_LENGTH_MASK 0x7ffU

/* Its IP header first. What the verifier takes for possible fits, behind two headers, too. */
struct answer {
	__u8 bytes[sizeof(struct ipv6_header) + sizeof(struct icmp_header) +
		   ANSWER_LENGTH_MASK + sizeof(__u32)];
};

/* Steps 4 to 6: how the packet belongs to its flow, and what a new one has to record. */
struct connection {
	__u64 clauses_if_new;		/* for the trace; bits by enum trace_clause */
	__u32 reason;			/* new, established, reply or related (CT-2) */
	__u32 service;			/* of the selection to be recorded, as the next two */
	__u32 backend;
	__u32 backend_slot;
	__u32 former_slot;		/* where reopened: the old selection's backend */
	__u8 opener;			/* enum opener, of the flow or of the one to come */
	bool found;			/* there is an entry under the packet's own tuple ... */
	bool asked;			/* ... whose peer has been looked up as a frontend again (LB-15) */
	bool translated;		/* the flow's key is not the packet's tuple */
	bool balanced;			/* the load balancer chose a backend */
	bool selected;			/* ... in another place than the service: record the choice */
	bool impostor;			/* it would pass for a reply of a service (NAT-4b) */
	bool overtakes;			/* under its tuple is a selection, which goes if it is new and enters (CT-13) */
	bool reopened;			/* CT-6, through a selection; of what leaves */
	bool hairpin;			/* the pod talks to itself (LB-11) */
	bool unchanged;			/* entering on a hairpin flow: all was done when it left (LB-11c) */
	bool stateless;			/* no entry of its own: an ICMP error (CT-9), or for others (PKT-7b) */
	bool affinity;			/* a new flow's backend becomes the affine one (LB-7a) */
	bool reassembles;		/* a later fragment without its first (FRAG-2) */
};

/* Step 8. */
struct judgement {
	__u32 decision;			/* as in policy_pages; without POLICY_DECISION: no rule */
	__u32 local_identity;
	struct peer peer;		/* who it is to policy */
	__u32 table;			/* enum policy_table */
	__u16 port;			/* that rules look at */
	bool judged;			/* a new flow was judged: report it */
	bool allowed;
};

/* Step 2: what the endpoints' table has said, which may say something else by now. */
struct pod {
	__u32 endpoint;			/* its identifier; 0: not known yet */
	__u32 identity;
	__u32 policy;
	__u32 flags;			/* enum endpoint_flag */
	__u32 ipv6_number;
};

struct workspace {
	struct packet packet;
	struct connection connection;
	struct judgement judgement;
	__be32 endpoint_address[WORDS_IPV6];
	__be32 quoted_endpoint_address[WORDS_IPV6];
	struct flow_key tuple;
	struct flow_key flow_key;
	struct flow_key former_key;
	struct datagram_key datagram_key;
	struct packet quote;		/* what an ICMP error quotes */
	struct flow_key quote_tuple;	/* seen from the endpoint, too */
	struct entry_value value;
	struct entry flow_copy;		/* of a flow that may be evicted on the way */
	struct pod pod;
	bool parsed;			/* the tuple holds */
	struct answer answer;
	struct trace trace;
};

/* Programs run with bottom halves off: no other packet comes in between on this CPU. */
MAP(workspaces, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct workspace, 1, 0);

struct context {
	struct __sk_buff *skb;
	const struct configuration *configuration;
	__u64 now;				/* ns */
	__u32 policy_revision;			/* read before any table that it stands for */
	__u32 service_revision;
	struct entry *flow;			/* that the packet belongs to; NULL: new */
	struct entry *own;			/* up to step 6: under the tuple, opened by the endpoint */
	struct packet *packet;
	struct connection *connection;
	struct judgement *judgement;
	__be32 *endpoint_address;		/* that the packet has at the endpoint's end */
	struct flow_key *tuple;			/* the packet's own, seen from the endpoint */
	struct flow_key *flow_key;		/* the flow's: with the backend for a service */
	const struct pod *pod;			/* from step 2 on */
	struct workspace *workspace;
};

/* Something for the trace to tell. */
static __always_inline void hit(struct context *context, const enum trace_clause clause)
{
	context->workspace->trace.clauses |= 1ULL << clause;
}

/* The same, if no flow takes the packet in: which keys are looked up then is all the same. */
static __always_inline void hit_if_new(struct context *context, const enum trace_clause clause)
{
	context->connection->clauses_if_new = 1ULL << clause;
}

static __always_inline void hit_what_is_new(struct context *context)
{
	if (!context->flow)
		context->workspace->trace.clauses |= context->connection->clauses_if_new;
}

/* The L4 header, which parsing has made linear. */
static __always_inline void *packet_l4(const struct context *context, const __u32 length)
{
	return packet_linear_bytes(context->skb, context->packet->l4_offset, length);
}

#endif
