/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compiled by bcc, which brings kernel headers and helper declarations itself. Maps are made by the
 * loader from the shipped object's definitions, so that both builds have the same layouts.
 */
#ifndef TWINPATH_PLATFORM_BCC_H
#define TWINPATH_PLATFORM_BCC_H

/* bcc puts every function of its main text into a section of its own. */
#define SEC(name_)

/* bcc says GPL by itself, which is one of the two. */
#define LICENSE(text_) _Static_assert(sizeof(text_) > 1, "license")

/* bcc cannot ask the kernel that will run the program; the loader does and says so. */
#ifdef TWINPATH_COARSE_CLOCK
#define has_coarse_clock() true
#else
#define has_coarse_clock() false
#define bpf_ktime_get_coarse_ns bpf_ktime_get_ns
#endif

/* bcc cannot call what the kernel's BTF names. */
#define packet_sum(skb_) PACKET_SUM_UNKNOWN

#define MAP(name_, type_, key_, value_, entries_, flags_)
#define MAP_RING(name_, bytes_)

/* User space reads the types of the shipped object. */
#define EXPORT_TYPES(members_) struct more_types

/* 1 is BPF_PSEUDO_MAP_FD, which is no constant here. */
#define MAP_BY_FD(map_) bpf_pseudo_fd(1, MAP_FD_##map_)

#define map_lookup(map_, key_) bpf_map_lookup_elem_(MAP_BY_FD(map_), (void *)(key_))
#define map_update(map_, key_, value_, flags_)                                                     \
	bpf_map_update_elem_(MAP_BY_FD(map_), (void *)(key_), (void *)(value_), flags_)
#define map_delete(map_, key_) bpf_map_delete_elem_(MAP_BY_FD(map_), (void *)(key_))
#define ring_reserve(map_, bytes_) bpf_ringbuf_reserve((void *)MAP_BY_FD(map_), bytes_, 0)
#define ring_submit(record_) bpf_ringbuf_submit(record_, 0)
#define ring_output(map_, record_, bytes_)                                                         \
	bpf_ringbuf_output((void *)MAP_BY_FD(map_), record_, bytes_, 0)

#endif
