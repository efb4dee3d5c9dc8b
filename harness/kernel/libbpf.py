"""The functions of libbpf.so.1 that are used, with their C types, and its messages.

libbpf prints on standard error; here it prints into a list instead, so that an error becomes one
line of ours and the rest can be shown on demand.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Final

from harness.kernel.abi import libc
from harness.kernel.errors import MissingToolError

LIBRARY: Final = "libbpf.so.1"

_MESSAGE_BYTES: Final = 1 << 16
_DEBUG: Final = 2

_int, _uint, _u64 = ctypes.c_int, ctypes.c_uint32, ctypes.c_uint64
_pointer, _text, _size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t

_PRINT = ctypes.CFUNCTYPE(_int, _int, _text, _pointer)

_SIGNATURES: Final = {
    "libbpf_version_string": (_text, []),
    "libbpf_num_possible_cpus": (_int, []),
    "libbpf_set_print": (_pointer, [_PRINT]),
    "bpf_object__open_file": (_pointer, [_text, _pointer]),
    "bpf_object__load": (_int, [_pointer]),
    "bpf_object__close": (None, [_pointer]),
    "bpf_object__next_map": (_pointer, [_pointer, _pointer]),
    "bpf_object__next_program": (_pointer, [_pointer, _pointer]),
    "bpf_map__name": (_text, [_pointer]),
    "bpf_map__fd": (_int, [_pointer]),
    "bpf_map__type": (_uint, [_pointer]),
    "bpf_map__key_size": (_uint, [_pointer]),
    "bpf_map__value_size": (_uint, [_pointer]),
    "bpf_map__max_entries": (_uint, [_pointer]),
    "bpf_map__map_flags": (_uint, [_pointer]),
    "bpf_map__set_max_entries": (_int, [_pointer, _uint]),
    "bpf_map__set_type": (_int, [_pointer, _uint]),
    "bpf_map__set_map_flags": (_int, [_pointer, _uint]),
    "bpf_program__insns": (_pointer, [_pointer]),
    "bpf_program__insn_cnt": (_size, [_pointer]),
    "bpf_program__name": (_text, [_pointer]),
    "bpf_program__fd": (_int, [_pointer]),
    "bpf_program__set_autoload": (_int, [_pointer, ctypes.c_bool]),
    "bpf_program__set_log_level": (_int, [_pointer, _uint]),
    "bpf_program__set_log_buf": (_int, [_pointer, _pointer, _size]),
    "bpf_map_lookup_elem": (_int, [_int, _text, _pointer]),
    "bpf_map_update_elem": (_int, [_int, _text, _text, _u64]),
    "bpf_map_delete_elem": (_int, [_int, _text]),
    "bpf_map_get_next_key": (_int, [_int, _text, _pointer]),
    "bpf_map_lookup_batch": (
        _int,
        [_int, _pointer, _pointer, _pointer, _pointer, _pointer, _pointer],
    ),
    "bpf_map_update_batch": (_int, [_int, _text, _text, _pointer, _pointer]),
    "bpf_map_delete_batch": (_int, [_int, _text, _pointer, _pointer]),
}

_messages: list[str] = []


@functools.cache
def library() -> ctypes.CDLL:
    """The library, its functions typed. Raises MissingToolError."""
    try:
        loaded = ctypes.CDLL(LIBRARY, use_errno=True)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype = result
            function.argtypes = arguments
    except (OSError, AttributeError):
        raise MissingToolError(
            f"{LIBRARY} not found or older than 1.0", "apt-get install libbpf1"
        ) from None
    return loaded


def record_messages() -> None:
    """From now on record what libbpf says; forget what it said before.

    To be called before each use: bcc shares the library and has it print elsewhere.
    """
    library().libbpf_set_print(_record_callback)
    _messages.clear()


def take_messages() -> list[str]:
    """What libbpf has said since `record_messages`, a line each."""
    taken = [line for message in _messages for line in message.splitlines() if line]
    _messages.clear()
    return taken


def _record_message(level: int, template: bytes, arguments: int) -> int:
    """Called by libbpf. `arguments` is a va_list, which the usual ABIs pass as a pointer."""
    if level >= _DEBUG:
        return 0
    buffer = ctypes.create_string_buffer(_MESSAGE_BYTES)
    libc.vsnprintf(buffer, _size(_MESSAGE_BYTES), _text(template), _pointer(arguments))
    _messages.append(buffer.value.decode("utf-8", "replace"))
    return 0


_record_callback = _PRINT(_record_message)
"""Kept here: libbpf holds on to it for as long as the process lives."""
