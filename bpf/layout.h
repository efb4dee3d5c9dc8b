/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is in the maps. User space derives its codecs from the BTF of these types, so nothing here
 * is written down a second time.
 *
 * Addresses stand last in keys and values, but first in a flow's key, as one word for IPv4 and four
 * for IPv6. Code for both families works on the common part and on a word count that the compiler
 * knows; IPv4 pays for no byte of IPv6. Ports and addresses are in network order, everything else in the machine's.
 */
#ifndef TWINPATH_LAYOUT_H
#define TWINPATH_LAYOUT_H

#define WORDS_IPV4 1
#define WORDS_IPV6 4

enum hook {
	HOOK_FROM_CONTAINER = 0,
	HOOK_TO_CONTAINER = 1,
	HOOKS,
};

enum opener {
	OPENER_ENDPOINT = 0,
	OPENER_PEER = 1,
};

/* configuration: one element, memory-mapped by user space. */

enum no_backend_action {
	NO_BACKEND_DROP = 0,
	NO_BACKEND_REJECT = 1,
};

/* Events to report; bits of configuration.event_switches. */
enum event_switch {
	EVENT_SWITCH_POLICY_VERDICTS = 1 << 0,
	EVENT_SWITCH_SELECTIONS = 1 << 1,
	EVENT_SWITCH_DROPS = 1 << 2,
	EVENT_SWITCH_TRACES = 1 << 3,
};

struct configuration {
	__u64 clock_override;		/* ns; 0: the kernel's monotonic clock */
	__u64 tcp_opening_timeout;	/* ns, CT-3 */
	__u64 tcp_established_timeout;
	__u64 tcp_closing_timeout;
	__u64 other_timeout;
	__u64 fragment_timeout;		/* ns, FRAG-1 */
	__u32 policy_revision;		/* POL-5 */
	__u32 service_revision;		/* raised when a row of frontends is written or goes (LB-4, LB-13)
					   and when a service with affinity changes (LB-7) */
	__u32 event_switches;		/* enum event_switch, OBS-2, OBS-3 */
	__u32 events_per_second;	/* per CPU; 0: no limit */
	__u32 no_backend_action;	/* enum no_backend_action, LB-8 */
	__u32 rejects_per_second;	/* per CPU */
	__u32 defragmentation_interface;	/* 0: none, FRAG-2 */
	__u8 pick_up_mid_stream;	/* CT-7 */
	__u8 host_reaches_pods;		/* POL-6 */
	__u8 redirect_to_ingress;	/* programs sit in the pod: hairpin goes to ingress */
	__u8 padding;
	__be32 loopback_ipv4[WORDS_IPV4];	/* LB-11 */
	__be32 loopback_ipv6[WORDS_IPV6];
	__u32 padding_end;
};

/* endpoints: by interface index. */

enum endpoint_flag {
	ENDPOINT_HAS_IPV4 = 1 << 0,
	ENDPOINT_HAS_IPV6 = 1 << 1,
	ENDPOINT_ISOLATED_EGRESS = 1 << 2,
	ENDPOINT_ISOLATED_INGRESS = 1 << 3,
};

struct endpoint {
	__u32 interface;		/* the key again: by it a reader notices that the element has
					   become another pod's meanwhile */
	__u32 identifier;
	__u32 identity;
	__u32 policy;			/* key into policies; 0: no rules */
	__u32 flags;			/* enum endpoint_flag */
	__be32 ipv4[WORDS_IPV4];
	__be32 ipv6[WORDS_IPV6];
	__u32 ipv6_number;		/* what stands for this address in conntrack, 16 bits */
	__u32 interface_again;		/* kernels copy from either end (pod_copy) */
};

/*
 * conntrack: flows and selections in one table, so that a packet's own tuple finds either. Whose
 * flow it is, IPv4 says by the endpoint's address. IPv6 says it by a number that the control plane
 * gives to each such address: the kernel hashes 24 bytes in as many steps as the 16 of IPv4, and
 * needs two more for 40. The number comes last, because it is known last: the kernel can begin.
 */

struct flow_tuple {
	__be16 endpoint_port;
	__be16 peer_port;
	__u8 protocol;
	__u8 opener;			/* enum opener */
	__u16 endpoint_number;		/* endpoint.ipv6_number; IPv4: 0 */
};

struct flow_key_ipv4 {
	__be32 endpoint_address[WORDS_IPV4];
	__be32 peer_address[WORDS_IPV4];
	struct flow_tuple tuple;
};

struct flow_key_ipv6 {
	__be32 peer_address[WORDS_IPV6];
	struct flow_tuple tuple;
};

enum entry_flag {
	ENTRY_SELECTION = 1 << 0,	/* a selection; otherwise a flow */
	ENTRY_ESTABLISHED = 1 << 1,
	ENTRY_OPENER_CLOSING = 1 << 2,
	ENTRY_REPLY_CLOSING = 1 << 3,
	ENTRY_PICKED_UP = 1 << 4,
	ENTRY_LOAD_BALANCED = 1 << 5,
	ENTRY_HAIRPIN = 1 << 6,
};

struct entry {
	__u64 expires;			/* ns; flows only */
	__u64 opener_packets;		/* flows only, as the next three */
	__u64 opener_bytes;
	__u64 reply_packets;
	__u64 reply_bytes;
	__u16 flags;			/* enum entry_flag */
	__be16 service_port;		/* load-balanced flows only, with service_address */
	__u32 policy_revision;		/* flows only, POL-5 */
	__u32 service_revision;		/* when the tuple's peer was last looked up as a frontend; in a
					   load-balanced flow when its service last had no affinity */
	__u32 service;			/* service identifier of a selection or load-balanced flow */
	__u32 backend;			/* selections only: backend identifier ... */
	__u32 backend_slot;		/* ... and where it is in backends */
};

struct entry_ipv4 {
	struct entry entry;
	__be32 service_address[WORDS_IPV4];
	__u32 padding;
};

struct entry_ipv6 {
	struct entry entry;
	__be32 service_address[WORDS_IPV6];
};

/*
 * server_ports: a byte for each opener and port, not 0 once the conntrack table has had an entry of
 * that opener with this port at the other end, the server's. Most ports are clients' and never get
 * one, so that a look-up that would find nothing can be left out. By opener, then port; for
 * protocols that begin with ports.
 */

#define SERVER_PORTS_TOGETHER 8
#define SERVER_PORTS_ELEMENTS (65536 / SERVER_PORTS_TOGETHER)

struct server_ports {
	__u8 used[SERVER_PORTS_TOGETHER];
};

/* frontends: address, port, protocol; port and protocol 0 mark a service address (LB-9). */

struct frontend_tuple {
	__be16 port;
	__u8 protocol;
	__u8 padding;
};

struct frontend_key_ipv4 {
	struct frontend_tuple tuple;
	__be32 address[WORDS_IPV4];
};

struct frontend_key_ipv6 {
	struct frontend_tuple tuple;
	__be32 address[WORDS_IPV6];
};

struct frontend {
	__u32 service;			/* identifier; 0: a service address only */
	__u32 local_only;		/* 1: backends on this node alone (LB-12) */
};

/*
 * services: what the load balancer needs for one service, family and traffic policy. Lists of
 * eligible backends (LB-5) and Maglev tables are stretches of two flat arrays; a changed service
 * gets new stretches before its element is swapped, so that a packet sees the old or the new.
 */

enum algorithm {
	ALGORITHM_MAGLEV = 1,
	ALGORITHM_RANDOM = 2,
};

struct service_key {
	__u32 service;			/* identifier */
	__u8 family;			/* 4 or 6 */
	__u8 local_only;
	__u16 padding;
};

struct service {
	__u64 affinity_timeout;		/* ns; 0: no affinity */
	__u32 algorithm;		/* enum algorithm */
	__u32 eligible_first;		/* index into eligible_backends */
	__u32 eligible_count;
	__u32 maglev_first;		/* index into maglev_tables */
	__u32 maglev_size;
	__u32 padding;
};

/* eligible_backends: slots in backends. maglev_tables: index into the service's stretch of them. */

enum backend_state {
	BACKEND_ACTIVE = 1,
	BACKEND_TERMINATING = 2,
	BACKEND_QUARANTINED = 3,
};

enum backend_flag {
	BACKEND_SERVING = 1 << 0,
	BACKEND_LOCAL = 1 << 1,
};

struct backend {
	__u32 identifier;		/* 0: free. Never used twice, so that an old choice is noticed */
	__u32 service;			/* identifier of the service it belongs to */
	__be32 address[WORDS_IPV6];	/* IPv4 in the first word */
	__be16 port;
	__u8 state;			/* enum backend_state */
	__u8 flags;			/* enum backend_flag */
};

/* peers: exact addresses in a hash, prefixes in a trie behind it (POL-3). */

struct address_ipv4 {
	__be32 address[WORDS_IPV4];
};

struct address_ipv6 {
	__be32 address[WORDS_IPV6];
};

struct prefix_ipv4 {
	__u32 prefixlen;
	__be32 address[WORDS_IPV4];
};

struct prefix_ipv6 {
	__u32 prefixlen;
	__be32 address[WORDS_IPV6];
};

struct peer {
	__u32 identity;
	__u32 peer_class;		/* peers that no rule tells apart; 0: no rule names this peer */
};

/*
 * policies: for an endpoint's policy, direction and peer class one table per protocol. A table is
 * a page of 256 entries by the upper byte of the port, each of which is a decision for all 256
 * ports or names a page by the lower byte. For `other` protocols the protocol number is the port.
 */

enum policy_table {
	POLICY_TABLE_TCP,
	POLICY_TABLE_UDP,
	POLICY_TABLE_SCTP,
	POLICY_TABLE_ICMP,
	POLICY_TABLE_ICMPV6,
	POLICY_TABLE_OTHER,
	POLICY_TABLES,
};

struct policy_key {
	__u32 policy;
	__u32 peer_class;
	__u32 direction;		/* enum hook: egress is from_container */
};

struct policy_tables {
	__u32 page[POLICY_TABLES];	/* policy_pages index, or a decision */
};

enum policy_entry {
	POLICY_DECISION = 1U << 31,	/* otherwise a page; 0: no rule */
	POLICY_DENY = 1U << 30,
	POLICY_RULE = (1U << 30) - 1,	/* mask: the rule's identifier */
};

struct policy_page {
	__u32 entry[256];		/* page 0, which no rule names, has zeros alone */
};

/* affinities (LB-7) */

struct affinity_key_ipv4 {
	__u32 service;
	__be32 client_address[WORDS_IPV4];
};

struct affinity_key_ipv6 {
	__u32 service;
	__be32 client_address[WORDS_IPV6];
};

struct affinity {
	__u64 last_use;			/* ns */
	__u32 backend;			/* identifier */
	__u32 backend_slot;
};

/* datagrams: fragments (FRAG-1) */

struct datagram_tuple {
	__be32 identification;
	__u8 protocol;
	__u8 hook;			/* enum hook */
	__u16 padding;
};

struct datagram_key_ipv4 {
	struct datagram_tuple tuple;
	__be32 source[WORDS_IPV4];
	__be32 destination[WORDS_IPV4];
};

struct datagram_key_ipv6 {
	struct datagram_tuple tuple;
	__be32 source[WORDS_IPV6];
	__be32 destination[WORDS_IPV6];
};

struct datagram {
	__u64 expires;			/* ns */
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;			/* L4, behind extension headers that follow the fragment header */
	__u8 reassembly;		/* 1: every fragment goes to the defragmentation interface */
	__u16 padding;
};

/* counters: index hook * REASON_LIMIT + reason (OBS-1) */

struct counter {
	__u64 packets;
	__u64 bytes;
};

/* windows: per CPU, index enum window_kind (OBS-2a, LB-8) */

enum window_kind {
	WINDOW_EVENTS,
	WINDOW_REJECTS,
	WINDOWS,
};

struct window {
	__u64 begin;			/* ns */
	__u64 used;
	__u64 suppressed;
};

#endif
