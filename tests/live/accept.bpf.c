// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes the node take whatever it receives on an interface for itself. The same as
 *
 *     tc filter add dev whole ingress prio 1 protocol all matchall action skbedit ptype host continue
 *
 * for kernels that are built without those two.
 */
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int accept(struct __sk_buff *skb)
{
	bpf_skb_change_type(skb, PACKET_HOST);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
