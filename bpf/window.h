/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* So many times per second and CPU (OBS-2a, LB-8). */
#ifndef TWINPATH_WINDOW_H
#define TWINPATH_WINDOW_H

#include "platform.h"

#include "maps.h"

#define SECOND 1000000000ULL

static __always_inline bool window_count(struct window *window, const __u32 limit, const __u64 now)
{
	if (now - window->begin >= SECOND) {
		window->begin = now;
		window->used = 0;
	}
	if (window->used >= limit) {
		window->suppressed++;
		return false;
	}
	window->used++;
	return true;
}

/* Whether one more use is within the limit; it is counted either way. */
static __always_inline bool window_take(const enum window_kind kind, const __u32 limit,
					const __u64 now)
{
	const __u32 index = kind;
	struct window *window = map_lookup(windows, &index);

	return window && window_count(window, limit, now);
}

#endif
