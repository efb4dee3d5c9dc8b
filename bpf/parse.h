/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 1 of the way of a packet: from bytes to addresses and ports (PKT-1 to PKT-6). */
#ifndef TWINPATH_PARSE_H
#define TWINPATH_PARSE_H

#include "platform.h"

#include "context.h"
#include "ipv4.h"
#include "ipv6.h"
#include "l4.h"

static __always_inline enum reason parse_l3(struct context *context, const enum hook hook,
					    const enum family family)
{
	__be32 *endpoint = context->endpoint_address;
	__be32 *peer = peer_address(context->tuple, family);
	__be32 *source = hook == HOOK_FROM_CONTAINER ? endpoint : peer;
	__be32 *destination = hook == HOOK_FROM_CONTAINER ? peer : endpoint;

	if (family == FAMILY_IPV4)
		return parse_ipv4(context, source, destination);
	return parse_ipv6(context, source, destination);
}

/* 0: go on; untracked: let it pass as it is. */
static __always_inline enum reason parse(struct context *context, const enum hook hook,
					 const enum family family)
{
	enum reason reason;

	reason = parse_l3(context, hook, family);
	if (reason)
		return reason;
	reason = parse_l4(context, family);
	if (reason)
		return reason;
	context->workspace->parsed = true;
	return 0;
}

#endif
