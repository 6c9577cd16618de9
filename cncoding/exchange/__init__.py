"""One HTTP exchange without I/O: steps, retry, fetching, failures, JSON values, media types.

Nothing here knows a wire, a model or a medium; vendors are known only as tables of failures.
"""
