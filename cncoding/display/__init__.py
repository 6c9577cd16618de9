"""A reply on its way, before the eyes of a person.

`chunks.py` reads what streams yield, `cleaning.py` makes a vendor's text harmless, `writers.py` are the places it is
written to, `pretty.py` brings them together.
"""
