"""How a selection is looked for."""

from dataclasses import dataclass

from evalmuse_hf.prompts.integer_program import SolverName
from evalmuse_hf.prompts.linear_model import Deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingOptions:
    """How a selection is looked for.

    Attributes:
        deviation: ``"l1"`` minimises the weighted sum of deviations, ``"max"`` the largest weighted one.
        cap_at_supply: A bin wants no more candidates than there are.
        solver: ``"highs"`` or ``"cbc"``; None takes the first that is installed.
        free_patterns: Patterns that the first whole-number problem may change; those taken in part come on top.
        time_limit: Seconds for everything; solvers overstep it by up to a half.
        compare: Also report a random and a greedy selection.
        seed: Decides among candidates that are worth the same.
    """

    deviation: Deviation = "l1"
    cap_at_supply: bool = True
    solver: SolverName | None = None
    free_patterns: int = 400
    time_limit: float = 60.0
    compare: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.deviation not in ("l1", "max"):
            raise ValueError(f"`deviation` is {self.deviation!r}, expected l1 or max.")
        if not self.time_limit > 0 or self.free_patterns < 1:
            raise ValueError(
                f"`time_limit` is {self.time_limit!r} and `free_patterns` is {self.free_patterns!r}, expected both "
                "above 0."
            )
