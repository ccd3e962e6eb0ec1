"""Make the Hub repository of the data set: Parquet from a raw release, and the card from the template beside it.

    python dataset_builder/build.py RAW OUT && evalmuse dataset push OUT OWNER/evalmuse-40k --dry-run

This file must never bear the name of its folder, because `datasets` would then refuse the folder as a loading script.
"""

import argparse
import logging
from pathlib import Path

from evalmuse_hf.data import build_dataset
from evalmuse_hf.data.card_template import fill_card

TEMPLATE = Path(__file__).with_name("README.md")


def main() -> None:
    """Build, and fill the template."""
    parser = argparse.ArgumentParser(description="Build the Hub repository of the data set.", allow_abbrev=False)
    parser.add_argument("raw", type=Path, metavar="RAW", help="folder or archive of the raw release")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write; an earlier build in it is replaced")
    parser.add_argument("--strict", action="store_true", help="stop at the first bad record or picture")
    args = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("evalmuse_hf").setLevel(logging.INFO)
    try:
        build_dataset(args.raw, args.out, strict=args.strict, progress=True)
        fill_card(TEMPLATE, args.out)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
