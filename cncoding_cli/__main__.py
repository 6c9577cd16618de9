"""`python -m cncoding_cli` is `cncoding`."""

from cncoding_cli import main

main()
