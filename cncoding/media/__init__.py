"""Media without I/O: values, routes, rules, replies, jobs, saving, and services such as sight and search.

What one vendor's bodies look like stands in `vendors/<id>/`; what touches a disk or a socket in `client/`.
"""
