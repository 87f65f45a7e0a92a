"""`python -m yaotong`: the same as the `yaotong` command."""

from yaotong.cli import main

main()
