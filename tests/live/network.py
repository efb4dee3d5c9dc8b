"""A pod, its node and a server in network namespaces of their own, joined by veth.

`prepare_reassembly` is what docs/datapath.md tells an operator to do; the rest is any cluster's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, NamedTuple

from pyroute2 import IPRoute
from pyroute2.nftables.expressions import genex
from pyroute2.nftables.main import NFTables

from tests.live.namespaces import NetworkNamespace
from tests.model.builder import IPV4, IPV6

POD, NODE, UPLINK, SERVER, FRAGMENTS, SPARE, WHOLE = range(11, 18)
"""Interface indexes: pod and node at either end, node and server likewise, reassembly."""

POD_ETHERNET: Final = "02:00:00:00:00:01"
NODE_ETHERNET: Final = "02:00:00:00:00:02"
SERVER_ETHERNET: Final = "02:00:00:00:00:03"
MTU: Final = 1500
WHOLE_MTU: Final = 65535

INET: Final = 1
"""NFPROTO_INET: rules for both families."""


class Network(NamedTuple):
    """The three namespaces."""

    pod: NetworkNamespace
    node: NetworkNamespace
    server: NetworkNamespace


@contextmanager
def network(*, tracks_everything: bool) -> Iterator[Network]:
    """Set it up. Nothing of it has a name outside, so it goes with the process at the latest.

    With `tracks_everything` the node's connection tracking sees every packet, as it mostly does;
    without, only those that come for reassembly.
    """
    with ExitStack() as stack:
        made = Network(*(NetworkNamespace() for _ in Network._fields))
        for namespace in made:
            stack.callback(namespace.close)
            namespace.set(ipv6__conf__default__accept_dad=0)
        join(made)
        prepare_pod(made.pod)
        prepare_server(made.server)
        prepare_node(made.node)
        prepare_reassembly(made.node)
        track(made.node, everything=tracks_everything)
        yield made


def join(made: Network) -> None:
    """Two pairs of veth; those towards the pod take whole datagrams."""
    add_pair(
        made.node,
        {"ifname": "lxc", "index": NODE, "address": NODE_ETHERNET, "mtu": WHOLE_MTU},
        {"ifname": "eth0", "index": POD, "address": POD_ETHERNET, "mtu": WHOLE_MTU},
        made.pod,
    )
    add_pair(
        made.node,
        {"ifname": "uplink", "index": UPLINK, "address": NODE_ETHERNET, "mtu": MTU},
        {"ifname": "eth0", "index": SERVER, "address": SERVER_ETHERNET, "mtu": MTU},
        made.server,
    )


def add_pair(
    here: NetworkNamespace,
    near: dict[str, str | int],
    far: dict[str, str | int],
    there: NetworkNamespace,
) -> None:
    """A pair of veth with its far end in another namespace."""
    with here.entered(), IPRoute() as netlink:
        netlink.link("add", kind="veth", **near, peer={**far, "net_ns_fd": there.fd})


def prepare_pod(pod: NetworkNamespace) -> None:
    """The interface takes whole datagrams; the route keeps what is sent to the network's size."""
    pod.run(
        f"""
        ip link set eth0 up
        ip address add {IPV4.pod}/24 dev eth0
        ip address add {IPV6.pod}/64 dev eth0
        ip route add default via 10.0.1.1 mtu {MTU}
        ip route add default via fd00:1::1 mtu {MTU}
        """
    )


def prepare_server(server: NetworkNamespace) -> None:
    """An ordinary host."""
    server.run(
        f"""
        ip link set eth0 up
        ip address add {IPV4.backends[0]}/24 dev eth0
        ip address add {IPV6.backends[0]}/64 dev eth0
        ip route add default via 10.0.3.254
        ip route add default via fd00:3::fe
        """
    )


def prepare_node(node: NetworkNamespace) -> None:
    """A router."""
    node.run(
        """
        ip link set lxc up
        ip address add 10.0.1.1/24 dev lxc
        ip address add fd00:1::1/64 dev lxc
        ip link set uplink up
        ip address add 10.0.3.254/24 dev uplink
        ip address add fd00:3::fe/64 dev uplink
        """
    )
    node.set(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)


def prepare_reassembly(node: NetworkNamespace) -> None:
    """`fragments` is the defragmentation interface; the bridge `whole` gives back what is whole."""
    node.run(
        f"""
        ip link add whole index {WHOLE} mtu {WHOLE_MTU} address {NODE_ETHERNET} type bridge \
            nf_call_iptables 1 nf_call_ip6tables 1
        ip link add fragments index {FRAGMENTS} mtu {WHOLE_MTU} type veth \
            peer name spare index {SPARE}
        ip link set fragments master whole
        bridge link set dev fragments learning off
        ip link set spare up
        ip link set fragments up
        ip link set whole promisc on up
        tc qdisc add dev whole clsact
        tc filter add dev whole ingress prio 2 protocol ip u32 \
            match ether dst {NODE_ETHERNET} match ip src {IPV4.pod}/32 \
            action mirred ingress redirect dev lxc
        tc filter add dev whole ingress prio 3 protocol ipv6 u32 \
            match ether dst {NODE_ETHERNET} match ip6 src {IPV6.pod}/128 \
            action mirred ingress redirect dev lxc
        """
    )
    node.set(ipv4__conf__all__rp_filter=0, ipv4__conf__whole__rp_filter=0)


def track(node: NetworkNamespace, *, everything: bool) -> None:
    """Turn connection tracking on: it is what reassembles packets that are not for the node."""
    with node.entered(), NFTables(nfgen_family=INET) as netfilter:
        chain = {"table": "node", "hook": "prerouting", "type": "filter", "policy": 1}
        netfilter.table("add", name="node")
        netfilter.chain("add", name="track", **chain)
        state = [genex("ct", {"dreg": 1, "key": 0})]
        netfilter.rule("add", table="node", chain="track", expressions=[state])
        if everything:
            return
        netfilter.chain("add", name="before", priority=-450, **chain)
        bridge = {"attrs": [("NFTA_DATA_VALUE", WHOLE.to_bytes(4, "little"))]}
        elsewhere = [
            genex("meta", {"dreg": 1, "key": 4}),
            genex("cmp", {"sreg": 1, "op": 1, "data": bridge}),
            {"attrs": [("NFTA_EXPR_NAME", "notrack")]},
        ]
        netfilter.rule("add", table="node", chain="before", expressions=[elsewhere])
