// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Twinpath's datapath: two programs on each pod's interface. They are found by their names.
 */
#include "platform.h"

#include "datapath.h"

/* Traffic that leaves the pod. */
SEC("tc")
int from_container(struct __sk_buff *skb)
{
	return handle(skb, HOOK_FROM_CONTAINER);
}

/* Traffic that enters the pod. */
SEC("tc")
int to_container(struct __sk_buff *skb)
{
	return handle(skb, HOOK_TO_CONTAINER);
}

LICENSE("Dual BSD/GPL");
