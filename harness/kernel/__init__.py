"""Everything that touches the kernel: objects, maps, test runs, rings, devices.

Knows bytes, file descriptors and BTF; knows nothing of endpoints, services or flows.
`loader.py` is the interface; the rest implements it.
"""
