"""What a run was, written beside its checkpoints, so that only the same run goes on from them."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn
from transformers import TrainingArguments

from evalmuse_hf.training.arguments import FGATrainingArguments
from evalmuse_hf.training.options import RunArguments
from evalmuse_hf.training.run_data import RunData

if TYPE_CHECKING:
    from datasets import Dataset

RUN_FILE = "run.json"
FORMAT = 1
_STATE_FILE = "trainer_state.json"  # is written last: a checkpoint that was interrupted lacks it
_CHECKPOINTS = "checkpoint-*"
_LONGEST_QUOTE = 60

# Options of transformers that change the weights of a run. What only changes where, how fast or how often something is
# written is not here, and neither is what cuts a step: `pairs_per_step` stands for it.
_OPTIONS_THAT_MATTER = (
    *("num_train_epochs", "max_steps", "learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps"),
    *("optim", "optim_args", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm"),
    *("bf16", "fp16", "seed", "data_seed"),
)

Fingerprint = dict[str, Any]


def fingerprint_run(run: RunArguments, data: RunData, model: nn.Module) -> Fingerprint:
    """Gather everything on which the weights of a run depend.

    Args:
        run: Options of the run.
        data: Its pairs.
        model: The model before training; its values do not matter, because a checkpoint replaces them.

    Returns:
        A mapping that JSON can hold.
    """
    training = run.training
    own = {field.name for field in fields(FGATrainingArguments)} - {field.name for field in fields(TrainingArguments)}
    options = {name: getattr(training, name) for name in (*_OPTIONS_THAT_MATTER, *sorted(own))}
    options |= asdict(run.adapters)
    options["augmentation"] = run.data.augmentation
    options["feature_dtype"] = "float32" if run.data.feature_cache is None else run.data.feature_dtype
    options["pairs_per_step"] = (
        training.per_device_train_batch_size * training.gradient_accumulation_steps * training.world_size
    )
    fingerprint = {
        "format": FORMAT,
        "training pairs": _hash_pairs(data.train),
        "validation pairs": None if data.validation is None else _hash_pairs(data.validation),
        "architecture": _hash(
            [(name, list(tensor.shape), str(tensor.dtype)) for name, tensor in model.state_dict().items()]
        ),
        "options": options,
    }
    plain: Fingerprint = json.loads(json.dumps(fingerprint, default=str))
    return plain


def find_start(folder: Path, fingerprint: Fingerprint, *, resume: str | None) -> Path | None:
    """Find the checkpoint to go on from.

    Args:
        folder: Output folder of the run.
        fingerprint: What the run is, see `fingerprint_run`.
        resume: A checkpoint; the word ``True`` for the last one of ``folder``; None or ``False`` to start anew.

    Returns:
        The checkpoint; None for a fresh start.

    Raises:
        ValueError: If there is no such checkpoint, if it belongs to another run, or if a fresh start would mix its
            checkpoints with those of an earlier run.
    """
    if resume is None or resume.lower() == "false":
        if any(folder.glob(_CHECKPOINTS)):
            raise ValueError(
                f"{folder} holds checkpoints of an earlier run; go on from them with --resume_from_checkpoint True, "
                "or give another --output_dir."
            )
        return None
    checkpoint = _last_checkpoint(folder) if resume.lower() == "true" else Path(resume)
    if not (checkpoint / _STATE_FILE).is_file():
        raise ValueError(
            f"{checkpoint} is no complete checkpoint (it lacks {_STATE_FILE}); name another, or start anew."
        )
    refuse_other_run(checkpoint.resolve().parent / RUN_FILE, fingerprint)
    return checkpoint


def write_fingerprint(folder: Path, fingerprint: Fingerprint) -> None:
    """Write what a run is into its folder.

    Args:
        folder: Output folder of the run; made if it is not there.
        fingerprint: See `fingerprint_run`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{RUN_FILE}.part"
    part.write_text(json.dumps(fingerprint, indent=2, sort_keys=True) + "\n", "utf-8")
    os.replace(part, folder / RUN_FILE)


def refuse_other_run(path: Path, fingerprint: Fingerprint) -> None:
    """Make sure that a checkpoint belongs to this run.

    Args:
        path: The file that `write_fingerprint` wrote.
        fingerprint: What this run is.

    Raises:
        ValueError: If there is no such file, or it is of another run; the message names what differs.
    """
    try:
        known = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        known = None
    if not isinstance(known, Mapping) or known.get("format") != FORMAT:
        raise ValueError(f"{path.parent} has no {RUN_FILE} that says which run its checkpoints belong to; start anew.")
    options, others = fingerprint["options"], known["options"]
    different = [
        f"{name} was {_quote(others.get(name))}, is {_quote(options.get(name))}"
        for name in sorted({*options, *others})
        if others.get(name) != options.get(name)
    ]
    different += [
        f"other {name}" for name in fingerprint if name != "options" and known.get(name) != fingerprint[name]
    ]
    if different:
        raise ValueError(
            f"The checkpoints in {path.parent} belong to another run ({'; '.join(different)}); go on with its data "
            "and options, or start anew in another --output_dir with --model_name_or_path of a checkpoint."
        )


def _last_checkpoint(folder: Path) -> Path:
    complete = [path.parent for path in folder.glob(f"{_CHECKPOINTS}/{_STATE_FILE}")]
    numbered = {int(path.name.rpartition("-")[2]): path for path in complete if path.name[-1].isdigit()}
    if not numbered:
        raise ValueError(f"There is no checkpoint in {folder} to go on from; start without --resume_from_checkpoint.")
    return numbered[max(numbered)]


def _hash_pairs(pairs: "Dataset") -> str:
    columns = (pairs[name] for name in ("content_hash", "image_path", "prompt", "overall_score", "overall_ratings"))
    elements = ([(element["text"], element["score"]) for element in elements or ()] for elements in pairs["elements"])
    return _hash(list(zip(*columns, elements, strict=True)))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def _quote(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
