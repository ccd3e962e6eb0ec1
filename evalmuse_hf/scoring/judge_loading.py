"""Opens the judges of `evalmuse_hf.models.judges`, in the way in which any other package would bring a scorer."""

from pathlib import Path
from typing import Any

from evalmuse_hf.models.scorer import Scorer


def open_level_judge(
    *, model: str | Path | None, device: str | None, batch_size: int | None, **options: Any
) -> Scorer:
    """Open `LevelJudge`.

    Args:
        model: See `load_scorer` for scorers that ask.
        device: Where to run.
        batch_size: Questions per pass.
        **options: Of the judge.
    """
    from evalmuse_hf.models.judges import LevelJudge

    return _open("level_judge", LevelJudge(**options), model=model, device=device, batch_size=batch_size)


def open_vie_score(*, model: str | Path | None, device: str | None, batch_size: int | None, **options: Any) -> Scorer:
    """Open `VIEScore`.

    Args:
        model: See `load_scorer` for scorers that ask.
        device: Where to run.
        batch_size: Questions per pass.
        **options: Of the judge.
    """
    from evalmuse_hf.models.judges import VIEScore

    return _open("vie_score", VIEScore(**options), model=model, device=device, batch_size=batch_size)


def _open(name: str, judge: Any, **given: Any) -> Scorer:
    from evalmuse_hf.models.judges import JudgingScorer
    from evalmuse_hf.scoring.loading import load_scorer

    asking: Any = load_scorer("vqa_score", **given)
    return JudgingScorer(asking.chat, judge, name=f"{name}:{asking.name.partition(':')[2]}")
