"""What the codecs complain about once they are made."""

from __future__ import annotations


class ContentError(Exception):
    """Bytes in a map or on the ring mean nothing: padding that is not zero, an unknown number.

    The datapath wrote them, so this is a finding about the datapath, not about the caller.
    """
