// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Writes to a map that only the control plane writes.
#include "../../bpf/maps.h"

SEC("tc")
int from_container(struct __sk_buff *skb)
{
	const struct frontend_key_ipv4 key = {};
	struct frontend *frontend = map_lookup(frontends_ipv4, &key);

	if (frontend)
		frontend->service = 1;
	return 0;
}

LICENSE("Dual BSD/GPL");
