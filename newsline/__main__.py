"""`python -m newsline`: the command line."""

from newsline import main

if __name__ == "__main__":
    main()
