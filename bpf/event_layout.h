/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is on the ring: events and traces. Either begins with its time and its kind, which tells
 * them apart. User space reads these types from BTF, as it does those in layout.h.
 */
#ifndef TWINPATH_EVENT_LAYOUT_H
#define TWINPATH_EVENT_LAYOUT_H

#include "layout.h"

/* events: one layout for all kinds; fields that a kind does not use are 0. */

enum event_kind {
	EVENT_SELECTION = 1,
	EVENT_POLICY_VERDICT = 2,
	EVENT_DROP = 3,
	EVENT_TRACE = 4,
};

struct event {
	__u64 time;			/* ns */
	__u8 kind;			/* enum event_kind */
	__u8 hook;			/* enum hook */
	__u8 family;			/* 4 or 6; 0: empty tuple */
	__u8 protocol;
	__be16 source_port;
	__be16 destination_port;
	__be32 source[WORDS_IPV6];	/* IPv4 in the first word */
	__be32 destination[WORDS_IPV6];
	__u32 endpoint;
	__u32 reason;			/* drop: enum reason; policy verdict: 1 allow, 0 deny */
	__u32 rule;			/* policy verdict */
	__u32 local_identity;
	__u32 peer_identity;
	__u32 service;			/* selection, as the next four */
	__u32 backend;
	__be16 backend_port;
	__u16 padding;
	__be32 backend_address[WORDS_IPV6];
};

/* traces (OBS-3). Headers are the frame's first bytes; what is not there is 0. */

#define TRACE_HEADERS 128

/* What a packet met on its way, as bits: what its reason does not tell by itself. */
enum trace_clause {
	CLAUSE_CT_5,			/* the flow's TCP state changed */
	CLAUSE_CT_6,			/* an initial SYN on a closing flow */
	CLAUSE_CT_7,			/* mid-stream */
	CLAUSE_CT_8,			/* an echo reply and its request's flow */
	CLAUSE_CT_9,			/* an ICMP error about a live flow */
	CLAUSE_LB_3,			/* a backend by the algorithm */
	CLAUSE_LB_4,			/* a choice whose frontend has moved */
	CLAUSE_LB_4A,			/* a lost selection's flow */
	CLAUSE_LB_6,			/* a choice whose backend is gone or quarantined */
	CLAUSE_LB_7,			/* an affine backend */
	CLAUSE_LB_7A,			/* a backend that became the affine one */
	CLAUSE_LB_8,			/* no backend */
	CLAUSE_LB_10,			/* service to backend */
	CLAUSE_LB_11,			/* hairpin */
	CLAUSE_LB_13,			/* a direct flow's peer has become a service */
	CLAUSE_NAT_1,			/* backend to service */
	CLAUSE_NAT_2,			/* the same in an ICMP error */
	CLAUSE_NAT_4,			/* a backend that clashed */
	CLAUSE_POL_1,			/* a rule decided */
	CLAUSE_POL_2,			/* isolation decided */
	CLAUSE_POL_5,			/* judged again */
	CLAUSE_POL_6,			/* the node */
	CLAUSE_FRAG_1,			/* a fragment with a known first one, or the first one */
	CLAUSE_FRAG_2,			/* a fragment without */
};

struct trace {
	__u64 time;			/* ns */
	__u8 kind;			/* EVENT_TRACE */
	__u8 hook;			/* enum hook */
	__u8 verdict;			/* what tc was told */
	__u8 reason;			/* enum reason */
	__u32 interface;
	__u32 length_before;		/* of the whole frame */
	__u32 length_after;
	__u64 clauses;			/* bits by enum trace_clause */
	__u8 before[TRACE_HEADERS];
	__u8 after[TRACE_HEADERS];
};

#endif
