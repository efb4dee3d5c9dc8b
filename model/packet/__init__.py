"""Packets on the wire: headers as the RFCs have them, and how they are rewritten."""
