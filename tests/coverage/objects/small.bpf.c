// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One decision, in a program that is built in no time. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int choose(struct __sk_buff *skb)
{
	return skb->mark == 7 ? 2 : 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
