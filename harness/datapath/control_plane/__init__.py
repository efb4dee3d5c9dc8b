"""The control plane's library: domain operations in, consistent map contents out.

Compilers say what the tables should hold and know nothing of the kernel; a plan collects the
writes; only `tables` carries them out. Any loader's maps will do.
"""
