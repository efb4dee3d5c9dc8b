/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet without a backend becomes its own answer, so many times per second (LB-8). */
#ifndef TWINPATH_REJECT_H
#define TWINPATH_REJECT_H

#include "platform.h"

#include "answer.h"
#include "context.h"
#include "redirect.h"
#include "window.h"

static __always_inline bool is_answered(struct context *context)
{
	const struct configuration *configuration = context->configuration;
	const __u32 limit = configuration->rejects_per_second;

	if (configuration->no_backend_action != NO_BACKEND_REJECT ||
	    context->packet->fragment == FRAGMENT_LATER || packet_is_reset(context->packet))
		return false;
	return !limit || window_take(WINDOW_REJECTS, limit, context->now);
}

/* The frame becomes the answer. False: the kernel refused. */
static __always_inline bool answer_write(struct context *context, const __u32 length)
{
	const __u64 size = positive_length(length, ANSWER_LENGTH_MASK);
	struct __sk_buff *skb = context->skb;

	swap_ethernet_addresses(skb);
	return !bpf_skb_change_tail(skb, ETHERNET_LENGTH + size, 0) &&
	       !bpf_skb_store_bytes(skb, ETHERNET_LENGTH, context->workspace->answer.bytes, size,
				    BPF_F_RECOMPUTE_CSUM);
}

/* What becomes of a packet for a service without an eligible backend. */
static __always_inline enum reason reject(struct context *context, const enum family family)
{
	__u32 length;

	hit(context, CLAUSE_LB_8);
	if (!is_answered(context))
		return REASON_NO_BACKEND;
	length = packet_is_tcp(context->packet) ? answer_with_reset(context, family)
						: answer_with_unreachable(context, family);
	return length && answer_write(context, length) ? REASON_REJECTED : REASON_REWRITE_FAILED;
}

#endif
