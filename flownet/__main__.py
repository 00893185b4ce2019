"""`python -m flownet`: the shell, where its command is not on the path."""

from .desk.cli import main

if __name__ == "__main__":
    main()
