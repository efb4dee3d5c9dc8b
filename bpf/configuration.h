/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The run-time configuration (OBS-4) and the clock, which it may override. */
#ifndef TWINPATH_CONFIGURATION_H
#define TWINPATH_CONFIGURATION_H

#include "platform.h"

#include "maps.h"

static __always_inline const struct configuration *configuration_get(void)
{
	const __u32 only = 0;

	return map_lookup(configuration, &only);
}

/*
 * Nanoseconds of the monotonic clock, as of the kernel's last tick where it tells: that is some
 * milliseconds old at most and a third of an established packet's time cheaper.
 */
static __always_inline __u64 clock_read(const struct configuration *configuration)
{
	const __u64 override = configuration->clock_override;

	if (override)
		return override;
	return has_coarse_clock() ? bpf_ktime_get_coarse_ns() : bpf_ktime_get_ns();
}

#endif
