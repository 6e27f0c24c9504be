"""`python -m jobs` is `sharp-batch`, for where that is not installed as a command."""

from jobs.cli import main

if __name__ == "__main__":
    main()
