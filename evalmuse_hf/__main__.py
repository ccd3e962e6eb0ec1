"""Runs `evalmuse`, for `python -m evalmuse_hf`."""

import sys

from evalmuse_hf.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
