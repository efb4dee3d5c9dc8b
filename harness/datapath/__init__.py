"""Twinpath's own datapath as a subject: domain objects on one side, kernel maps on the other."""
