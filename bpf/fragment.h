/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Step 3: fragments (FRAG). */
#ifndef TWINPATH_FRAGMENT_H
#define TWINPATH_FRAGMENT_H

#include "platform.h"

#include "context.h"

/* 0: go on. */
static __always_inline enum reason fragment_resolve(struct context *context)
{
	return context->packet->fragment == FRAGMENT_NONE ? 0 : REASON_FRAGMENT_NOT_FOUND;
}

#endif
