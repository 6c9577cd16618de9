"""What to do about an error, in English and Chinese.

`table.py` holds every sentence, `language.py` says which language, `find.py` chooses for an error of the vendor, and
`teach.py` gives the hint to an error that leaves a client. A vendor's own hints stand in its folder. A vendor's message
is never translated.
"""
