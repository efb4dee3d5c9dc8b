"""The vocabulary that every part of Twinpath shares.

Domain objects say what a pod network consists of (endpoints, identities, services, policy rules),
what the datapath remembers (flows, selections, counters) and what happens to a packet (verdict,
reason, events). They carry no behaviour beyond validation and know nothing of byte layouts,
kernels or files. The clauses they refer to are those of docs/specification.md.
"""
