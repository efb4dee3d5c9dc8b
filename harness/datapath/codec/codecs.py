"""All codecs of one object."""

from __future__ import annotations

from typing import NamedTuple

from harness.datapath.codec.affinity import AffinityCodec, AffinityKeyCodec
from harness.datapath.codec.configuration import ConfigurationCodec
from harness.datapath.codec.counter import CounterCodec, WindowCodec
from harness.datapath.codec.datagram import DatagramCodec, FragmentKeyCodec
from harness.datapath.codec.endpoint import EndpointCodec
from harness.datapath.codec.endpoint_number import EndpointNumbers
from harness.datapath.codec.entry import EntryCodec
from harness.datapath.codec.enumeration import check_enumerations
from harness.datapath.codec.event import EventCodec
from harness.datapath.codec.flow import FlowKeyCodec
from harness.datapath.codec.policy import PeerCodec, PolicyCodec
from harness.datapath.codec.service import BackendCodec, FrontendCodec, ServiceCodec
from harness.kernel.btf import Btf
from model.domain.address import Family


class FamilyCodecs(NamedTuple):
    """Codecs whose structs exist once for each family."""

    flow_key: FlowKeyCodec
    entry: EntryCodec
    affinity_key: AffinityKeyCodec
    fragment_key: FragmentKeyCodec
    frontend: FrontendCodec
    peer: PeerCodec


class Codecs:
    """Every codec, made from an object's BTF, which is checked on the way.

    Raises LayoutError: the layout check before any packet.
    """

    def __init__(self, btf: Btf) -> None:
        structures, enumerations = btf.structures, btf.enumerations
        check_enumerations(enumerations)
        self.numbers = EndpointNumbers()
        """What stands for endpoints' IPv6 addresses; the control plane fills it."""
        self.of = {
            family: FamilyCodecs(
                FlowKeyCodec(structures, family, self.numbers),
                EntryCodec(structures, enumerations, family),
                AffinityKeyCodec(structures, family),
                FragmentKeyCodec(structures, family),
                FrontendCodec(structures, family),
                PeerCodec(structures, family),
            )
            for family in Family
        }
        self.affinity = AffinityCodec(structures)
        self.datagram = DatagramCodec(structures)
        self.counter = CounterCodec(structures, enumerations)
        self.window = WindowCodec(structures, enumerations)
        self.event = EventCodec(structures, enumerations)
        self.configuration = ConfigurationCodec(structures, enumerations)
        self.endpoint = EndpointCodec(structures, enumerations)
        self.service = ServiceCodec(structures, enumerations)
        self.backend = BackendCodec(structures, enumerations)
        self.policy = PolicyCodec(structures, enumerations)
