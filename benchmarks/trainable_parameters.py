"""How many weights each way of training changes: ``python benchmarks/trainable_parameters.py [--model mini]``.

Without ``--model``: the packaged checkpoint, then the official sizes, which are counted without any memory and
compared with the figure that a run of the official code printed.
"""

import argparse
import json
from dataclasses import asdict, dataclass

import torch

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment
from evalmuse_hf.training.adapters import AdapterArguments, add_adapters
from evalmuse_hf.training.starting_model import load_for_training
from evalmuse_hf.training.trainer import freeze_unused_parameters

OFFICIAL = "official"
OFFICIAL_COUNT = 186_944_543  # printed by a run of the official code
PROJECTION_SIZE = 256  # "embed_dim: 256" of the official configuration
BYTES = 4  # float32


@dataclass(frozen=True, slots=True)
class Row:
    """One way to train a model.

    Attributes:
        model: Which model.
        way: What is trained.
        trained: Weights that are trained.
        total: Weights of the model, those of adapters included.
        written: Bytes of the weights that a checkpoint holds, in float32.
    """

    model: str
    way: str
    trained: int
    total: int
    written: int


def main() -> None:
    """Count, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--model", help="count one model: a packaged name, a folder, or a Hub id")
    parser.add_argument("--rank", type=int, default=8, help="of the adapters (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    names = ["mini", OFFICIAL] if args.model is None else [args.model]
    rows = [row for name in names for row in count(name, rank=args.rank)]
    parts = explain() if OFFICIAL in names else {}
    if args.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "official": parts}, indent=2))
    else:
        print("\n\n".join([describe(rows), *([describe_official(parts)] if parts else [])]))


def count(name: str, *, rank: int) -> list[Row]:
    """Count the weights of a model under every way to train it.

    Args:
        name: A model, or ``"official"`` for the sizes of the released one.
        rank: Rank of the adapters.
    """
    ways = {
        "all weights": {"freeze_vision": False},
        "tower frozen (default)": {"freeze_vision": True},
        f"LoRA r={rank}, Q-Former": {"lora_vision": False},
        f"LoRA r={rank}, Q-Former and tower": {"lora_vision": True},
    }
    return [count_one(name, way, rank=rank, **options) for way, options in ways.items()]


def count_one(name: str, way: str, *, rank: int, freeze_vision: bool = True, lora_vision: bool | None = None) -> Row:
    """Count the weights of a model that is trained in one way.

    Args:
        name: As in `count`.
        way: What to call it.
        rank: Rank of the adapters.
        freeze_vision: Freeze the tower's own weights.
        lora_vision: Whether adapters are on the tower too; None trains without adapters.
    """
    with torch.device("meta" if name == OFFICIAL else "cpu"):
        model = FGABlip2ForAlignment(FGABlip2Config()) if name == OFFICIAL else load_for_training(name)[0]
        if lora_vision is not None:
            model = add_adapters(model, AdapterArguments(lora_rank=rank, lora_vision=lora_vision))
    freeze_unused_parameters(model, freeze_vision=freeze_vision, mask_weight=0.1)
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    total = sum(parameter.numel() for parameter in model.parameters())
    return Row(name, way, trained, total, BYTES * (total if lora_vision is None else trained))


def explain() -> dict[str, int]:
    """Parts of the official count: what is trained here with a frozen tower, and what exists only there."""
    config = FGABlip2Config().qformer_config
    width, words = config.hidden_size, config.vocab_size
    return {
        "trained here, tower frozen": count_one(OFFICIAL, "", rank=0).trained,
        "language-model head": (width * width + width) + 2 * width + words,
        "two contrastive projections": 2 * (width * PROJECTION_SIZE + PROJECTION_SIZE),
        "temperature": 1,
    }


def describe(rows: list[Row]) -> str:
    """Lay the counts out as a table.

    Args:
        rows: From `count`.
    """
    lines = [f"{'model':9s} {'trained':32s} {'weights':>13s} {'share':>8s} {'checkpoint':>12s}"]
    for row in rows:
        share = f"{100 * row.trained / row.total:.2f} %"
        size = f"{row.written / 1e6:,.1f} MB"
        lines.append(f"{row.model:9s} {row.way:32s} {row.trained:13,d} {share:>8s} {size:>12s}")
    return "\n".join(lines)


def describe_official(parts: dict[str, int]) -> str:
    """Lay the parts of the official count out as a sum.

    Args:
        parts: From `explain`.
    """
    lines = [f"{'printed by a run of the official code':44s} {OFFICIAL_COUNT:13,d}"]
    lines += [f"  {name:42s} {number:13,d}" for name, number in parts.items()]
    lines.append(f"{'sum':44s} {sum(parts.values()):13,d}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
