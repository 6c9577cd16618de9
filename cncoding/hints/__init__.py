"""What to do about an error, in English and Chinese.

`hint.py` is a hint and its language, `table.py` holds every sentence, `causes.py` the entries of the troubleshooting
page by the words of our own errors, `links.py` their addresses; `find.py` chooses for an error of a vendor and
`teach.py` gives it to an error that leaves a client. A vendor has its own in its
folder. A vendor's message is never translated.
"""
