/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a test run has to bring back: sums kept right or wrong, many records, a longer frame. */
#include "../../../bpf/platform.h"

struct order {
	__u32 records;			/* how many */
	__u32 bytes;			/* of each: 8 or 24 */
	__u32 discard_every;		/* 0: none */
	__u32 refused;			/* written back: how many found no room */
	__u64 next;			/* value of the next record */
};

MAP(orders, BPF_MAP_TYPE_ARRAY, __u32, struct order, 1, BPF_F_MMAPABLE);
MAP_RING(records, 4096);

/* Changes two bytes of the payload; skb->csum follows, or not. */
SEC("tc")
int keep_sum(struct __sk_buff *skb)
{
	__be16 word = 0x3412;

	return bpf_skb_store_bytes(skb, 40, &word, sizeof(word), BPF_F_RECOMPUTE_CSUM);
}

SEC("tc")
int break_sum(struct __sk_buff *skb)
{
	__be16 word = 0x3412;

	return bpf_skb_store_bytes(skb, 40, &word, sizeof(word), 0);
}

SEC("tc")
int lengthen(struct __sk_buff *skb)
{
	return bpf_skb_change_tail(skb, 2000, 0);
}

SEC("tc")
int lengthen_and_write(struct __sk_buff *skb)
{
	__be16 word = 0x3412;

	if (bpf_skb_change_tail(skb, 2000, 0))
		return 2;
	return bpf_skb_store_bytes(skb, 40, &word, sizeof(word), BPF_F_RECOMPUTE_CSUM);
}

SEC("tc")
int report(struct __sk_buff *skb)
{
	__u32 index = 0, i;
	struct order *order = bpf_map_lookup_elem(&orders, &index);

	if (!order)
		return 2;
	for (i = 0; i < 64 && i < order->records; i++) {
		__u64 value = order->next++;
		__u64 *record = order->bytes == 8 ? bpf_ringbuf_reserve(&records, 8, 0)
						  : bpf_ringbuf_reserve(&records, 24, 0);

		if (!record) {
			order->refused++;
			continue;
		}
		*record = value;
		if (order->discard_every && i % order->discard_every == 0)
			bpf_ringbuf_discard(record, 0);
		else
			bpf_ringbuf_submit(record, 0);
	}
	return 0;
}

char runs_license[] SEC("license") = "Dual BSD/GPL";
