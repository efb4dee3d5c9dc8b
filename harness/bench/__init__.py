"""What the datapath and the tester cost: `twinpath bench` (docs/performance.md)."""
