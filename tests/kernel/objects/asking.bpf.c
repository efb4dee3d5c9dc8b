/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls what can fail, and says by its verdict which call did. */
#include "../../../bpf/platform.h"

MAP(answers, BPF_MAP_TYPE_HASH, __u32, __u32, 4, 0);

SEC("tc")
int asks(struct __sk_buff *skb)
{
	const __u32 key = 0, value = 5;
	const __u8 byte = 7;

	if (map_update(answers, &key, &value, BPF_ANY))
		return 1;
	if (bpf_skb_store_bytes(skb, 0, &byte, sizeof(byte), 0))
		return 2;
	if (skb->len > 1000)
		return bpf_skb_change_tail(skb, 1000, 0);
	return 0;
}

LICENSE("Dual BSD/GPL");
