/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TWINPATH_PLATFORM_H
#define TWINPATH_PLATFORM_H
/* placeholder: see docs/architecture.md */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define MAP(name_, type_, key_, value_, entries_, flags_) \
	struct { __uint(type, type_); __type(key, key_); __type(value, value_); __uint(max_entries, entries_); __uint(map_flags, flags_); } name_ SEC(".maps")
#define MAP_RING(name_, bytes_) struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, bytes_); } name_ SEC(".maps")
#endif
