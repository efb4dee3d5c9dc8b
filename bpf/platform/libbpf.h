/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compiled by clang for libbpf: maps are declared in BTF, helpers come from libbpf's headers. */
#ifndef TWINPATH_PLATFORM_LIBBPF_H
#define TWINPATH_PLATFORM_LIBBPF_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define LICENSE(text_) char _license[] SEC("license") = text_

/*
 * Whether the kernel has bpf_ktime_get_coarse_ns, as Linux has since 5.11. libbpf answers from the
 * kernel's own BTF when it loads the program, and the verifier passes over what is never reached.
 */
enum bpf_func_id___kernel {
	BPF_FUNC_ktime_get_coarse_ns___kernel = 160,
};

#define has_coarse_clock()                                                                         \
	bpf_core_enum_value_exists(enum bpf_func_id___kernel, BPF_FUNC_ktime_get_coarse_ns___kernel)

/* Linux shows a packet as it has it itself since 6.2. */
struct sk_buff___sums {
	__u8 ip_summed : 2;
} __attribute__((preserve_access_index));

extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;

static __always_inline enum packet_sum packet_sum(struct __sk_buff *skb)
{
	const struct sk_buff___sums *buffer;
	__u64 sum;

	if (!bpf_cast_to_kern_ctx)
		return PACKET_SUM_UNKNOWN;
	buffer = bpf_cast_to_kern_ctx(skb);
	sum = *((const __u8 *)buffer +
		__builtin_preserve_field_info(buffer->ip_summed, BPF_FIELD_BYTE_OFFSET));
	sum <<= __builtin_preserve_field_info(buffer->ip_summed, BPF_FIELD_LSHIFT_U64);
	return sum >> __builtin_preserve_field_info(buffer->ip_summed, BPF_FIELD_RSHIFT_U64);
}

#define MAP(name_, type_, key_, value_, entries_, flags_)                                          \
	struct {                                                                                   \
		__uint(type, type_);                                                               \
		__type(key, key_);                                                                 \
		__type(value, value_);                                                             \
		__uint(max_entries, entries_);                                                     \
		__uint(map_flags, flags_);                                                         \
	} name_ SEC(".maps")

#define MAP_RING(name_, bytes_)                                                                    \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                \
		__uint(max_entries, bytes_);                                                       \
	} name_ SEC(".maps")

/* BTF describes what something global has; of this section libbpf makes no map. */
#define EXPORT_TYPES(members_)                                                                     \
	const struct {                                                                             \
		members_                                                                           \
	} more_types SEC(".more_types")

#define map_lookup(map_, key_) bpf_map_lookup_elem(&(map_), key_)
#define map_update(map_, key_, value_, flags_) bpf_map_update_elem(&(map_), key_, value_, flags_)
#define map_delete(map_, key_) bpf_map_delete_elem(&(map_), key_)
#define ring_reserve(map_, bytes_) bpf_ringbuf_reserve(&(map_), bytes_, 0)
#define ring_submit(record_) bpf_ringbuf_submit(record_, 0)
#define ring_output(map_, record_, bytes_) bpf_ringbuf_output(&(map_), record_, bytes_, 0)

#endif
