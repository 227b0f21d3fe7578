"""`python -m modelcp` is `modelcp`."""

from modelcp.cli import main

if __name__ == "__main__":
    main()
