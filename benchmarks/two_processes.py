"""Prints how far apart the same training ends when one process, two processes or accumulation steps share the batch.

    python benchmarks/two_processes.py

A small random model is trained for two epochs on 21 pairs of prompts of different lengths, in steps of four pairs, so
that the last step of an epoch has a single pair, and the second process none. Every way must give the loss curve, the
weights and the predictions of the first; two real processes talk by gloo on this machine, started by torchrun and by
`accelerate launch`. About a minute.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment
from evalmuse_hf.training import FGATrainer, FGATrainingArguments

N_PAIRS = 21
N_POSITIONS = 12
VOCABULARY = 99
ENCODER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
# `accelerate launch --cpu --num_processes 2` runs one process; this is what runs two.
ACCELERATE = """\
compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
use_cpu: true
num_machines: 1
num_processes: 2
machine_rank: 0
mixed_precision: 'no'
"""
Row = dict[str, Tensor]
Result = dict[str, Any]


class RecordingTrainer(FGATrainer):
    """Keeps the loss of every step as it is; what Trainer logs is rounded."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.losses: dict[int, Tensor] = {}

    def training_step(self, *arguments: Any, **options: Any) -> Tensor:
        """Add the loss of a micro-batch to that of its step."""
        loss: Tensor = super().training_step(*arguments, **options)
        step = self.state.global_step
        self.losses[step] = self.losses.get(step, torch.zeros(())) + loss.cpu()
        return loss


def make_model() -> FGABlip2ForAlignment:
    """The same random weights every time, without dropout."""
    torch.manual_seed(0)
    dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    qformer = {**ENCODER, **dropout, "vocab_size": VOCABULARY, "cross_attention_frequency": 1}
    vision = {**ENCODER, "image_size": 28, "patch_size": 14}
    return FGABlip2ForAlignment(
        FGABlip2Config(
            vision_config=vision,
            qformer_config=qformer,
            num_query_tokens=4,
            mask_head_sizes=(16,),
            initializer="width",
        )
    )


def make_rows() -> list[Row]:
    """Pairs with pictures, prompts, ratings and weights at random."""
    generator = torch.Generator().manual_seed(1)
    rows = []
    for number in range(N_PAIRS):
        length = 5 + 2 * (number % 4)
        mask = torch.zeros(length)
        mask[2:4] = 1
        rows.append(
            {
                "pixel_values": torch.randn(3, 28, 28, generator=generator),
                "input_ids": torch.randint(5, VOCABULARY, (length,), generator=generator),
                "overall_target": 1 + 4 * torch.rand((), generator=generator),
                "token_target": mask * torch.rand((), generator=generator),
                "token_mask": mask,
                "weight": 0.5 + torch.rand((), generator=generator),
            }
        )
    return rows


def collate(rows: list[Row]) -> Row:
    """Pad to the longest prompt of the micro-batch."""
    longest = max(len(row["input_ids"]) for row in rows)
    batch = {
        name: torch.stack([F.pad(row[name], (0, longest - len(row[name]))) for row in rows])
        for name in ("input_ids", "token_target", "token_mask")
    }
    batch |= {name: torch.stack([row[name] for row in rows]) for name in ("pixel_values", "overall_target", "weight")}
    return {**batch, "attention_mask": (batch["input_ids"] != 0).long()}


def train(*, batch_size: int, accumulation: int) -> Result:
    """Train in this process, and in those that the launcher started beside it.

    Args:
        batch_size: Pairs per micro-batch and process.
        accumulation: Micro-batches per step and process.
    """
    with tempfile.TemporaryDirectory() as folder:
        args = FGATrainingArguments(
            output_dir=folder,
            use_cpu=True,
            num_train_epochs=2,
            per_device_train_batch_size=batch_size,
            gradient_accumulation_steps=accumulation,
            n_positions=N_POSITIONS,
            learning_rate=1e-3,
            # Larger than usual: a key's bias has no gradient but rounding, which Adam would blow up to a whole step.
            adam_epsilon=1e-4,
            save_strategy="no",
            disable_tqdm=True,
            report_to=[],
        )
        rows = make_rows()
        trainer = RecordingTrainer(model=make_model(), args=args, train_dataset=rows, data_collator=collate)
        with contextlib.redirect_stdout(sys.stderr):  # Trainer prints its progress
            trainer.train()
        curve = torch.stack(list(trainer.losses.values()))
        losses = trainer.accelerator.gather(curve[None]).mean(dim=0)
        weights = {name: parameter.detach().clone() for name, parameter in trainer.model.named_parameters()}
        scores, _ = trainer.predict(rows).predictions
        n_processes = trainer.accelerator.num_processes
    return {
        "n_processes": n_processes,
        "losses": losses,
        "weights": weights,
        "scores": torch.from_numpy(scores),
    }


def launch(launcher: str, *, batch_size: int, accumulation: int) -> Result:
    """Train in two processes and read what the first one wrote.

    Args:
        launcher: ``"torchrun"`` or ``"accelerate"``.
        batch_size: Pairs per micro-batch and process.
        accumulation: Micro-batches per step and process.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, config = Path(folder) / "result.pt", Path(folder) / "accelerate.yaml"
        config.write_text(ACCELERATE, "utf-8")
        starts = {
            "torchrun": ["torch.distributed.run", "--standalone", "--nproc_per_node", "2"],
            "accelerate": ["accelerate.commands.launch", "--config_file", str(config), "--main_process_port", "0"],
        }
        cut = ["--batch_size", str(batch_size), "--accumulation", str(accumulation)]
        words = [sys.executable, "-m", *starts[launcher], __file__, "--worker", str(out), *cut]
        variables = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
        done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        result: Result = torch.load(out, weights_only=True)
        return result


def compare(result: Result, reference: Result) -> dict[str, float]:
    """Largest absolute differences.

    Args:
        result: Of one way to train.
        reference: Of another.
    """
    weights = [(result["weights"][name] - reference["weights"][name]).abs().max() for name in reference["weights"]]
    return {
        "losses": (result["losses"] - reference["losses"]).abs().max().item(),
        "weights": torch.stack(weights).max().item(),
        "scores": (result["scores"] - reference["scores"]).abs().max().item(),
    }


def main(words: list[str] | None = None) -> int:
    """Train every way and print the differences, or be one of two processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", type=Path, help="train once and write the result to this file")
    parser.add_argument("--batch_size", type=int, default=4)
    parser.add_argument("--accumulation", type=int, default=1)
    args = parser.parse_args(words)
    if args.worker is not None:
        result = train(batch_size=args.batch_size, accumulation=args.accumulation)
        if os.environ.get("RANK", "0") == "0":
            torch.save(result, args.worker)
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        return 0
    reference = train(batch_size=4, accumulation=1)
    start = make_model()
    moved = max((reference["weights"][name] - weight).abs().max().item() for name, weight in start.named_parameters())
    print(f"one process, 4 pairs at a time: {len(reference['losses'])} steps; a weight moves by up to {moved:.1e}")
    print(f"{'largest difference from it':<42}{'losses':>10}{'weights':>10}{'scores':>10}")
    for label, launcher, batch_size, accumulation in (
        ("one process, 2 at a time, 2 accumulated", None, 2, 2),
        ("one process, 1 at a time, 4 accumulated", None, 1, 4),
        ("two by torchrun, 2 at a time each", "torchrun", 2, 1),
        ("two by torchrun, 1 at a time, 2 accumulated", "torchrun", 1, 2),
        ("two by accelerate launch, 2 at a time each", "accelerate", 2, 1),
    ):
        cut = {"batch_size": batch_size, "accumulation": accumulation}
        result = train(**cut) if launcher is None else launch(launcher, **cut)
        if result["n_processes"] != (1 if launcher is None else 2):
            raise RuntimeError(f"{label}: {result['n_processes']} processes trained.")
        print(f"{label:<44}" + "  ".join(f"{value:.1e}" for value in compare(result, reference).values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
