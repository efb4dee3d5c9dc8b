"""Domain values to bytes of the object's maps and back, derived from the object's BTF.

Every codec names the fields that it needs. A field that C lacks, or that no codec knows, stops the
start with LayoutError; bytes that make no sense afterwards raise ContentError.
"""
