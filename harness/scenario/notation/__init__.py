"""Packets in Scapy's notation: read without running it, translated between families, written."""
