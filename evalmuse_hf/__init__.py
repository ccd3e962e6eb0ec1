"""EvalMuse-40K for the Hugging Face libraries: data, alignment scorers, meta-evaluation and ranking.

Every name below is imported when it is first used, so that ``import evalmuse_hf`` needs neither torch nor any other
dependency.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalmuse_hf.data import EvalMuse40K
    from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config
    from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment
    from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import FGABlip2Processor
    from evalmuse_hf.scoring import load_scorer
    from evalmuse_hf.training import FGATrainer, FGATrainingArguments

__version__ = "0.1.0"

__all__ = [
    "EvalMuse40K",
    "FGABlip2Config",
    "FGABlip2ForAlignment",
    "FGABlip2Processor",
    "FGATrainer",
    "FGATrainingArguments",
    "__version__",
    "load_scorer",
]

_HOMES = {
    "EvalMuse40K": "evalmuse_hf.data",
    "FGABlip2Config": "evalmuse_hf.models.fga_blip2.configuration_fga_blip2",
    "FGABlip2ForAlignment": "evalmuse_hf.models.fga_blip2.modeling_fga_blip2",
    "FGABlip2Processor": "evalmuse_hf.models.fga_blip2.processing_fga_blip2",
    "FGATrainer": "evalmuse_hf.training",
    "FGATrainingArguments": "evalmuse_hf.training",
    "load_scorer": "evalmuse_hf.scoring",
}


def __getattr__(name: str) -> object:
    """Import a public name from its home at first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names that are not imported yet together with the others."""
    return sorted({*globals(), *__all__})
