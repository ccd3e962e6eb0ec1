"""DSG: the pictures of TIFA160 rated anew by five people, and published answers to questions, gated by parents."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from evalmuse_hf.meta_evaluation.benchmarks.rated_rows import (
    named,
    rated_row,
    require_columns,
    score_row,
    table_rows,
    unknown_generators,
    whole_ratings,
)
from evalmuse_hf.meta_evaluation.benchmarks.tifa160 import GENERATORS
from evalmuse_hf.meta_evaluation.rated_data import DataFacts, RatedData, Row

Gate = Literal["parents", "ancestors", "none"]

RATINGS_FILE = "tifa160-likert-anns.csv"
PROMPTS_FILE = "tifa160-dev-anns.csv"
ANSWERS_SUFFIX = "_dsg.csv"
FOLDERS = (".", "dsg/data", "vqa_answers_release")
"""Where the published repository keeps its files; one folder with all of them does as well."""

SCALE = (1.0, 5.0)

TIFA_NAMES = dict(zip(("mini-dalle", "vq-diffusion", "sd1dot1", "sd1dot5", "sd2dot1"), GENERATORS, strict=True))
"""Names of the generators in TIFA160, whose pictures these are."""

ANSWERERS = {"mplug": "mPLUG", "instructblip": "InstructBLIP", "pali17b": "PaLI-17B"}
"""How the papers spell the programs whose answers are published."""

FACTS = DataFacts(
    name="dsg",
    title="DSG, TIFA160 rated by five",
    source="Cho et al., Davidsonian Scene Graph, ICLR 2024, https://github.com/j-min/DSG",
    license="Apache-2.0",
    rating_scale=SCALE,
    aggregation="plain mean of up to five ratings of one to five by five named raters",
    notes=("The pictures are those of TIFA160 and have the same keys, so scores of either data set fit both.",),
)

_RATING_COLUMNS = ("t2i_model", "item_id", "source_id", "worker_id", "answer")
_ANSWER_COLUMNS = ("t2i_model", "item_id", "question_id", "dependency_id", "answer")
_NO_PARENT = "0"
_LONGEST = 20  # characters of an answer that a note quotes

Picture = tuple[str, str]
"""Generator and prompt, as this data set spells them."""


def read_dsg(path: Path, *, compat: Literal["official"] | None = None) -> RatedData:
    """Read the ratings, and score the published answers.

    Args:
        path: Folder with ``tifa160-likert-anns.csv`` and, as far as they are wanted, answers (``mplug_dsg.csv`` and
            the like) and ``tifa160-dev-anns.csv`` with the prompts; a copy of the repository will do.
        compat: ``"official"`` reproduces what the published script does by accident: a rated picture without answers
            scores 0 instead of having no score, and a prompt one of whose parents is no number is not gated at all.

    Returns:
        Rows with the keys of TIFA160, and for each answerer the scores ``DSG-mPLUG`` (a question whose parent is
        answered no counts 0) and ``DSG-mPLUG (ungated)``.

    Raises:
        ValueError: If a file or column is missing, a rating is off its scale, a rater rated a picture twice, a prompt
            has two sources, or ``compat`` is unknown.
    """
    if compat not in (None, "official"):
        raise ValueError(f"`compat` is {compat!r}, expected 'official' or None.")
    folder = path.parent if path.is_file() else path
    ratings = table_rows(path if path.is_file() else _find(folder, RATINGS_FILE), _RATING_COLUMNS)
    sources = _sources(ratings)
    by_picture = _ratings_by_picture(ratings)
    texts = _prompts(folder)
    rows = tuple(
        rated_row(
            image_path=_key(picture, sources),
            prompt_id=sources[picture[1]],
            prompt=texts.get(sources[picture[1]]),
            generator=TIFA_NAMES.get(picture[0], picture[0]),
            overall_ratings=list(given.values()),
        )
        for picture, given in by_picture.items()
    )
    scores: dict[str, tuple[Row, ...]] = {}
    notes = [*FACTS.notes, *unknown_generators(rows, GENERATORS)]
    for file in _answer_files(folder):
        stem = file.name.removesuffix(ANSWERS_SUFFIX)
        name = f"DSG-{ANSWERERS.get(stem, stem)}"
        answers = _answers(file, by_picture)
        notes += _notes_on(name, answers, n_rated=len(by_picture))
        for label, gate in ((name, "parents"), (f"{name} (ungated)", "none")):
            by_key = {
                _key(picture, sources): _score(answers.get(picture, ()), gate, compat)  # type: ignore[arg-type]  # Gate
                for picture in by_picture
            }
            scores[label] = tuple(score_row(key, score) for key, score in by_key.items() if score is not None)
    raters = {_key(picture, sources): tuple(given) for picture, given in by_picture.items()}
    return RatedData(facts=replace(FACTS, notes=tuple(dict.fromkeys(notes))), rows=rows, scores=scores, raters=raters)


def gated_score(questions: Sequence[Row], *, gate: Gate = "parents") -> float:
    """Share of the questions of a picture that are answered yes.

    Args:
        questions: Rows with ``question_id``, ``dependency_id`` (numbers of the parents, apart by commas; 0 for none)
            and ``answer``. Every answer whose first word is not *yes* is a no; a parent that is no question of the
            picture is ignored.
        gate: ``"parents"``: a question one of whose parents is answered no counts 0, whatever its own answer; this
            gives the published figures. ``"ancestors"``: so does one whose parent counts 0. ``"none"``: every question
            counts alone.

    Raises:
        ValueError: If there is no question.

    >>> questions = [{"question_id": "1", "dependency_id": "0", "answer": "no"},
    ...              {"question_id": "2", "dependency_id": "1", "answer": "yes"},
    ...              {"question_id": "3", "dependency_id": "2", "answer": "yes"}]
    >>> [round(gated_score(questions, gate=gate), 3) for gate in ("none", "parents", "ancestors")]
    [0.667, 0.333, 0.0]
    """
    if not questions:
        raise ValueError("A picture without questions has no score; leave it out.")
    alone = {str(row["question_id"]): is_yes(row["answer"]) for row in questions}
    parents = {str(row["question_id"]): _parents(row["dependency_id"]) for row in questions}
    missing = {question for question, yes in alone.items() if not yes}
    grown = gate != "none"
    while grown:  # what depends on something missing is missing too; the published score goes one step only
        more = {question for question, needed in parents.items() if missing & {*needed}} - missing
        missing |= more
        grown = bool(more) and gate == "ancestors"
    return 1 - len(missing) / len(alone)


def _score(questions: Sequence[Row], gate: Gate, compat: Literal["official"] | None) -> float | None:
    """Score of a picture; None if nothing was asked of it."""
    if not questions:
        return None if compat is None else 0.0
    readable = all(parent.isdecimal() for row in questions for parent in _parents(row["dependency_id"]))
    return gated_score(questions, gate=gate if compat is None or readable else "none")


def is_yes(answer: object) -> bool:
    """Whether an answer is a yes; a program that never stops writing still said its first word.

    Args:
        answer: As the program gave it.

    >>> is_yes("Yes"), is_yes("yes 1000"), is_yes("no bus"), is_yes("")
    (True, True, False, False)
    """
    words = str(answer).casefold().split()
    return bool(words) and words[0].strip(".,;:!") == "yes"


def _parents(value: object) -> tuple[str, ...]:
    return tuple(part for piece in str(value).split(",") if (part := piece.strip()) and part != _NO_PARENT)


def _find(folder: Path, name: str) -> Path:
    places = [folder / below / name for below in FOLDERS]
    return next((place for place in places if place.is_file()), places[0])


def _answer_files(folder: Path) -> list[Path]:
    return sorted({file for below in FOLDERS for file in (folder / below).glob(f"*{ANSWERS_SUFFIX}")})


def _key(picture: Picture, sources: Mapping[str, str]) -> str:
    generator, item = picture
    return f"{sources[item]}_{TIFA_NAMES.get(generator, generator)}.jpg"


def _sources(ratings: Iterable[Row]) -> dict[str, str]:
    """Name in TIFA160 of each prompt."""
    sources: dict[str, str] = {}
    for row in ratings:
        item, source = str(row["item_id"]), str(row["source_id"])
        if sources.setdefault(item, source) != source:
            raise ValueError(
                f"{RATINGS_FILE} gives prompt {item!r} two sources, {sources[item]!r} and {source!r}, so its pictures "
                "are rated for two prompts; correct one of them."
            )
    return sources


def _ratings_by_picture(ratings: Iterable[Row]) -> dict[Picture, dict[str, int]]:
    """Rating of each rater."""
    by_picture: dict[Picture, dict[str, int]] = {}
    for row in ratings:
        picture, rater = (str(row["t2i_model"]), str(row["item_id"])), str(row["worker_id"])
        what = f"{RATINGS_FILE}: the rating of {picture[1]} by {picture[0]} from rater {rater}"
        given = by_picture.setdefault(picture, {})
        if rater in given:
            raise ValueError(f"{what} stands there twice; keep one of the two.")
        for rating in whole_ratings([row["answer"]], SCALE, what):
            given[rater] = rating
    return by_picture


def _prompts(folder: Path) -> dict[str, str]:
    """Words of each prompt by its name in TIFA160; empty without the file."""
    file = _find(folder, PROMPTS_FILE)
    if not file.is_file():
        return {}
    return {str(row["item_id"]): str(row["text"]) for row in table_rows(file, ("item_id", "text"))}


def _answers(file: Path, rated: Mapping[Picture, Any]) -> dict[Picture, list[Row]]:
    """Answered questions of each rated picture."""
    rows = table_rows(file)
    require_columns([*(rows[0] if rows else ())], _ANSWER_COLUMNS, where=file.name)
    by_picture: defaultdict[Picture, list[Row]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        picture = (str(row["t2i_model"]), str(row["item_id"]))
        if picture in rated:
            question = (*picture, str(row["question_id"]))
            if question in seen:
                raise ValueError(
                    f"{file.name} answers question {question[2]} of {picture[1]} by {picture[0]} twice; keep one."
                )
            seen.add(question)
            by_picture[picture].append(row)
    return dict(by_picture)


def _notes_on(name: str, answers: Mapping[Picture, Sequence[Row]], *, n_rated: int) -> list[str]:
    """What a reader must know of answers that are missing or neither yes nor no, and of parents that are not there."""
    given = [str(row["answer"]) for asked in answers.values() for row in asked]
    odd = [answer for answer in given if answer.casefold().split()[:1] not in (["yes"], ["no"])]
    notes = []
    if len(answers) < n_rated:
        notes.append(f"{name} answered for {len(answers):,} of the {n_rated:,} rated pictures.")
    if odd:
        notes.append(
            f"{len(odd):,} of the {len(given):,} answers of {name} begin with neither yes nor no and count as no: "
            f"{named(sorted({_quoted(answer) for answer in odd}))}."
        )
    lost = {
        f"{parent!r} of question {row['question_id']} of {item}"
        for (_, item), asked in answers.items()
        for row in asked
        for parent in {*_parents(row["dependency_id"])} - {str(other["question_id"]) for other in asked}
    }
    if lost:
        notes.append(f"Parents that are no question of their prompt are ignored: {named(sorted(lost))}.")
    return notes


def _quoted(answer: str) -> str:
    """The answer in quotes, its first characters if it is long."""
    if not answer:
        return "nothing"
    return repr(answer if len(answer) <= _LONGEST else f"{answer[:_LONGEST]}...")
