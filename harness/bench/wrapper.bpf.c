// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A test run that repeats hands each pass the packet that the last one left. These programs put the
 * packet back as it was, then tail-call the program that is measured: every pass sees the same
 * packet, or the next of a series.
 *
 * Everything behind the Ethernet header's first six bytes is written in words of eight, so that no
 * field of an IP or TCP header spans two of them: a load from two stores would wait for both.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <stdbool.h>

#define WORDS 16
#define FIRST_WORD 6
#define OFFSET_MASK 0x7f
#define NOT_CALLED 77

struct packet_template {
	__u32 length;			/* of the whole frame */
	__u32 series;			/* packets that differ; the next one is the first again */
	__u32 next;			/* place in the series */
	__u32 multiplier;		/* order of the series: 1, or a prime for a scattered one */
	__u32 ports;			/* ports in the series; then the address goes up by one */
	__u32 port_offset;		/* of the two bytes that make a packet another connection's */
	__u32 first_port;
	__u32 address_offset;		/* of an address's last four bytes; 0: always the same */
	__u32 first_address;
	__u32 ethernet;			/* the frame's first four bytes */
	__u16 ethernet_end;		/* and the next two */
	__u16 padding;
	__u32 padding_end;
	__u64 words[WORDS];		/* what follows, as much of it as the frame has */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct packet_template);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
} templates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} target SEC(".maps");

static __always_inline struct packet_template *template_get(void)
{
	const __u32 only = 0;

	return bpf_map_lookup_elem(&templates, &only);
}

/* A whole frame is as long as its template says, so that a short one ends the copy early. */
static __always_inline void restore_bytes(struct __sk_buff *skb,
					  const struct packet_template *template)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int i;

	if (data + FIRST_WORD > end)
		return;
	*(volatile __u32 *)data = template->ethernet;
	*(volatile __u16 *)(data + sizeof(__u32)) = template->ethernet_end;
	data += FIRST_WORD;
#pragma unroll
	for (i = 0; i < WORDS; i++) {
		if (data + sizeof(__u64) * (i + 1) > end)
			return;
		*((volatile __u64 *)data + i) = template->words[i];
	}
}

/* An answer (LB-8) can be of another length than what it answers. */
static __always_inline bool restore_length(struct __sk_buff *skb,
					   const struct packet_template *template)
{
	return skb->len == template->length || !bpf_skb_change_tail(skb, template->length, 0);
}

static __always_inline void write_port(struct __sk_buff *skb, const __u32 offset, const __u16 port)
{
	void *data = (void *)(long)skb->data + (offset & OFFSET_MASK);

	if (data + sizeof(port) <= (void *)(long)skb->data_end)
		*(volatile __u16 *)data = bpf_htons(port);
}

static __always_inline void write_address(struct __sk_buff *skb, const __u32 offset,
					  const __u32 address)
{
	void *data = (void *)(long)skb->data + (offset & OFFSET_MASK);

	if (data + sizeof(address) <= (void *)(long)skb->data_end)
		*(volatile __u32 *)data = bpf_htonl(address);
}

static __always_inline void make_another(struct __sk_buff *skb, struct packet_template *template)
{
	__u32 place = template->next++;

	if (!template->series || !template->ports)
		return;
	place = (__u64)place * template->multiplier % template->series;
	write_port(skb, template->port_offset, template->first_port + place % template->ports);
	if (template->address_offset)
		write_address(skb, template->address_offset,
			      template->first_address + place / template->ports);
}

/* The same packet each time. */
SEC("tc")
int restore(struct __sk_buff *skb)
{
	struct packet_template *template = template_get();

	if (!template || !restore_length(skb, template))
		return NOT_CALLED;
	restore_bytes(skb, template);
	bpf_tail_call(skb, &target, 0);
	return NOT_CALLED;
}

/* The next packet of the series. */
SEC("tc")
int restore_next(struct __sk_buff *skb)
{
	struct packet_template *template = template_get();

	if (!template || !restore_length(skb, template))
		return NOT_CALLED;
	restore_bytes(skb, template);
	make_another(skb, template);
	bpf_tail_call(skb, &target, 0);
	return NOT_CALLED;
}

/* What is left of a measurement when nothing is measured. */
SEC("tc")
int empty(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

char wrapper_license[] SEC("license") = "Dual BSD/GPL";
