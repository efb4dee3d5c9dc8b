/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A counter for each hook and reason (OBS-1). */
#ifndef TWINPATH_COUNTER_H
#define TWINPATH_COUNTER_H

#include "platform.h"

#include "maps.h"

/* Each CPU has its own, so that plain additions do. */
static __always_inline void counter_add(const enum hook hook, const enum reason reason,
					const __u32 bytes)
{
	const __u32 index = hook * REASON_LIMIT + reason;
	struct counter *counter = map_lookup(counters, &index);

	if (!counter)
		return;
	counter->packets += 1;
	counter->bytes += bytes;
}

#endif
