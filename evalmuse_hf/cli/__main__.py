"""Run the command line as ``python -m evalmuse_hf.cli``."""

import sys

from evalmuse_hf.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
