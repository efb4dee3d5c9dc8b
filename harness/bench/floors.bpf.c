// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The floor under every figure: one look-up and one insertion in tables of the same kind, size, key
 * and value as the datapath's conntrack. A program cannot do less for a packet and make use of it:
 * the key is the packet's, and the entry is read.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include <stdbool.h>

#include "../../bpf/layout.h"

#define ENTRIES 524288

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct flow_key_ipv4);
	__type(value, struct entry_ipv4);
	__uint(max_entries, ENTRIES);
} floor_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct flow_key_ipv6);
	__type(value, struct entry_ipv6);
	__uint(max_entries, ENTRIES);
} floor_ipv6 SEC(".maps");

/* The key that every look-up is for, and the next to be inserted: told apart by a word each. */
struct floor_state {
	__u32 next;
	__u32 padding;
	struct entry_ipv4 value_ipv4;
	struct entry_ipv6 value_ipv6;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct floor_state);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
} floor_states SEC(".maps");

static __always_inline struct floor_state *state_get(void)
{
	const __u32 only = 0;

	return bpf_map_lookup_elem(&floor_states, &only);
}

/* Addresses and ports are taken from the packet, as whoever looks up a packet's entry has to. */
static __always_inline bool key_set(struct __sk_buff *skb, void *tuple, __u32 *addresses,
				    const int words, const int offset)
{
	const __u32 *packet = (void *)(long)skb->data + offset;
	int i;

	if ((void *)(packet + words + 1) > (void *)(long)skb->data_end)
		return false;
#pragma unroll
	for (i = 0; i < words; i++)
		addresses[i] = packet[i];
	*(__u32 *)tuple = packet[words];
	return true;
}

#define FLOORS(family_, words_, offset_)                                                           \
	SEC("tc")                                                                                  \
	int lookup_##family_(struct __sk_buff *skb)                                                \
	{                                                                                          \
		struct flow_key_##family_ key = {};                                                \
		const struct entry_##family_ *entry;                                               \
                                                                                                   \
		if (!key_set(skb, &key.tuple, (__u32 *)&key, words_, offset_))                     \
			return TC_ACT_SHOT;                                                        \
		entry = bpf_map_lookup_elem(&floor_##family_, &key);                               \
		return entry && !entry->entry.expires ? TC_ACT_OK : TC_ACT_SHOT;                   \
	}                                                                                          \
                                                                                                   \
	SEC("tc")                                                                                  \
	int insert_##family_(struct __sk_buff *skb)                                                \
	{                                                                                          \
		struct flow_key_##family_ key = {};                                                \
		struct floor_state *state = state_get();                                           \
                                                                                                   \
		if (!state ||                                                                      \
		    !key_set(skb, &key.tuple, (__u32 *)&key, words_, offset_))                     \
			return TC_ACT_SHOT;                                                        \
		key.peer_address[0] = ++state->next;                                               \
		return bpf_map_update_elem(&floor_##family_, &key, &state->value_##family_,        \
					   BPF_ANY) ? TC_ACT_SHOT : TC_ACT_OK;                     \
	}

FLOORS(ipv4, 2 * WORDS_IPV4, 26)	/* both addresses */
FLOORS(ipv6, WORDS_IPV6, 38)		/* the destination: a number stands for the other end */

char floors_license[] SEC("license") = "Dual BSD/GPL";
