/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One map of each kind that is used, and a program that shows what it was given. */
#include "../../../bpf/platform.h"

enum colour {
	COLOUR_RED = 3,
	COLOUR_HIGH = 1U << 31,
};

struct sighting {
	__u64 length;
	__u32 linear_length;
	__u32 wire_length;
	__u32 interface;
	__u32 ingress_interface;
	__u32 protocol;
	__u32 verdict;			/* written by user space */
};

struct lookup_key {
	__be16 port;
	__u8 protocol;
	__u8 padding;
	__be32 address[4];
};

struct prefix {
	__u32 prefixlen;
	__u8 address[4];
};

struct count {
	__u64 packets;
	__u64 bytes;
};

MAP(sightings, BPF_MAP_TYPE_ARRAY, __u32, struct sighting, 1, BPF_F_MMAPABLE);
MAP(plain, BPF_MAP_TYPE_HASH, struct lookup_key, struct count, 1024, BPF_F_NO_PREALLOC);
MAP(recent, BPF_MAP_TYPE_LRU_HASH, __u32, __u64, 1024, 0);
MAP(prefixes, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u32, 64, BPF_F_NO_PREALLOC);
MAP(numbers, BPF_MAP_TYPE_ARRAY, __u32, __u64, 8, 0);
MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct count, 2, 0);
MAP(words, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u32, 2, 0);
MAP_RING(records, 4096);

#ifndef TWINPATH_BCC
const enum colour colour_type SEC(".more_types");
#endif

SEC("tc")
int observe(struct __sk_buff *skb)
{
	__u32 index = 0;
	struct sighting *sighting = map_lookup(sightings, &index);
	struct count *count = map_lookup(counts, &index);
	__u64 *record;

	if (!sighting || !count)
		return 2;
	sighting->length = skb->len;
	sighting->linear_length = skb->data_end - skb->data;
	sighting->wire_length = skb->wire_len;
	sighting->interface = skb->ifindex;
	sighting->ingress_interface = skb->ingress_ifindex;
	sighting->protocol = skb->protocol;
	count->packets += 1;
	count->bytes += skb->len;
	record = ring_reserve(records, sizeof(*record));
	if (record) {
		*record = count->packets;
		ring_submit(record);
	}
	return sighting->verdict;
}

/* Swaps the Ethernet addresses, marks the packet and names an interface in its control block. */
SEC("tc")
int alter(struct __sk_buff *skb)
{
	__u8 *frame = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int i;

	if (frame + 14 > end)
		return 2;
	for (i = 0; i < 6; i++) {
		__u8 byte = frame[i];

		frame[i] = frame[6 + i];
		frame[6 + i] = byte;
	}
	skb->mark += 1;
	skb->priority = 9;
	skb->cb[4] = skb->cb[0];
	return 7;
}

#ifndef TWINPATH_BCC
char two_loaders_license[] SEC("license") = "Dual BSD/GPL";
#endif
