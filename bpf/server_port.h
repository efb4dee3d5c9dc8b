/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which ports servers have had. A new connection has to be looked up from both ends, and a look-up
 * that finds nothing in a large table is the dearest there is. This tells beforehand when nothing
 * can be found; a mark that is there for nothing costs that look-up and decides nothing.
 */
#ifndef TWINPATH_SERVER_PORT_H
#define TWINPATH_SERVER_PORT_H

#include "platform.h"

#include "maps.h"
#include "packet.h"

/* NULL: the protocol has no ports. */
static __always_inline __u8 *server_port_mark(const struct flow_tuple *tuple, const __u8 opener)
{
	const __u16 port = network16(opener == OPENER_ENDPOINT ? tuple->peer_port
							       : tuple->endpoint_port);
	const __u32 index = (opener & OPENER_PEER) * SERVER_PORTS_ELEMENTS + port / SERVER_PORTS_TOGETHER;
	struct server_ports *ports;

	if (!protocol_has_ports(tuple->protocol))
		return NULL;
	ports = map_lookup(server_ports, &index);
	return ports ? &ports->used[port % SERVER_PORTS_TOGETHER] : NULL;
}

/* False: there is no entry of this key, nor has there been one with its opener at its ports. */
static __always_inline bool can_have_entry(const struct flow_tuple *tuple, const __u8 opener)
{
	const __u8 *mark = server_port_mark(tuple, opener);

	return !mark || *mark;
}

/* Before an entry is made. Written once, so that CPUs share what they only read. */
static __always_inline void server_port_note(const struct flow_tuple *tuple)
{
	__u8 *mark = server_port_mark(tuple, tuple->opener);

	if (mark && !*mark)
		*mark = 1;
}

#endif
