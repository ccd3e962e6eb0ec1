"""The data set: a raw release or own ratings read, built, checked, published, loaded and turned into batches."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalmuse_hf.data.build import build_dataset
    from evalmuse_hf.data.builder import EvalMuse40K
    from evalmuse_hf.data.collator import AlignmentCollator
    from evalmuse_hf.data.errors import ReleaseError
    from evalmuse_hf.data.health import HealthReport, check_dataset
    from evalmuse_hf.data.loading import load_pairs
    from evalmuse_hf.data.publishing import push_dataset
    from evalmuse_hf.data.release import ReleasedSplit, read_release
    from evalmuse_hf.data.report import BuildReport, ElementProblem, RecordProblem, SplitReport
    from evalmuse_hf.data.targets import TokenTargets, official_locations, token_targets

__all__ = [
    "AlignmentCollator",
    "BuildReport",
    "ElementProblem",
    "EvalMuse40K",
    "HealthReport",
    "RecordProblem",
    "ReleaseError",
    "ReleasedSplit",
    "SplitReport",
    "TokenTargets",
    "build_dataset",
    "check_dataset",
    "load_pairs",
    "official_locations",
    "push_dataset",
    "read_release",
    "token_targets",
]

# Lazy, because the builder needs `datasets` and the collator needs `torch`, and no user of one needs the other.
_HOMES = {
    "AlignmentCollator": "collator",
    "BuildReport": "report",
    "ElementProblem": "report",
    "EvalMuse40K": "builder",
    "HealthReport": "health",
    "RecordProblem": "report",
    "ReleaseError": "errors",
    "ReleasedSplit": "release",
    "SplitReport": "report",
    "TokenTargets": "targets",
    "build_dataset": "build",
    "check_dataset": "health",
    "load_pairs": "loading",
    "official_locations": "targets",
    "push_dataset": "publishing",
    "read_release": "release",
    "token_targets": "targets",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module at first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
