"""An update that insists on there being an entry, or none."""

from harness.mutate.operator import Example
from harness.mutate.renaming import c_renaming

OTHERS = {b"BPF_ANY": (b"BPF_NOEXIST", b"BPF_EXIST")}

OPERATOR = c_renaming(
    "map-flag",
    "map update flag changed",
    (
        Example(
            "void f(void) { map_update(flows, key, value, BPF_ANY); }",
            "void f(void) { map_update(flows, key, value, BPF_NOEXIST); }",
        ),
        Example(
            "void f(void) { map_update(flows, key, value, BPF_ANY); }",
            "void f(void) { map_update(flows, key, value, BPF_EXIST); }",
        ),
    ),
    OTHERS,
)
