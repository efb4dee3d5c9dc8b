/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Brings a frame to a length that BPF_PROG_TEST_RUN would not accept as input, then hands it to the
 * program under test. That one sees what it would see on a real interface: the frame's own length,
 * all of it linear.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TAIL_BYTES 16384

enum shim_step {
	SHIM_RESIZE = 1,
	SHIM_STORE = 2,
	SHIM_CALL = 3,
	SHIM_NOT_CALLED = 4,
};

struct shim_request {
	__u32 length;			/* of the frame, as the program under test shall see it */
	__u32 tail_offset;		/* where in the frame `tail` goes */
	__u32 tail_length;		/* 0: the frame is cut, nothing is stored */
	__u32 step;			/* enum shim_step: how far it got; SHIM_CALL is success */
	__s64 error;			/* of the helper at that step */
	__u8 tail[TAIL_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct shim_request);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
} shim_requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} shim_target SEC(".maps");

/* Brings the enumerators into the BTF; libbpf makes no map of such a section. */
const enum shim_step shim_step_type SEC(".more_types");

SEC("tc")
int shim(struct __sk_buff *skb)
{
	__u32 index = 0, length;
	struct shim_request *request = bpf_map_lookup_elem(&shim_requests, &index);

	if (!request)
		return 0;
	request->step = SHIM_RESIZE;
	request->error = bpf_skb_change_tail(skb, request->length, 0);
	if (request->error)
		return 0;
	length = request->tail_length;
	if (length) {
		request->step = SHIM_STORE;
		if (length > TAIL_BYTES)
			return 0;
		/* Makes the frame linear up to its end, whatever the kernel appended. */
		request->error = bpf_skb_store_bytes(skb, request->tail_offset, request->tail,
						     length, 0);
		if (request->error)
			return 0;
	}
	request->step = SHIM_CALL;
	bpf_tail_call(skb, &shim_target, 0);
	request->step = SHIM_NOT_CALLED;
	return 0;
}

char shim_license[] SEC("license") = "Dual BSD/GPL";
