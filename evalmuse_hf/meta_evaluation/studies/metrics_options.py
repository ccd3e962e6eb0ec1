"""What a comparison of scorers is asked: which scorers, which data sets, which files of scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalmuse_hf.meta_evaluation.benchmarks.opening import KINDS

DEFAULT_SCORERS = ("fga_blip2:mini", "pn_vqa:mini")
DEFAULT_PROMPTS = 200
QUICK_PROMPTS = 20
_LEAST_PLANNED = 2

Statistic = Literal["srcc", "krcc", "plcc"]


@dataclass(frozen=True, slots=True)
class DataChoice:
    """A data set: where it is, and of which kind (see `open_rated_data`; None: what its content says)."""

    path: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """A file of scores, and the name under which they are shown."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsOptions:
    """What is compared, and on what.

    Attributes:
        scorers: Names of `load_scorer`, each with ``:MODEL`` behind it if its default is not meant. They run where
            there are pictures. None: `DEFAULT_SCORERS` where there are pictures, as long as no file is given.
        datasets: Data sets with ratings; empty draws prompts of the embedded world.
        files: Scores of others.
        statistic: In which scorers are compared with each other.
        split: Split with the ratings, of data sets that have splits.
        prompts: At most how many prompts of a data set, drawn from its own; None: `DEFAULT_PROMPTS` where scorers
            run, all of them elsewhere.
        seed: Of the drawing and of the intervals.
        n_resamples: Bootstrap resamples.
        device: Where scorers run; None takes the GPU if there is one.
        images: Folder in which the pictures of data sets are that come without them; a scorer then runs on them.
        score_column: Column of the files with the score.
        key_column: Column of the files with the path of the picture; None takes the first that may be one.
        lower_is_better: Names of files whose sign is changed.
        in_domain: Scorers that were trained on ratings of a data set, beside those that it names itself: ``SCORER``
            for all data sets, ``DATASET=SCORER`` for one.
        planned_prompts: Prompts of a study that is planned, for the smallest difference that it would find.
        scale: Lowest and highest rating of the data sets of kind ``"csv"``; None: 1 to 5.
        progress: Show bars on stderr.
    """

    scorers: Sequence[str] | None = None
    datasets: Sequence[DataChoice] = ()
    files: Sequence[ScoreFile] = ()
    statistic: Statistic = "srcc"
    split: str = "test"
    prompts: int | None = None
    seed: int = 0
    n_resamples: int = 1000
    device: str | None = None
    images: str | None = None
    score_column: str = "overall_score"
    key_column: str | None = None
    lower_is_better: Sequence[str] = ()
    in_domain: Sequence[str] = ()
    planned_prompts: int = 1000
    scale: tuple[float, float] | None = None
    progress: bool = False

    @property
    def wanted_scorers(self) -> tuple[str, ...]:
        """Scorers that run where there are pictures."""
        if self.scorers is not None:
            return tuple(self.scorers)
        return () if self.files else DEFAULT_SCORERS


def parse_dataset(text: str) -> DataChoice:
    """Read ``[KIND=]PATH``.

    Args:
        text: As it was typed.

    Raises:
        ValueError: If what stands before the equals sign is no kind, and no such file exists.

    >>> parse_dataset("tifa160=downloads/scores.json")
    DataChoice(path='downloads/scores.json', kind='tifa160')
    >>> parse_dataset("evalmuse-40k")
    DataChoice(path='evalmuse-40k', kind=None)
    """
    kind, sign, path = text.partition("=")
    if not sign or Path(text).exists():
        return DataChoice(text)
    if kind not in KINDS:
        raise ValueError(f"--dataset {text!r}: there is no kind {kind!r}; choose one of {', '.join(KINDS)}.")
    return DataChoice(path, kind)


def parse_scores(text: str) -> ScoreFile:
    """Read ``[NAME=]FILE``; without a name, the file's own without its ending.

    Args:
        text: As it was typed.

    >>> parse_scores("HPSv3=runs/a.csv").name, parse_scores("runs/clip.parquet").name
    ('HPSv3', 'clip')
    """
    name, sign, path = text.partition("=")
    if not sign or Path(text).exists():
        return ScoreFile(Path(text), Path(text).stem)
    return ScoreFile(Path(path), name or Path(path).stem)


def check_options(options: MetricsOptions) -> None:
    """Refuse what cannot be meant, before anything is read.

    Args:
        options: What was asked for.

    Raises:
        ValueError: If a number is not positive, or a name stands twice or is missing.
    """
    if (options.prompts is not None and options.prompts < 1) or options.n_resamples < 0:
        raise ValueError("`prompts` must be at least 1 and `n_resamples` at least 0.")
    if options.planned_prompts < _LEAST_PLANNED:
        raise ValueError(
            f"`planned_prompts` must be at least {_LEAST_PLANNED}, got {options.planned_prompts}: one prompt has no "
            "error."
        )
    if options.scale is not None and not options.scale[0] < options.scale[1]:
        low, high = options.scale
        raise ValueError(f"`scale` is {low:g} to {high:g}; give the lowest rating first, then a higher one.")
    if options.scorers is not None and (not options.scorers or len(set(options.scorers)) != len(options.scorers)):
        raise ValueError(f"`scorers` must be different names, at least one, got {', '.join(options.scorers)}.")
    names = [file.name for file in options.files]
    if len(set(names)) != len(names):
        raise ValueError(f"Two files of scores have the same name ({', '.join(names)}); write NAME=FILE to tell them.")
    unknown = [name for name in options.lower_is_better if name not in names]
    if unknown:
        raise ValueError(f"`lower_is_better` names {unknown[0]!r}, which is no file of scores; there are {names}.")
