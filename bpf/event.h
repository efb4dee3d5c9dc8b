/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events on the ring (OBS-2): what was chosen, what policy said, what was dropped. */
#ifndef TWINPATH_EVENT_H
#define TWINPATH_EVENT_H

#include "platform.h"

#include "context.h"
#include "window.h"

/* The tuple as the packet came, in the packet's own direction. */
static __always_inline void event_set_tuple(struct event *event, struct context *context,
					    const enum hook hook, const enum family family)
{
	const __be32 *endpoint = context->endpoint_address;
	const __be32 *peer = peer_address(context->tuple, family);
	const bool leaving = hook == HOOK_FROM_CONTAINER;

	event->family = family;
	event->protocol = context->packet->protocol;
	event->source_port = context->packet->source_port;
	event->destination_port = context->packet->destination_port;
	address_widen(event->source, leaving ? endpoint : peer, family);
	address_widen(event->destination, leaving ? peer : endpoint, family);
}

/* NULL: switched off, above the limit, or the ring is full. */
static __always_inline struct event *event_begin(struct context *context, const enum hook hook,
						 const enum event_kind kind,
						 const enum event_switch event_switch)
{
	const struct configuration *configuration = context->configuration;
	const __u32 limit = configuration->events_per_second;
	struct event *event;

	if (!(configuration->event_switches & event_switch))
		return NULL;
	if (limit && !window_take(WINDOW_EVENTS, limit, context->now))
		return NULL;
	event = ring_reserve(events, sizeof(*event));
	if (!event)
		return NULL;
	*event = (struct event){
		.time = context->now,
		.kind = kind,
		.hook = hook,
		.endpoint = context->workspace->pod.endpoint,
	};
	return event;
}

static __always_inline void event_selection(struct context *context, const enum hook hook,
					    const enum family family)
{
	struct event *event =
		event_begin(context, hook, EVENT_SELECTION, EVENT_SWITCH_SELECTIONS);
	const bool hairpin = context->connection->hairpin;
	struct flow_key *key = context->flow_key;

	if (!event)
		return;
	event_set_tuple(event, context, hook, family);
	event->service = context->connection->service;
	event->backend = context->connection->backend;
	event->backend_port = hairpin ? key->tuple.endpoint_port : key->tuple.peer_port;
	address_widen(event->backend_address,
		      hairpin ? context->endpoint_address : peer_address(key, family), family);
	ring_submit(event);
}

/*
 * The tuple as judged, after translation (POL-4): the flow's key. Without a translation that is the
 * packet's own (policy_apply).
 */
static __always_inline void event_policy_verdict(struct context *context, const enum hook hook,
						 const enum family family)
{
	const struct judgement *judgement = context->judgement;
	struct event *event =
		event_begin(context, hook, EVENT_POLICY_VERDICT, EVENT_SWITCH_POLICY_VERDICTS);

	if (!event)
		return;
	event_set_tuple(event, context, hook, family);
	if (hook == HOOK_FROM_CONTAINER) {
		event->destination_port = context->flow_key->tuple.peer_port;
		address_widen(event->destination, peer_address(context->flow_key, family), family);
	}
	event->reason = judgement->allowed;
	event->rule = judgement->decision & POLICY_RULE;
	event->local_identity = judgement->local_identity;
	event->peer_identity = judgement->peer.identity;
	ring_submit(event);
}

/* A packet that could not be parsed has no tuple (OBS-2b). */
static __always_inline void event_drop(struct context *context, const enum hook hook,
				       const enum reason reason, const enum family family)
{
	struct event *event = event_begin(context, hook, EVENT_DROP, EVENT_SWITCH_DROPS);

	if (!event)
		return;
	if (context->workspace->parsed)
		event_set_tuple(event, context, hook, family);
	event->reason = reason;
	ring_submit(event);
}

#endif
