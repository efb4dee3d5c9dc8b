"""Which comparisons are made. Everything, unless someone has a reason.

What is left open to a datapath is not switched off here but declared where it is decided:

- the backend of `random` (LB-3c): `harness.lockstep.free_choice`
- which entries a full table evicts (CT-12): `harness.lockstep.eviction`. An entry may be missing
  only where the packet has put one into the same table and the table by then held more than it
  keeps in any case, and no more may be missing than that excess. Of what the packet put there
  something is left: the last. Nothing else about an entry is open.
- what the kernel may refuse (PKT-10, CT-12c): `harness.lockstep.free_choice`, where a scenario
  makes calls fail; and the frame of a packet that is dropped when it may have been changed
  already: `harness.compare.outcome.with_frame_of`
- caches that are no state of the specification: the codec does not project them
"""

from __future__ import annotations

from harness.compare.difference import Kind

Strictness = frozenset[Kind]

EVERYTHING: Strictness = frozenset(Kind)


def without(*kinds: Kind) -> Strictness:
    """All comparisons but these; used to measure what a comparison is worth."""
    return EVERYTHING - set(kinds)
