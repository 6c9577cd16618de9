"""One folder for each vendor: `chat` holds its `PROVIDER`, `models`, `failures` and `hints` what is too long for it.

`media` and `account` hold its other routes. A vendor never knows another; what two of them share is a field of a
dialect, a card or a route.
"""
