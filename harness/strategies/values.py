"""Hypothesis strategies for domain values, whole ranges included."""

from __future__ import annotations

from hypothesis import strategies as st

from model.domain.address import ADDRESS_LENGTH, Address, Family, Network
from model.domain.flow import Flow, FlowKey, Opener, Selection

words = st.integers(0, 2**32 - 1)
longs = st.integers(0, 2**63 - 1)
ports = st.integers(0, 65535)
octets = st.integers(0, 255)
families = st.sampled_from(Family)


def addresses(family: Family) -> st.SearchStrategy[Address]:
    """Any address of a family."""
    length = ADDRESS_LENGTH[family]
    return st.binary(min_size=length, max_size=length)


def networks(family: Family) -> st.SearchStrategy[Network]:
    """Any prefix of a family."""
    bits = 8 * ADDRESS_LENGTH[family]

    def cut(address: Address, length: int) -> Network:
        shift = bits - length
        number = int.from_bytes(address, "big") >> shift << shift
        return Network(number.to_bytes(bits // 8, "big"), length)

    return st.builds(cut, addresses(family), st.integers(0, bits))


def flow_keys(family: Family) -> st.SearchStrategy[FlowKey]:
    """Any conntrack key of a family."""
    of_family = addresses(family)
    openers = st.sampled_from(Opener)
    return st.builds(FlowKey, of_family, of_family, ports, ports, octets, openers)


def flows(family: Family) -> st.SearchStrategy[Flow]:
    """Any flow; one without a service address has empty bytes for it."""
    present = addresses(family).filter(any)
    return st.builds(
        Flow,
        longs,
        longs,
        longs,
        longs,
        longs,
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        words,
        st.booleans(),
        st.booleans(),
        words,
        st.one_of(st.just(b""), present),
        ports,
        words,
    )


def entries(family: Family) -> st.SearchStrategy[Flow | Selection]:
    """Any conntrack entry."""
    return st.one_of(flows(family), st.builds(Selection, words, words, words))
