"""Fragments: later ones take their ports from the first (FRAG)."""

from __future__ import annotations

from model.decision import Decision, redirect
from model.domain.flow import Datagram, FragmentKey
from model.domain.packet import Verdict
from model.domain.reason import Reason
from model.drop import Drop
from model.packet.transport import is_icmp_error
from model.packet.view import Fragment
from model.passage import Passage
from model.room import recordable


def datagram_key(passage: Passage, fragment: Fragment) -> FragmentKey:
    """Key of a fragment's datagram (FRAG-1, FRAG-1a)."""
    view = passage.view
    passage.trace.note("FRAG-1a", "the datagram's protocol", fragment.protocol)
    return FragmentKey(
        view.source,
        view.destination,
        fragment.identification,
        fragment.protocol,
        passage.packet.hook,
    )


def place(passage: Passage, fragment: Fragment) -> Decision | None:
    """Give a fragment its ports, or send it to reassembly; None where it goes its way."""
    view, trace = passage.view, passage.trace
    interface = passage.configuration.defragmentation_interface
    datagram = passage.table.datagram(datagram_key(passage, fragment))
    if datagram is not None and datagram.reassembly:
        if interface:
            trace.note("FRAG-2", "the datagram goes to reassembly")
            return to_reassembly(passage, interface)
        datagram = None
    if not view.is_later_fragment:
        if is_icmp_error(view):
            raise Drop(Reason.INVALID_FRAGMENT, "FRAG-1c")
        if datagram is not None:
            trace.note("FRAG-2a", "the first fragment once more")
        return None
    if datagram is None:
        return without_first(passage, fragment, interface)
    trace.note("FRAG-1", "ports from the first fragment")
    view.protocol = datagram.protocol
    view.source_port = datagram.source_port
    view.destination_port = datagram.destination_port
    return None


def without_first(passage: Passage, fragment: Fragment, interface: int) -> Decision:
    """A later fragment whose first has not been seen (FRAG-2)."""
    if not interface:
        raise Drop(Reason.FRAGMENT_NOT_FOUND, "FRAG-2")
    passage.trace.note("FRAG-2", "first fragment unknown")
    decision = to_reassembly(passage, interface)
    expires = passage.now + passage.configuration.timeouts.fragment
    datagram = Datagram(expires, reassembly=True)
    decision.writes |= recordable(passage, datagram_key(passage, fragment), datagram)
    return decision


def to_reassembly(passage: Passage, interface: int) -> Decision:
    """The fragment goes to the defragmentation interface as it is."""
    decision = Decision(Reason.REASSEMBLY, Verdict.REDIRECT, passage.packet.data)
    return redirect(decision, interface)


def remember_first(passage: Passage, decision: Decision) -> None:
    """Add to the decision what a passing first fragment leaves behind (FRAG-1, FRAG-2a)."""
    view, fragment = passage.view, passage.view.fragment
    if fragment is None or fragment.offset or decision.reason.is_drop:
        return
    expires = passage.now + passage.configuration.timeouts.fragment
    passage.trace.note("FRAG-1", "first fragment remembered")
    datagram = Datagram(expires, view.source_port, view.destination_port, view.protocol)
    decision.writes |= recordable(passage, datagram_key(passage, fragment), datagram)
