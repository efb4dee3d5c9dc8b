"""Captures: pcap and pcapng as streams of steps, mapped onto a topology."""
