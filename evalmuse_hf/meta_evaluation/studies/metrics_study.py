"""Scorers compared on data sets with human ratings: which agrees best with people, by how much, and is that noise?

Scorers run here where there are pictures; those of others join as files, or came with the data set. The default,
FGA-BLIP2 against PN-VQA on drawn prompts, is the third experiment that this project was founded with.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tqdm import tqdm

from evalmuse_hf.meta_evaluation.rated_data import DataFacts, Row
from evalmuse_hf.meta_evaluation.studies.metrics_data import (
    StudyData,
    draw_embedded,
    has_pictures,
    open_data,
    refuse_scale_of_nothing,
)
from evalmuse_hf.meta_evaluation.studies.metrics_lines import Record, ScorerLine, judge_scorer, spell
from evalmuse_hf.meta_evaluation.studies.metrics_options import (
    DEFAULT_PROMPTS,
    DataChoice,
    MetricsOptions,
    check_options,
)
from evalmuse_hf.meta_evaluation.studies.metrics_pairs import LEAST_SHARE, Matrix, compare_scorers
from evalmuse_hf.meta_evaluation.studies.metrics_people import People, judge_by_other_raters, judge_people
from evalmuse_hf.meta_evaluation.studies.metrics_precision import Precision, find_precision
from evalmuse_hf.meta_evaluation.studies.metrics_ranking import RankingLine, judge_rankings
from evalmuse_hf.meta_evaluation.studies.metrics_references import reference_rows
from evalmuse_hf.meta_evaluation.studies.metrics_scores import (
    ScoredRows,
    read_score_file,
    refuse_unknown_scorer,
    run_scorer,
    scores_of_file,
    scores_of_others,
)
from evalmuse_hf.meta_evaluation.studies.metrics_verdict import Verdict, find_verdict
from evalmuse_hf.stats import PromptRaterResult

FORMAT = 2
"""Raised when a key of the record changes its meaning or goes away."""

_LEAST_PROMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DataComparison:
    """All scorers on one data set.

    Attributes:
        facts: What a reader must know of the data set.
        n_prompts: Prompts that count.
        n_pairs: Pictures that count.
        scorers: In the order in which they were named: run here, from files, shipped.
        references: Rows that look at ratings instead of pictures.
        people: What bounds and accompanies the scorers.
        matrix: Every two scorers.
        rankings: How they order generators; empty without generators.
        precision: The smallest difference that so many prompts find; None where nothing was tested.
        other_raters: The best scorer with an interval that draws prompts and raters; None where these are not known.
        notes: What else a reader must know, each a sentence.
    """

    facts: DataFacts
    n_prompts: int
    n_pairs: int
    scorers: tuple[ScorerLine, ...]
    references: tuple[ScorerLine, ...]
    people: People
    matrix: Matrix
    rankings: tuple[RankingLine, ...]
    precision: Precision | None = None
    other_raters: PromptRaterResult | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Who is ahead."""
        return find_verdict(self.matrix, self.scorers)

    def record(self) -> Record:
        """Spell it for JSON."""
        return {
            "dataset": self.facts.name,
            "facts": asdict(self.facts),
            "n_prompts": self.n_prompts,
            "n_pairs": self.n_pairs,
            "best": self.verdict.best,
            "lead_is_noise": self.verdict.is_noise,
            "differences": [cell.record() for cell in self.matrix.cells],
            "letters": dict(self.matrix.letters),
            "not_compared": list(self.matrix.left_out),
            "reference_differences": [cell.record() for cell in self.matrix.references],
            "precision": None if self.precision is None else self.precision.record(),
            "people": self.people.record(),
            "prompt_rater": self._rater_record(),
            "reference_rows": [line.record() for line in self.references],
            "rankings": [line.record() for line in self.rankings],
            "notes": list(self.notes),
        }

    def _rater_record(self) -> Record | None:
        if self.other_raters is None:
            return None
        drawn = {"scheme": self.other_raters.scheme, "n_raters": self.other_raters.n_raters}
        return {"scorer": self.verdict.best, **spell(self.other_raters), **drawn}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsStudy:
    """What came out.

    Attributes:
        options: What was asked for.
        comparisons: One per data set.
        machine: On what.
    """

    options: MetricsOptions
    comparisons: tuple[DataComparison, ...]
    machine: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> Record:
        """Spell everything for JSON; ``scorers`` has one entry for each scorer and data set."""
        options = {name: value for name, value in asdict(self.options).items() if name != "progress"}
        return {
            "format": FORMAT,
            "options": json.loads(json.dumps(options, default=str)),
            "n_prompts": sum(comparison.n_prompts for comparison in self.comparisons),
            "n_pairs": sum(comparison.n_pairs for comparison in self.comparisons),
            "machine": dict(self.machine),
            "scorers": [entry for comparison in self.comparisons for entry in _entries(comparison)],
            "datasets": [comparison.record() for comparison in self.comparisons],
        }


def run_metrics_study(options: MetricsOptions) -> MetricsStudy:
    """Compare scorers on every data set.

    Args:
        options: What is compared, and on what.

    Raises:
        evalmuse_hf.scoring.ScorerError: If a scorer cannot be loaded.
        evalmuse_hf.scoring.ListError: If a file of scores cannot be read.
        ValueError: If an option makes no sense, a data set cannot be read, or scores fit none of them.
    """
    check_options(options)
    refuse_scale_of_nothing(options)
    for text in options.wanted_scorers:
        refuse_unknown_scorer(text)
    files = {file.name: read_score_file(file, options) for file in options.files}
    used: set[str] = set()
    comparisons = []
    with tempfile.TemporaryDirectory() as folder:
        opened = tuple(_open_all(options, Path(folder)))
        for data in opened:
            scored = (*_scored(data, options, files), *scores_of_others(data, opened))
            used |= {one.name for one in scored}
            comparisons.append(compare_on(data, scored, options))
    for name in (*files, *(options.scorers or ())):
        if name not in used:
            raise ValueError(
                f"Scorer {name!r} has no score for any picture of the data sets: a file must name their pictures, and "
                "to run a scorer there must be pictures (see --images)."
            )
    return MetricsStudy(options=options, comparisons=tuple(comparisons), machine=_machine(options))


def compare_on(data: StudyData, scored: Sequence[ScoredRows], options: MetricsOptions) -> DataComparison:
    """Compare scorers on one data set.

    Args:
        data: The data set.
        scored: Scores of each scorer.
        options: Statistic, resamples and seed.

    Raises:
        ValueError: If two scorers have the same name.
    """
    if data.n_prompts < _LEAST_PROMPTS:  # nothing to draw
        options = replace(options, n_resamples=0)
    names = [one.name for one in scored]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"Two scorers of {data.facts.title} are called {twice!r}; name the file by NAME=FILE.")
    judging = tqdm(scored, desc=f"judging on {data.facts.title}", unit="scorer", delay=2, disable=not options.progress)
    lines = tuple(judge_scorer(one, data, options) for one in judging)
    references = tuple(judge_scorer(one, data, options) for one in reference_rows(data, options))
    matrix = compare_scorers(lines, references, data, options)
    best = next((line for line in lines if line.name in matrix.ranked[:1]), None)
    return DataComparison(
        facts=data.facts,
        n_prompts=data.n_prompts,
        n_pairs=len(data.rows),
        scorers=lines,
        references=references,
        people=judge_people(data, options),
        matrix=matrix,
        rankings=judge_rankings(lines, data, options),
        precision=find_precision(matrix.cells, planned_prompts=options.planned_prompts),
        other_raters=None if best is None else judge_by_other_raters(best, data, options),
        notes=(*_notes(data, lines, options), *(note for one in scored for note in one.notes)),
    )


def _open_all(options: MetricsOptions, folder: Path) -> Iterator[StudyData]:
    if not options.datasets:
        yield draw_embedded(folder, options, n_prompts=options.prompts or DEFAULT_PROMPTS)
    for choice in options.datasets:
        yield open_data(choice, options, n_prompts=_limit(choice, options))


def _limit(choice: DataChoice, options: MetricsOptions) -> int | None:
    """Scoring is dear: where it is done here, a part of the prompts will do unless another number was asked for."""
    scores_here = bool(options.wanted_scorers) and has_pictures(choice, options)
    return options.prompts if options.prompts is not None or not scores_here else DEFAULT_PROMPTS


def _scored(data: StudyData, options: MetricsOptions, files: Mapping[str, Sequence[Row]]) -> Iterator[ScoredRows]:
    if data.pictures is not None:
        yield from (
            run_scorer(text, data, device=options.device, progress=options.progress) for text in options.wanted_scorers
        )
    for name, rows in files.items():
        if (found := scores_of_file(name, rows, data)) is not None:
            yield found
    for name, shipped in data.scores.items():
        yield ScoredRows(name=name, origin="shipped", rows=shipped)


def _notes(data: StudyData, lines: Sequence[ScorerLine], options: MetricsOptions) -> Iterator[str]:
    yield from data.facts.notes
    if data.n_left_out:
        yield (
            f"{data.n_prompts:,} prompts were drawn (seed {options.seed}); {data.n_left_out:,} rated pictures of "
            "others do not count."
        )
    if options.scorers and data.pictures is None:
        yield f"{', '.join(options.scorers)} did not run here: there are no pictures."
    for line in lines:
        if 0 < line.n_scored <= LEAST_SHARE * len(data.rows):
            yield f"{line.name} scored {line.n_scored:,} of the {len(data.rows):,} pictures; its figures are of these."
    for status in dict.fromkeys(line.srcc.status for line in lines if line.srcc.status != "ok"):
        yield f"{', '.join(line.name for line in lines if line.srcc.status == status)}: {status}."


def _entries(comparison: DataComparison) -> Iterator[Record]:
    """Scorers with their difference to the one that was named first."""
    for line in comparison.scorers:
        cell = comparison.matrix.between(line.name, comparison.scorers[0].name)
        known = cell is not None and cell.status == "ok"
        yield {
            "dataset": comparison.facts.name,
            **line.record(),
            "difference": cell.difference if cell is not None and known else None,
            "interval": None if cell is None or cell.low is None else [cell.low, cell.high],
        }


def _machine(options: MetricsOptions) -> dict[str, str]:
    import torch

    on_gpu = torch.cuda.is_available() and options.device in (None, "cuda")
    device = torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads"
    return {"device": device, "torch": torch.__version__}
