"""Which branches of both sides have been taken.

The datapath is built once more with a counter in each branch, which the kernel shares as memory;
the model is watched by coverage.py. Both come together as one list of branches.
"""
