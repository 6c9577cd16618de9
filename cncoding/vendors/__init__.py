"""One file per vendor; each ends with `PROVIDER`. A new file appears in the registry by itself."""
