"""Checksums that senders leave to their devices: who leaves them, and who has to finish them.

veth takes half-finished checksums (CHECKSUM_PARTIAL) and hands them over as they are. A device
whose offload is off has its kernel finish them in software, and the receiver then looks.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.live.namespaces import NetworkNamespace

SIOCETHTOOL: Final = 0x8946
ETHTOOL_STXCSUM: Final = 0x17
ETH_P_ALL: Final = 3
SOL_PACKET: Final = 263
PACKET_AUXDATA: Final = 8
TP_STATUS_CSUMNOTREADY: Final = 1 << 3
"""Of linux/ethtool.h and linux/if_packet.h."""


class EthtoolValue(ctypes.Structure):
    _fields_ = (("command", ctypes.c_uint32), ("data", ctypes.c_uint32))


class InterfaceRequest(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char * 16), ("value", ctypes.c_void_p))


def finish_checksums(namespace: NetworkNamespace, interface: str) -> None:
    """Turn a device's checksum offload off: what it sends from now on is finished before."""
    value = EthtoolValue(ETHTOOL_STXCSUM, 0)
    request = InterfaceRequest(interface.encode(), ctypes.addressof(value))
    with namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


@contextmanager
def tap(namespace: NetworkNamespace, interface: str) -> Iterator[socket.socket]:
    """A packet socket that sees what the interface receives, before programs do."""
    with namespace.entered():
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    with made:
        made.bind((interface, ETH_P_ALL))
        made.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        made.setblocking(False)
        yield made


def half_finished(tapped: socket.socket) -> int:
    """How many of the packets received since the last call have a half-finished checksum."""
    count = 0
    while True:
        try:
            _, ancillary, _, address = tapped.recvmsg(1, 256)
        except BlockingIOError:
            return count
        status = int.from_bytes(ancillary[0][2][:4], "little")
        received = address[2] != socket.PACKET_OUTGOING
        count += received and bool(status & TP_STATUS_CSUMNOTREADY)
