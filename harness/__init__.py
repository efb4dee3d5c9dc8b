"""Twinpath's harness: runs a datapath and its specification in lockstep and compares them."""
