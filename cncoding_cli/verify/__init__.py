"""`cncoding verify`: small probes of a vendor, each tied to facts of the ledger.

`probes` says what is asked and what must come back, `bench` asks and records, `report` writes what was seen without
keys. Nothing here knows a vendor: what must come back is read from the provider's own data.
"""
