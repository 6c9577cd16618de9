"""Recipes of the frameworks' public documentation, with one line changed: the model.

Each recipe runs against two vendors of the emulator; CI takes the first of them, `make test-all` both. The table in
`docs/recipes.md` is made from the arguments of `@recipe`.
"""
