"""`python -m yaotong`: the same as the `yaotong` command."""

from yaotong.cli import main

if __name__ == "__main__":
    main()
