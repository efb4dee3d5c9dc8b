"""The `twinpath` command line: one module per subcommand."""
