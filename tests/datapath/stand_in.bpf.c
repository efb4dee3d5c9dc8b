// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stands in for the datapath where a test needs one that does a certain thing, right or wrong: the
 * packet's mark says which. Same maps, same program names, but that it may damage every map.
 */
#include "../../bpf/platform.h"

#define BPF_F_RDONLY_PROG 0

#include "../../bpf/maps.h"

enum deed {
	DEED_PASS = 0,
	DEED_REDIRECT = 1,
	DEED_UNKNOWN_VERDICT = 2,
	DEED_STALE_CHECKSUM = 3,
	DEED_EVENT = 4,
	DEED_SENSELESS_EVENT = 5,
	DEED_DAMAGE = 6,
	DEED_SENSELESS_KEY = 7,
	DEED_COUNT = 8,
	DEED_SENSELESS_ENTRY = 9,
	DEED_CLOCK = 10,
	DEED_SENSELESS_COUNT = 11,
	DEED_INTERFACE = 12,
};

static __always_inline void report(const __u64 time, const __u16 padding)
{
	struct event *event = ring_reserve(events, sizeof(*event));

	if (!event)
		return;
	*event = (struct event){
		.time = time,
		.kind = EVENT_DROP,
		.reason = REASON_UNKNOWN_L3,
		.padding = padding,
	};
	ring_submit(event);
}

static __always_inline void remember(const __u16 number, const __u16 flags)
{
	const struct flow_key_ipv4 key = { .tuple = { .protocol = 6, .endpoint_number = number } };
	const struct entry_ipv4 entry = { .entry = { .expires = 5, .flags = flags } };

	map_update(conntrack_ipv4, &key, &entry, BPF_ANY);
}

static __always_inline void spoil(void)
{
	const __u32 interface = 77;
	const struct endpoint endpoint = { .identifier = 1 };
	struct backend *backend = map_lookup(backends, &interface);

	map_update(endpoints, &interface, &endpoint, BPF_ANY);
	if (backend)
		backend->state = 9;
}

static __always_inline void count(const __u32 reason)
{
	const __u32 index = HOOK_FROM_CONTAINER * REASON_LIMIT + reason;
	const __u32 of_events = WINDOW_EVENTS, of_rejects = WINDOW_REJECTS;
	struct counter *counter = map_lookup(counters, &index);
	struct window *events_window = map_lookup(windows, &of_events);
	struct window *rejects_window = map_lookup(windows, &of_rejects);

	if (counter)
		counter->packets += 1;
	if (events_window)
		events_window->suppressed += 1;
	if (rejects_window)
		rejects_window->used += 1;
}

SEC("tc")
int from_container(struct __sk_buff *skb)
{
	const __u32 first = 0;
	const struct configuration *settings = map_lookup(configuration, &first);
	const __u8 other = 0xee;

	switch (skb->mark) {
	case DEED_REDIRECT:
		skb->cb[4] = 9;
		return 7;
	case DEED_UNKNOWN_VERDICT:
		return 5;
	case DEED_STALE_CHECKSUM:
		bpf_skb_store_bytes(skb, 40, &other, 1, 0);
		break;
	case DEED_EVENT:
		report(1, 0);
		break;
	case DEED_SENSELESS_EVENT:
		report(1, 1);
		break;
	case DEED_DAMAGE:
		spoil();
		break;
	case DEED_SENSELESS_KEY:
		remember(1, 0);
		break;
	case DEED_COUNT:
		count(REASON_NEW);
		break;
	case DEED_SENSELESS_ENTRY:
		remember(0, 1 << 15);
		break;
	case DEED_CLOCK:
		if (settings)
			report(settings->clock_override, 0);
		break;
	case DEED_SENSELESS_COUNT:
		count(0);
		break;
	case DEED_INTERFACE:
		report(skb->ifindex, 0);
		break;
	}
	return 0;
}

SEC("tc")
int to_container(struct __sk_buff *skb)
{
	return 2;
}

LICENSE("Dual BSD/GPL");
