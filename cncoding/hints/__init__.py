"""What to do about an error, in English and Chinese.

`hint.py` is a hint and its language, `table.py` holds every sentence, `find.py` chooses for an error of a vendor,
`teach.py` gives it to an error that leaves a client, `explain.py` reads pasted errors. A vendor has its own in its
folder. A vendor's message is never translated.
"""
