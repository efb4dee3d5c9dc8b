/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program that the verifier refuses: it reads the packet without looking where it ends. */
#include "../../../bpf/platform.h"

MAP(numbers, BPF_MAP_TYPE_ARRAY, __u32, __u64, 8, 0);

SEC("tc")
int reads_beyond(struct __sk_buff *skb)
{
	__u8 *frame = (void *)(long)skb->data;

	return frame[3];
}

#ifndef TWINPATH_BCC
char refused_license[] SEC("license") = "Dual BSD/GPL";
#endif
