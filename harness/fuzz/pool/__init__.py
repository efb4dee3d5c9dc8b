"""Where rounds are carried out: processes of this machine, or Dask workers on many."""
