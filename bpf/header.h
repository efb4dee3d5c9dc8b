/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet headers as they are on the wire: RFC 791, 8200, 9293, 768, 9260, 792, 4443, 4302. */
#ifndef TWINPATH_HEADER_H
#define TWINPATH_HEADER_H

#include "platform.h"

enum ethernet_type {
	ETHERNET_IPV4 = 0x0800,
	ETHERNET_ARP = 0x0806,
	ETHERNET_IPV6 = 0x86dd,
};

enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AUTHENTICATION = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION_OPTIONS = 60,
	PROTOCOL_SCTP = 132,
};

struct ethernet_header {
	__u8 destination[6];
	__u8 source[6];
	__be16 type;
};

#define ETHERNET_LENGTH sizeof(struct ethernet_header)

struct ipv4_header {
	__u8 version_length;	/* version, header length in words */
	__u8 service;		/* DSCP, ECN */
	__be16 total_length;
	__be16 identification;
	__be16 fragment;	/* flags, offset in units */
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__be32 source[1];
	__be32 destination[1];
};

/* Bytes that an offset of fragments counts, in either family. */
#define FRAGMENT_UNIT 8

enum ipv4_fragment_bits {
	IPV4_DONT_FRAGMENT = 0x4000,
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV4_FRAGMENT_OFFSET = 0x1fff,
};

struct ipv6_header {
	__u8 version;		/* in the upper half */
	__u8 class_label[3];
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
};

/* Hop-by-hop, routing, authentication, destination options: what they have in common. */
struct ipv6_extension {
	__u8 next_header;
	__u8 length;
	__u8 data[6];
};

struct ipv6_fragment {
	__u8 next_header;
	__u8 reserved;
	__be16 fragment;	/* offset in units, 2 bits, flag */
	__be32 identification;
};

enum ipv6_fragment_bits {
	IPV6_MORE_FRAGMENTS = 0x0001,
	IPV6_FRAGMENT_OFFSET = 0xfff8,
};

/* How TCP, UDP and SCTP begin. */
struct port_header {
	__be16 source;
	__be16 destination;
};

struct tcp_header {
	struct port_header port;
	__be32 sequence;
	__be32 acknowledgment;
	__u8 data_offset;	/* in words, in the upper half */
	__u8 flags;
	__be16 window;
	__u16 checksum;
	__be16 urgent;
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

struct udp_header {
	struct port_header port;
	__be16 length;
	__u16 checksum;
};

struct sctp_header {
	struct port_header port;
	__be32 tag;
	__u32 checksum;
};

/* ICMP and ICMPv6 alike. */
struct icmp_header {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be16 identifier;	/* echo messages */
	__be16 sequence;
};

enum icmp_type {
	ICMP_TYPE_ECHO_REPLY = 0,
	ICMP_TYPE_UNREACHABLE = 3,
	ICMP_TYPE_ECHO_REQUEST = 8,
	ICMP_TYPE_TIME_EXCEEDED = 11,
	ICMP_TYPE_PARAMETER_PROBLEM = 12,
};

enum icmpv6_type {
	ICMPV6_TYPE_UNREACHABLE = 1,
	ICMPV6_TYPE_PACKET_TOO_BIG = 2,
	ICMPV6_TYPE_TIME_EXCEEDED = 3,
	ICMPV6_TYPE_PARAMETER_PROBLEM = 4,
	ICMPV6_TYPE_ECHO_REQUEST = 128,
	ICMPV6_TYPE_ECHO_REPLY = 129,
	ICMPV6_TYPE_NEIGHBOUR_FIRST = 133,
	ICMPV6_TYPE_NEIGHBOUR_LAST = 137,
};

#endif
