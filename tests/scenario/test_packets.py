"""Packets in notation become exactly the bytes that the RFCs say."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.scenario.error import FormatError
from model.domain.event import Hook
from model.domain.packet import Context
from tests.scenario.files import PING, frame_of, packet_of, steps_of

POD = bytes.fromhex("02000000000a")
GATEWAY = bytes.fromhex("02ff00000001")
CLIENT, WEB = socket.inet_aton("10.0.1.5"), socket.inet_aton("10.96.0.10")
CLIENT6 = socket.inet_pton(socket.AF_INET6, "fd00:1::5")
WEB6 = socket.inet_pton(socket.AF_INET6, "fd00:96::a")


def checksum(data: bytes) -> int:
    """RFC 1071, the plain way."""
    padded = data + bytes(len(data) % 2)
    total = sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol: int, payload: bytes, source: bytes = CLIENT, destination: bytes = WEB) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    total = checksum(head + source + destination)
    return head[:10] + struct.pack(">H", total) + source + destination + payload


def udp(source: bytes, destination: bytes, data: bytes) -> bytes:
    head = struct.pack(">HHHH", 53, 4000, 8 + len(data), 0)
    pseudo = source + destination + struct.pack(">BBH", 0, 17, 8 + len(data))
    return head[:6] + struct.pack(">H", checksum(pseudo + head + data)) + data


def test_a_packet_that_starts_at_ip_gets_an_ethernet_header(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, 'IP(dst="web")/UDP(sport=53, dport=4000)/"hello"')
    assert frame == GATEWAY + POD + b"\x08\x00" + ipv4(17, udp(CLIENT, WEB, b"hello"))


def test_a_packet_that_enters_the_pod_comes_from_the_other_end(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, 'IP(src="web")/UDP(sport=53, dport=4000)/"hello"', side="to")
    inner = ipv4(17, udp(WEB, CLIENT, b"hello"), WEB, CLIENT)
    assert frame == POD + GATEWAY + b"\x08\x00" + inner


def test_an_ethernet_header_that_is_given_stays(tmp_path: Path) -> None:
    notation = 'Ether(src="02:00:00:00:00:99", type=0x1234)/Raw(load=b"\\x01" * 4)'
    expected = GATEWAY + bytes.fromhex("020000000099123401010101")
    assert frame_of(tmp_path, notation) == expected


def test_a_checksum_that_is_given_stays_wrong(tmp_path: Path) -> None:
    notation = 'IP(dst="web", chksum=0x1234)/UDP(sport=53, dport=4000, chksum=0)'
    frame = frame_of(tmp_path, notation)
    assert frame[24:26] == b"\x12\x34"
    assert frame[40:42] == b"\x00\x00"


def test_quoted_packets_have_right_lengths_and_checksums(tmp_path: Path) -> None:
    quoted = 'IP(src="web", dst="client")/UDP(sport=53, dport=4000)'
    frame = frame_of(tmp_path, f'IP(dst="web")/ICMP(type=3, code=3)/{quoted}')
    message = frame[34:]
    assert message[8:] == ipv4(17, udp(WEB, CLIENT, b""), WEB, CLIENT)
    assert message[:2] == b"\x03\x03"
    assert checksum(message) == 0


def test_arp_knows_its_own_addresses(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, 'ARP(pdst="10.0.1.1", op="who-has")')
    arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + POD + CLIENT + bytes(6)
    assert frame == GATEWAY + POD + b"\x08\x06" + arp + socket.inet_aton("10.0.1.1")


def test_tcp_flags_options_and_payload(tmp_path: Path) -> None:
    options = '[("MSS", 1460), ("NOP", None), ("SAckOK", b"")]'
    frame = frame_of(tmp_path, f'IP(dst="web")/TCP(flags="SA", options={options})/b"\\x00\\xff"')
    assert frame[14 + 20 + 12 : 14 + 20 + 14] == b"\x70\x12"
    assert frame[14 + 40 :] == bytes.fromhex("020405b401040200") + b"\x00\xff"


def test_ip_options_and_fragments(tmp_path: Path) -> None:
    frame = frame_of(
        tmp_path, 'IP(dst="web", options=[IPOption_NOP()], flags="MF", frag=2, id=7, proto=6)'
    )
    assert frame[14] == 0x46
    assert frame[18:22] == b"\x00\x07\x20\x02"
    assert frame[34:] == b"\x01\x00\x00\x00"


def test_extension_headers_in_the_order_written(tmp_path: Path) -> None:
    notation = (
        'IPv6(dst="web")/IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\\0\\0")])'
        '/IPv6ExtHdrDestOpt()/AH(nh=17, payloadlen=4, icv=b"\\x01" * 12)/UDP(sport=53, dport=4000)'
    )
    frame = frame_of(tmp_path, notation)
    assert frame[20] == 0
    assert frame[54:56] == b"\x3c\x00"
    assert frame[62:64] == b"\x33\x00"
    assert frame[70:72] == b"\x11\x04"
    assert frame[94:98] == b"\x00\x35\x0f\xa0"


def test_a_lone_vlan_tag_can_be_written(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, 'Ether()/Dot1Q(vlan=5)/IP(dst="web")/UDP(sport=53, dport=4000)')
    assert frame[12:18] == b"\x81\x00\x00\x05\x08\x00"


def test_names_of_services_kinds_backends_and_peers(tmp_path: Path) -> None:
    addresses = {
        "web": "10.96.0.10",
        "web/node_port": "192.168.0.1",
        "web/two": "10.0.2.9",
        "server": "10.0.1.6",
        "outsider": "203.0.113.7",
    }
    for name, address in addresses.items():
        assert frame_of(tmp_path, f'IP(dst="{name}")')[30:34] == socket.inet_aton(address)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("set: {0: 0xff, 0x21: 7}", lambda frame: b"\xff" + frame[1:33] + b"\x07" + frame[34:]),
        ("truncate: 30", lambda frame: frame[:30]),
        ("cut: 5", lambda frame: frame[:-5]),
        ("pad: 6", lambda frame: frame + bytes(6)),
        ("truncate: 20, pad: 2, set: {19: 1}", lambda frame: frame[:19] + b"\x01\x00\x00"),
    ],
)
def test_damage(tmp_path: Path, damage: str, expected: Callable[[bytes], bytes]) -> None:
    whole = frame_of(tmp_path, PING)
    step = f"- {{from: client, packet: '{PING}', {damage}}}"
    assert packet_of(tmp_path, step).packet.data == expected(whole)


def test_a_frame_in_hexadecimal_and_its_context(tmp_path: Path) -> None:
    step = (
        "- {to: 99, hex: '0102030405060708 090a0b0c 0d0e', mark: 0x10, priority: 3, cb: [1, 2], "
        "note: a note}"
    )
    found = packet_of(tmp_path, step)
    assert found.packet.hook is Hook.TO_CONTAINER
    assert found.packet.interface == 99
    assert found.packet.data == bytes(range(1, 15))
    assert found.packet.context == Context(0x10, 3, (1, 2, 0, 0, 0))
    assert found.note == "a note"
    assert found.origin.endswith("case.yaml:19")


def test_a_record_of_a_capture(tmp_path: Path) -> None:
    frames = [bytes([number]) * 20 for number in (1, 2, 3)]
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    records = [struct.pack("<IIII", 0, 0, 20, 20) + frame for frame in frames]
    (tmp_path / "three.pcap").write_bytes(header + b"".join(records))
    step = "- {from: client, capture: three.pcap, record: 2}"
    assert packet_of(tmp_path, step).packet.data == frames[1]


@pytest.mark.parametrize(
    ("link_type", "record", "problem"),
    [
        (1, 2, "short.pcap: there is no record 2; the last is 1"),
        (127, 1, "short.pcap: record 1 has link type 127 (802.11 with radiotap); use another"),
        (1, 1, "short.pcap: record 1 holds no IP packet or whole frame; use another"),
    ],
)
def test_records_that_cannot_be_used(
    tmp_path: Path, link_type: int, record: int, problem: str
) -> None:
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    (tmp_path / "short.pcap").write_bytes(header + struct.pack("<IIII", 0, 0, 3, 3) + b"abc")
    step = f"- {{from: client, capture: short.pcap, record: {record}}}"
    with pytest.raises(FormatError) as caught:
        packet_of(tmp_path, step)
    assert str(caught.value) == f"{tmp_path}/case.yaml:19:29: {problem}"


def test_repeated_steps_and_groups(tmp_path: Path) -> None:
    steps = steps_of(
        tmp_path,
        f"""\
        - {{from: client, packet: '{PING}', repeat: 2}}
        - repeat: 3
          steps:
            - advance: 1s
            - {{from: client, packet: '{PING}'}}
        """,
    )
    kinds = [type(step).__name__ for step in steps]
    assert kinds == ["PacketStep"] * 2 + ["ClockStep", "PacketStep"] * 3


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    notation = 'IP(dst="web")/ICMP(type=11)/IP(src="client", dst="web")/TCP()/"x"'
    assert frame_of(tmp_path, notation) == frame_of(tmp_path, notation)
