"""A failure of the kernel or of a step that is taken for success."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutate.c_source import CSource, Place
from harness.mutate.operator import Example, Operator, Replacement

ZERO_IS_SUCCESS = (
    b"bpf_skb_change_tail",
    b"bpf_skb_store_bytes",
    b"bpf_skb_load_bytes",
    b"bpf_skb_pull_data",
    b"bpf_l4_csum_replace",
    b"conntrack_update",
    b"walk_extension_headers",
)
TRUE_IS_SUCCESS = (
    b"flow_create",
    b"selection_create",
    b"record_create",
    b"translate",
    b"rewrite_end",
    b"write_address",
    b"write_port",
    b"checksum_probe",
    b"update_l4_checksum",
    b"quote_parse_l4",
    b"answer_quote",
    b"answer_write",
)


def find(source: CSource) -> Iterator[Replacement]:
    """Calls whose result is looked at: made, but taken to have succeeded."""
    for names, success in ((ZERO_IS_SUCCESS, b"0"), (TRUE_IS_SUCCESS, b"true")):
        for call in source.calls(names):
            if not is_statement(call):
                yield source.replace(call, b"(" + source.text(call) + b", " + success + b")")


def is_statement(call: Place) -> bool:
    """Whether nobody looks at the result anyway."""
    around = call.parent
    return around is not None and around.kind == "expression_statement"


OPERATOR = Operator(
    "error-swallowed",
    "negative code swallowed",
    (
        Example(
            "int f(void) { if (bpf_skb_pull_data(skb, 1)) return 1; return 0; }",
            "int f(void) { if ((bpf_skb_pull_data(skb, 1), 0)) return 1; return 0; }",
        ),
    ),
    find,
)
