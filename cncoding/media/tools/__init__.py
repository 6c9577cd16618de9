"""What an agent's tools do, once for every framework.

`catalog` lists them, `arguments` says what each takes, in the words of `describing`; `calls` are their values, `making`
and `senses` do the work, `dispatch` finds who does it, `texts` says the outcome to a model.
"""
