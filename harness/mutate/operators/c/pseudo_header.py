"""The flags that tell the kernel's checksum helpers what a change is about."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource
from harness.mutate.operator import Example, Operator, Replacement

REPLACE = b"bpf_l4_csum_replace"
PSEUDO = b"BPF_F_PSEUDO_HDR"
DROPPED = (PSEUDO, b"BPF_F_MARK_MANGLED_0", b"BPF_F_RECOMPUTE_CSUM")


def find(source: CSource) -> Iterator[Replacement]:
    """Each flag left out; the pseudo header named where it has no part."""
    yield from source.renamed(dict.fromkeys(DROPPED, (b"0",)))
    for call in source.calls((REPLACE,)):
        flags = source.arguments(call)[-1]
        if PSEUDO not in source.text(flags):
            yield source.replace(flags, PSEUDO + b" | " + source.text(flags))


OPERATOR = Operator(
    "pseudo-header",
    "pseudo-header flag added or dropped",
    (
        Example(
            "int f(void) { return bpf_l4_csum_replace(skb, at, 0, x, flags); }",
            "int f(void) { return bpf_l4_csum_replace(skb, at, 0, x, BPF_F_PSEUDO_HDR | flags); }",
        ),
        Example(
            "int f(void) { return bpf_l4_csum_replace(skb, at, 0, x, BPF_F_PSEUDO_HDR | flags); }",
            "int f(void) { return bpf_l4_csum_replace(skb, at, 0, x, 0 | flags); }",
        ),
    ),
    find,
)
