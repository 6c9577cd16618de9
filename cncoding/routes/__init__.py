"""Media routes, one file per vendor: wire shapes as data and pure functions."""
