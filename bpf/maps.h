/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps. Sizes are defaults: the loader may set others before the object is loaded, which is how
 * one binary serves a laptop and a large node.
 *
 * The verifier holds programs to it that they only read what the control plane writes. Arrays it
 * has to leave out: they are mappable, so that user space can write and compare a whole one without
 * a system call for each element, and the kernel maps nothing for writing that it promises not to
 * change.
 */
#ifndef TWINPATH_MAPS_H
#define TWINPATH_MAPS_H

#include "platform.h"

#include "event_layout.h"
#include "layout.h"
#include "reason.h"

#define CONTROL_PLANE_HASH (BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG)

MAP(configuration, BPF_MAP_TYPE_ARRAY, __u32, struct configuration, 1, BPF_F_MMAPABLE);
MAP(endpoints, BPF_MAP_TYPE_HASH, __u32, struct endpoint, 512, BPF_F_RDONLY_PROG);

MAP(conntrack_ipv4, BPF_MAP_TYPE_LRU_HASH, struct flow_key_ipv4, struct entry_ipv4, 524288, 0);
MAP(conntrack_ipv6, BPF_MAP_TYPE_LRU_HASH, struct flow_key_ipv6, struct entry_ipv6, 524288, 0);
MAP(server_ports, BPF_MAP_TYPE_ARRAY, __u32, struct server_ports, 2 * SERVER_PORTS_ELEMENTS,
    BPF_F_MMAPABLE);

MAP(frontends_ipv4, BPF_MAP_TYPE_HASH, struct frontend_key_ipv4, struct frontend, 131072,
    CONTROL_PLANE_HASH);
MAP(frontends_ipv6, BPF_MAP_TYPE_HASH, struct frontend_key_ipv6, struct frontend, 131072,
    CONTROL_PLANE_HASH);
MAP(services, BPF_MAP_TYPE_HASH, struct service_key, struct service, 131072,
    CONTROL_PLANE_HASH);
MAP(eligible_backends, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1048576, BPF_F_MMAPABLE);
MAP(maglev_tables, BPF_MAP_TYPE_ARRAY, __u32, __u32, 4194304, BPF_F_MMAPABLE);
MAP(backends, BPF_MAP_TYPE_ARRAY, __u32, struct backend, 524288, BPF_F_MMAPABLE);
MAP(affinities_ipv4, BPF_MAP_TYPE_LRU_HASH, struct affinity_key_ipv4, struct affinity, 65536, 0);
MAP(affinities_ipv6, BPF_MAP_TYPE_LRU_HASH, struct affinity_key_ipv6, struct affinity, 65536, 0);

MAP(addresses_ipv4, BPF_MAP_TYPE_HASH, struct address_ipv4, struct peer, 524288,
    CONTROL_PLANE_HASH);
MAP(addresses_ipv6, BPF_MAP_TYPE_HASH, struct address_ipv6, struct peer, 524288,
    CONTROL_PLANE_HASH);
MAP(prefixes_ipv4, BPF_MAP_TYPE_LPM_TRIE, struct prefix_ipv4, struct peer, 131072,
    CONTROL_PLANE_HASH);
MAP(prefixes_ipv6, BPF_MAP_TYPE_LPM_TRIE, struct prefix_ipv6, struct peer, 131072,
    CONTROL_PLANE_HASH);
MAP(policies, BPF_MAP_TYPE_HASH, struct policy_key, struct policy_tables, 131072,
    CONTROL_PLANE_HASH);
MAP(policy_pages, BPF_MAP_TYPE_ARRAY, __u32, struct policy_page, 16384, BPF_F_MMAPABLE);

MAP(datagrams_ipv4, BPF_MAP_TYPE_LRU_HASH, struct datagram_key_ipv4, struct datagram, 8192, 0);
MAP(datagrams_ipv6, BPF_MAP_TYPE_LRU_HASH, struct datagram_key_ipv6, struct datagram, 8192, 0);

MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct counter, HOOKS * REASON_LIMIT, 0);
MAP(windows, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct window, WINDOWS, 0);
MAP_RING(events, 1 << 20);

/* Types that no map has and user space has to know. */
EXPORT_TYPES(
	struct event event;
	struct trace trace;
	enum hook hook;
	enum opener opener;
	enum no_backend_action no_backend_action;
	enum event_switch event_switch;
	enum endpoint_flag endpoint_flag;
	enum entry_flag entry_flag;
	enum algorithm algorithm;
	enum backend_state backend_state;
	enum backend_flag backend_flag;
	enum policy_table policy_table;
	enum policy_entry policy_entry;
	enum window_kind window_kind;
	enum event_kind event_kind;
	enum trace_clause trace_clause;
	enum reason reason;
);

#endif
