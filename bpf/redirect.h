/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets that go somewhere else than on (PKT-9a). */
#ifndef TWINPATH_REDIRECT_H
#define TWINPATH_REDIRECT_H

#include "platform.h"

#include "context.h"
#include "header.h"

#define REDIRECT_CONTROL_WORD 4

static __always_inline int redirect(struct __sk_buff *skb, const __u32 interface,
				    const __u64 flags)
{
	skb->cb[REDIRECT_CONTROL_WORD] = interface;
	return bpf_redirect(interface, flags);
}

/* Back into the pod: out of the host's end of its interface, or in again on the pod's own. */
static __always_inline int redirect_to_pod(struct context *context)
{
	return redirect(context->skb, context->skb->ifindex,
			context->configuration->redirect_to_ingress ? BPF_F_INGRESS : 0);
}

/* Received there, so that the node's IP layer puts the datagram together (FRAG-2). */
static __always_inline int redirect_to_reassembly(struct context *context)
{
	return redirect(context->skb, context->configuration->defragmentation_interface,
			BPF_F_INGRESS);
}

/* Who sent it receives it. The header is there: `handle` has looked at it. */
static __always_inline void swap_ethernet_addresses(struct __sk_buff *skb)
{
	__u16 *words = packet_linear_bytes(skb, 0, sizeof(struct ethernet_header)), word;
	int i;

	if (!words)
		return;
	for (i = 0; i < 3; i++) {
		word = words[i];
		words[i] = words[i + 3];
		words[i + 3] = word;
	}
}

#endif
