"""Several plans as one model: which one is asked, when to move on, and what is remembered of a spent one.

Values and a flow; `client/plans.py` performs it over clients, the adapters dress it as models of their frameworks.
"""
