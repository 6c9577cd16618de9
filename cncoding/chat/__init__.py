"""Both wires as codecs (encode, decode), the fold of their events, and `flow`, the policy of one chat call.

A codec never does I/O and never names a vendor: what differs stands in dialects and on model cards.
"""
