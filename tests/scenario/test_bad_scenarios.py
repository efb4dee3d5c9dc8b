"""Every mistake in a scenario is one line that says where it is and how to mend it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.scenario.error import FormatError
from tests.scenario.files import PING, TOPOLOGY, load_text, scenario_text

PACKET = f"- {{from: client, packet: '{PING}'}}\n"
RULE = "rules:\n  r: "


def packet(notation: str) -> str:
    return f"- from: client\n  packet: {notation}\n"


def topology(more: str) -> str:
    lines = "".join(f"  {line}\n" for line in (TOPOLOGY + more).splitlines())
    return f"topology:\n{lines}steps:\n  {PACKET}"


BAD_STEPS = {
    "unknown key": ("- {from: client, paket: x}", "unknown key in step: 'paket'; did you mean"),
    "no kind": ("- {note: x}", "an unknown step"),
    "two kinds": ("- {advance: 1s, collect: true}", "both advance and collect"),
    "both hooks": (
        "- {from: client, to: client, packet: x}",
        "'from' and 'to' together; keep one",
    ),
    "two packets": (f"- {{from: client, packet: '{PING}', hex: '00'}}", "'packet' and 'hex'"),
    "no packet": ("- {from: client}", "without packet or hex or capture"),
    "steps no list": ("a: 1", "expected a list, found a mapping"),
    "step no mapping": ("- word", "expected a mapping, found a single value"),
    "unknown endpoint": (
        f"- {{from: clinet, packet: '{PING}'}}",
        "unknown endpoint 'clinet'; did you mean 'client'?",
    ),
    "interface too large": (f"- {{from: 99999999999, packet: '{PING}'}}", "is not from 1 to"),
    "no unit": ("- advance: 60", "'60' without a unit; write 60s"),
    "unknown unit": ("- advance: 60min", "unknown unit 'min'"),
    "unknown timeout": ("- advance: tcp_openin", "did you mean 'tcp_opening'?"),
    "fraction of a nanosecond": ("- advance: 1.5ns", "no whole number of nanoseconds"),
    "time that goes back": ("- advance: 1s - 2s", "is out of range"),
    "time without sign": ("- advance: 1s 2s", "is no time"),
    "time too long": ("- advance: 9999999999h", "is out of range"),
    "empty time": ("- advance:", "no value"),
    "collect false": ("- collect: false", "unknown value 'false'"),
    "repeat 0": ("- {advance: 1s, repeat: 0}", "0 is not from 1 to"),
    "repeat word": ("- {advance: 1s, repeat: often}", "'often' is no number"),
    "only without families": ("- {advance: 1s, only: ipv4}", "'only' in a scenario without"),
    "nested groups": ("- steps: [{steps: [{advance: 1s}]}]", "steps within steps within steps"),
    "key of another kind": ("- {advance: 1s, note: x}", "unknown key in advance step: 'note'"),
    "record without capture": (
        f"- {{from: client, packet: '{PING}', record: 7}}",
        "'record' without 'capture'",
    ),
    "hex odd": ("- {from: client, hex: '0a0'}", "'0a0' is not hexadecimal"),
    "hex short": ("- {from: client, hex: '0a0b'}", "a frame of 2 bytes; frames have 14 to"),
    "offset behind the frame": (
        f"- {{from: client, packet: '{PING}', set: {{99: 1}}}}",
        "99 is not from 0 to",
    ),
    "byte too large": (
        f"- {{from: client, packet: '{PING}', set: {{1: 256}}}}",
        "256 is not from 0 to 255",
    ),
    "truncate grows": (
        f"- {{from: client, packet: '{PING}', truncate: 4000}}",
        "4000 is not from 14 to",
    ),
    "cut too much": (f"- {{from: client, packet: '{PING}', cut: 30}}", "30 is not from 1 to"),
    "mark too large": (
        f"- {{from: client, packet: '{PING}', mark: 0x100000000}}",
        "0x100000000 is not from 0",
    ),
    "six control words": (
        f"- {{from: client, packet: '{PING}', cb: [1, 2, 3, 4, 5, 6]}}",
        "cb has 5 words at most",
    ),
    "long note": (f"- {{from: client, packet: '{PING}', note: {'x' * 201}}}", "a note of more"),
    "no capture": (
        "- {from: client, capture: gone.pcap, record: 1}",
        "there is no file 'gone.pcap'",
    ),
    "capture elsewhere": (
        "- {from: client, capture: ../x.pcap, record: 1}",
        "is outside the file's folder",
    ),
    "absolute capture": (
        "- {from: client, capture: /etc/passwd, record: 1}",
        "'/etc/passwd' is outside the file's folder",
    ),
    "unknown verb": ("- apply: [{delete: {rules: [x]}}]", "unknown key in operation: 'delete'"),
    "two verbs": (
        "- apply: [{add: {}, remove: {}}]",
        "'add' and 'remove' together; keep one",
    ),
    "remove unknown": ("- apply: [{remove: {services: [wep]}}]", "did you mean 'web'?"),
    "remove unknown rule": ("- apply: [{remove: {rules: [x]}}]", "unknown rule 'x'"),
    "remove prefix without identity": (
        "- apply: [{remove: {prefixes: [10.9.0.0/16]}}]",
        "10.9.0.0/16 has no identity",
    ),
    "add what is there": (
        "- apply: [{add: {endpoints: {client: {identity: frontend}}}}]",
        "endpoint 'client' is there already; use replace",
    ),
    "change what is not": (
        "- apply: [{change: {backends: {web: {three: {state: active}}}}}]",
        "unknown backend 'three'",
    ),
    "change rules": ("- apply: [{change: {rules: {}}}]", "unknown key in change: 'rules'"),
    "unknown state": (
        "- apply: [{change: {backends: {web: {one: {state: dead}}}}}]",
        "unknown value 'dead'; use one of: active, terminating, quarantined",
    ),
    "entry without expiry": (
        "- apply: [{add: {entries: [{flow: 'client:1 > server:2 tcp'}]}}]",
        "entry without 'expires'; add it",
    ),
}

BAD_NOTATIONS = {
    "no such layer": ('IP(dst="web")/TPC()', 15, "unknown layer 'TPC'; did you mean 'TCP'?"),
    "code": ('__import__("os").system("id")', 1, "expected a layer"),
    "call of a builtin": ('open("/etc/passwd")', 1, "unknown layer 'open'"),
    "lambda": ("IP(dst=(lambda:1)())", 8, "expected a layer"),
    "comprehension": ("TCP(options=[x for x in y])", 13, "a value that is no literal"),
    "attribute": ("IP(dst=conf.iface)", 8, "a value that is no literal"),
    "name as value": ("IP(dst=web)", 8, "a value that is no literal"),
    "positional": ('IP("web")', 4, "IP with a bare value; write field=value"),
    "stars": ("IP(**{})", 4, "IP with **"),
    "unclosed": ('IP(dst="web"', 3, "bad packet notation"),
    "wrong operator": ("IP()+TCP()", 1, "expected a layer"),
    "true": ("TCP(dport=True)", 11, "a value of type bool"),
    "float": ("TCP(dport=1.5)", 11, "a value of type float"),
    "negative": ("TCP(dport=-1)", 11, "a value that is no literal"),
    "no such field": ('IP(dst="web")/TCP(prot=1)', 24, "TCP has no field 'prot'"),
    "twice": ('IP(dst="web", ttl=1, ttl=2)', 26, "IP.ttl twice; keep one"),
    "too large": ('IP(dst="web")/TCP(dport=70000)', 25, "TCP.dport is from 0 to 65535"),
    "word for number": ('IP(dst="web")/TCP(dport="http")', 25, "TCP.dport takes a number"),
    "list for number": ('IP(dst="web")/TCP(dport=[1, 2])', 25, "TCP.dport takes a number"),
    "bad flag": ('IP(dst="web")/TCP(flags="SX")', 25, "TCP.flags has no flag 'X'"),
    "flag twice": ('IP(dst="web")/TCP(flags="SS")', 25, "TCP.flags has a flag twice"),
    "unknown name": ('IP(dst="wep")', 9, "'wep' is neither an address nor a name; did you mean"),
    "host name": ('IP(dst="example.com")', 9, "neither an address nor a name"),
    "many packets": ('IP(dst="10.0.0.0/24")', 9, "'10.0.0.0/24' is no IPv4 address"),
    "wrong family": ('IP(dst="fd00::1")', 9, "fd00::1 is no IPv4 address"),
    "bad address": ('IP(dst="10.0.0.256")', 9, "'10.0.0.256' is no IPv4 address"),
    "no address": ("IP(ttl=3)/TCP()", 1, 'IP without dst; add dst="..."'),
    "no quoted address": ('IP(dst="web")/ICMP(type=3)/IP()/UDP()', 28, "IP without src"),
    "MAC": ('Ether(src="x")/IP(dst="web")', 11, "Ether.src takes a MAC address"),
    "bare options": ('IP(dst="web", options=b"x")', 23, "IP.options takes a list"),
    "option no option": ('IP(dst="web", options=[7])', 23, "IP.options takes options"),
    "TCP option": ('IP(dst="web")/TCP(options=[1])', 27, "a TCP option is a pair"),
    "TCP option name": ('IP(dst="web")/TCP(options=[("MMS", 1)])', 27, "did you mean 'MSS'?"),
    "huge payload": ('IP(dst="web")/Raw(load="x" * 99999999)', 24, "more than 65536 bytes"),
    "product": ("Raw(load=2 * 3)", 10, "a product that is no payload"),
    "error layer": ('IP(dst="web")/ICMP()/IPerror()', 22, "unknown layer 'IPerror'; write IP"),
    "payload no bytes": ('IP(dst="web")/Raw(load=7)', 24, "Raw.load takes a string or bytes"),
    "not ASCII": ('IP(dst="wéb")', 10, "a character that is not ASCII"),
    "deep": ("TCP(dport=" + "(" * 300 + ")" * 300 + ")", 210, "bad packet notation"),
    "many layers": ("/".join(["TCP()"] * 65), 1, "more than 64 layers"),
    "bad escape": (r'Raw(load="\d")', 10, "bad packet notation"),
}

BAD_TOPOLOGIES = {
    "unknown section": ("endpoint: {}", "unknown key in topology: 'endpoint'"),
    "identity twice": ("prefixes: {client: frontend, 10.0.1.5: frontend}", "is there already"),
    "unknown identity": ("prefixes: {client: frontent}", "did you mean 'frontend'?"),
    "host bits": ("prefixes: {10.0.1.5/24: frontend}", "has host bits set; write 10.0.1.0/24"),
    "prefix length": ("prefixes: {10.0.0.0/33: frontend}", "no prefix length from 0 to 32"),
    "unknown network": ("prefixes: {lam: frontend}", "unknown network 'lam'; did you mean 'lan'?"),
    "rule ends early": (f"{RULE}client allows ingress", "the rule ends before its word"),
    "rule verb": (f"{RULE}client permits ingress from any", "unknown verdict 'permits'"),
    "rule preposition": (f"{RULE}client allows egress from any", "use one of: to"),
    "rule peer": (f"{RULE}client allows ingress from everyone", "unknown peer 'everyone'"),
    "rule identity": (f"{RULE}client allows ingress from identity bob", "unknown identity 'bob'"),
    "rule protocol": (f"{RULE}client allows ingress from any on tpc/1", "unknown protocol 'tpc'"),
    "rule port": (f"{RULE}client allows ingress from any on tcp/99999", "is no port"),
    "rule range": (f"{RULE}client allows ingress from any on tcp/9-1", "ends before it begins"),
    "rule ports of 47": (f"{RULE}client allows ingress from any on 47/1", "protocol 47 has no"),
    "rule type of tcp": (f"{RULE}client allows ingress from any on tcp/8/0", "for ICMP only"),
    "rule priority": (f"{RULE}client allows ingress from any priority x", "'x' is no number"),
    "rule rest": (f"{RULE}client allows ingress from any prio 3", "unknown word 'prio'"),
    "rule exception": (
        f"{RULE}client allows egress to cidr 10.0.0.0/8 except fd00::/8",
        "not of the network's family",
    ),
    "rule endpoint": (f"{RULE}nobody allows egress to any", "unknown endpoint 'nobody'"),
    "rule number": (f"{RULE}{{rule: client allows egress to any, id: 0}}", "0 is not from 1"),
    "setting": ("configuration: {pick_up: true}", "unknown key in configuration: 'pick_up'"),
    "yes": ("configuration: {pick_up_mid_stream: yes}", "unknown value 'yes'; use one of: true"),
    "timeout 0": ("configuration: {timeouts: {other: 0s}}", "is out of range"),
    "loopback": ("configuration: {loopback_ipv4: fd00::1}", "fd00::1 is no IPv4 address"),
}

BAD_SERVICES = {
    "no port": ("{frontends: [{ipv4: 10.96.0.9}], backends: {}}", "frontend without 'port'"),
    "no address": ("{frontends: [{port: 80}], backends: {}}", "frontend without an address"),
    "protocol": (
        "{frontends: [{ipv4: 10.96.0.9, port: 1, protocol: icmp}]}",
        "a frontend's protocol has ports",
    ),
    "kind": ("{frontends: [{kind: ingress, ipv4: 10.96.0.9, port: 1}]}", "unknown value 'ingress'"),
    "port 0": ("{frontends: [{ipv4: 10.96.0.9, port: 0}]}", "0 is not from 1 to 65535"),
    "another's frontend": (
        "{frontends: [{ipv4: 10.96.0.10, port: 80}]}",
        "has a frontend that service 'web' has",
    ),
    "backend twice": (
        "{backends: {a: {ipv4: 10.0.0.1, port: 1}, b: {ipv4: 10.0.0.1, port: 1}}}",
        "two backends with the same address and port",
    ),
    "backend nowhere": ("{backends: {a: {port: 1}}}", "backend 'a' without an address"),
    "backend twofold": (
        "{backends: {a: {endpoint: server, ipv4: 10.0.0.1, port: 1}}}",
        "endpoint and address together",
    ),
    "backend name": ("{backends: {node_port: {ipv4: 10.0.0.1, port: 1}}}", "a kind of frontend"),
    "backend number": (
        "{backends: {a: {ipv4: 10.0.0.1, port: 1, id: {ipv4: 1}}}}",
        "number 1 of 'a' is taken",
    ),
    "no prime": ("{maglev_size: 100}", "100 is no prime"),
    "algorithm": ("{algorithm: round_robin}", "unknown value 'round_robin'"),
    "affinity 0": ("{affinity: 0s}", "is out of range"),
    "number taken": ("{id: 1}", "number 1 of 'shop' is taken"),
}


def refusal(folder: Path, text: str) -> str:
    """The one line that refuses a text; its place is in the file."""
    with pytest.raises(FormatError) as caught:
        load_text(folder, text)
    message = str(caught.value)
    assert isinstance(caught.value, UserError)
    assert "\n" not in message
    assert re.match(rf"{re.escape(str(folder))}/case\.yaml:[0-9]+:[0-9]+: ", message), message
    return message


@pytest.mark.parametrize("name", BAD_STEPS)
def test_bad_steps(tmp_path: Path, name: str) -> None:
    step, problem = BAD_STEPS[name]
    assert problem in refusal(tmp_path, scenario_text(step))


@pytest.mark.parametrize("name", BAD_NOTATIONS)
def test_bad_packets_are_shown_at_their_column(tmp_path: Path, name: str) -> None:
    notation, column, problem = BAD_NOTATIONS[name]
    text = scenario_text(packet(notation))
    message = refusal(tmp_path, text)
    line = text.splitlines().index(f"    packet: {notation}") + 1
    assert problem in message
    assert f"case.yaml:{line}:{len('    packet: ') + column}: " in message


@pytest.mark.parametrize("name", BAD_TOPOLOGIES)
def test_bad_topologies(tmp_path: Path, name: str) -> None:
    section, problem = BAD_TOPOLOGIES[name]
    assert problem in refusal(tmp_path, topology(section))


@pytest.mark.parametrize("name", BAD_SERVICES)
def test_bad_services(tmp_path: Path, name: str) -> None:
    value, problem = BAD_SERVICES[name]
    apply = f"- apply: [{{add: {{services: {{shop: {value}}}}}}}]"
    assert problem in refusal(tmp_path, scenario_text(apply))


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("{verdict: accept}", "unknown value 'accept'"),
        ("{reason: denied}", "did you mean 'policy_denied'?"),
        ("{field: {}}", "unknown key in expect: 'field'; did you mean 'fields'?"),
        ("{fields: {dst: 1}}", "'dst' is no packet field; write TCP.dport"),
        ("{fields: {TPC.dport: 1}}", "unknown layer 'TPC'"),
        ("{fields: {TCP.port: 1}}", "TCP has no field 'port'"),
        ("{fields: {TCP.dport: http}}", "'http' is no number"),
        ("{fields: {TCP.dport: 99999}}", "TCP.dport is from 0 to 65535"),
        ("{fields: {IP.dst: nobody}}", "'nobody' is neither an address nor a name"),
        ("{fields: {IP.options: x}}", "IP.options takes a list"),
        ("{entries: [{}]}", "without flow or selection or absent"),
        ("{entries: [{flow: client > server}]}", "is no flow; write client:40000 > web:80 tcp"),
        ("{entries: [{flow: 'client:1 > server:2 tpc'}]}", "unknown protocol 'tpc'"),
        ("{entries: [{flow: 'client:99999 > server:2 tcp'}]}", "is no port"),
        ("{entries: [{flow: 'client:1 > [fd00::1]:2 tcp', backend: 1}]}", "field of a flow"),
        ("{entries: [{absent: 'client:1 > server:2 tcp', service: 1}]}", "absent entry with"),
        ("{entries: [{selection: 'client:1 > web:2 tcp', backend: web/x}]}", "no backend"),
        ("{entries: [{flow: 'client:1 > server:2 tcp', expires: soon}]}", "unknown timeout"),
        ("{entries: [{flow: 'client:1 > server:2 tcp', established: 1}]}", "unknown value '1'"),
    ],
)
def test_bad_expectations(tmp_path: Path, expect: str, problem: str) -> None:
    step = f"- from: client\n  packet: {PING}\n  expect: {expect}\n"
    assert problem in refusal(tmp_path, scenario_text(step))


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("clauses: [CT-99]\n", "unknown clause 'CT-99'"),
        ("clauses: CT-5\n", "expected a list"),
        ("families: []\n", "families name each family once"),
        ("families: [ipv4, ipv4]\n", "families name each family once"),
        ("families: [ipv5]\n", "unknown value 'ipv5'"),
        ("name: a b\n", "'a b' is no name"),
        ("entries: {}\n", "expected a list"),
        ("titel: x\n", "unknown key in scenario: 'titel'"),
    ],
)
def test_bad_heads(tmp_path: Path, head: str, problem: str) -> None:
    assert problem in refusal(tmp_path, scenario_text(PACKET, head))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("steps: []\ntopology: {}\n", "a scenario without steps"),
        ("topology: {}\n", "scenario without 'steps'"),
        ("steps: []\n", "scenario without 'topology'"),
        ("topology: []\nsteps: []\n", "expected a mapping, found a list"),
        ("topology: other.yaml\nsteps: []\n", "there is no file 'other.yaml'"),
        ("topology: ../x.yaml\nsteps: []\n", "is outside the file's folder; put it into"),
        ("topology: .\nsteps: []\n", "'.' is no file"),
        ("topology: {include: case.yaml}\nsteps: []\n", "unknown key in topology file"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in refusal(tmp_path, text)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.topology.yaml"
    outside.write_text(TOPOLOGY, encoding="utf-8")
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "linked.topology.yaml").symlink_to(outside)
    message = refusal(folder, f"topology: linked.topology.yaml\nsteps:\n  {PACKET}")
    assert "leads outside the file's folder" in message


@pytest.mark.parametrize(
    ("notation", "problem"),
    [
        ('IP(dst="web", ihl=6)', "IP.ihl has no counterpart in IPv6; keep the scenario to"),
        ('IP(dst="web", flags="evil")', "IP.flags='evil' has no counterpart"),
        ('IP(dst="web")/ICMP(type=13)', "this ICMP message has no counterpart"),
        ('IP(dst="web")/ICMP(gw="10.0.0.1", type=3)', "ICMP.gw has no counterpart"),
        ('ARP(pdst="10.0.0.1")', "ARP has no counterpart"),
        (
            'IP(dst="10.0.0.1")',
            "is no IPv6 address; write one like fd00::1, or the name of a peer that has both",
        ),
        ('IP(dst="web/node_port")', "'web/node_port' has no IPv6 address"),
    ],
)
def test_packets_without_a_counterpart(tmp_path: Path, notation: str, problem: str) -> None:
    text = scenario_text(packet(notation), "families: [ipv4, ipv6]\n")
    assert problem in refusal(tmp_path, text)


def test_bytes_are_not_translated(tmp_path: Path) -> None:
    step = f"- {{from: client, hex: '{'00' * 20}'}}"
    message = refusal(tmp_path, scenario_text(step, "families: [ipv4, ipv6]\n"))
    assert "hex in a scenario of both families; add `only: ipv4`" in message
