"""One command a file; the function has the name of the file. Shared words are in `options.py`."""
