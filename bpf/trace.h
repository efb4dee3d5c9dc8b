/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Traces on the ring: enough of each packet to send it through the model again (OBS-3). */
#ifndef TWINPATH_TRACE_H
#define TWINPATH_TRACE_H

#include "platform.h"

#include "context.h"

static __always_inline bool traces_wanted(const struct context *context)
{
	return context->configuration->event_switches & EVENT_SWITCH_TRACES;
}

static __always_inline void copy_headers(struct __sk_buff *skb, __u8 *headers)
{
	__u64 length = skb->len < TRACE_HEADERS ? skb->len : TRACE_HEADERS;

	__builtin_memset(headers, 0, TRACE_HEADERS);
	bpf_skb_load_bytes(skb, 0, headers, positive_length(length, TRACE_HEADERS - 1));
}

static __always_inline void trace_begin(struct context *context)
{
	struct trace *trace = &context->workspace->trace;

	trace->clauses = 0;
	if (traces_wanted(context))
		copy_headers(context->skb, trace->before);
}

static __always_inline void trace_write(struct context *context, const enum hook hook,
					const enum reason reason, const int verdict)
{
	struct trace *trace = &context->workspace->trace;

	trace->time = context->now;
	trace->kind = EVENT_TRACE;
	trace->hook = hook;
	trace->verdict = verdict;
	trace->reason = reason;
	trace->interface = context->skb->ifindex;
	trace->length_before = context->packet->length;
	trace->length_after = context->skb->len;
	copy_headers(context->skb, trace->after);
	ring_output(events, trace, sizeof(*trace));
}

static __always_inline void trace_end(struct context *context, const enum hook hook,
				      const enum reason reason, const int verdict)
{
	if (traces_wanted(context))
		trace_write(context, hook, reason, verdict);
}

#endif
