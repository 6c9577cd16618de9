"""One folder for each vendor: `chat` holds its `PROVIDER`, `media` and `account` its other routes.

A vendor never knows another. What two of them share is a field of a dialect, a card or a route.
"""
