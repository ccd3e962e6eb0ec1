"""`evalmuse demo`: the whole path once, from drawn pictures to a ranking, on what the package carries."""

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.cli.intervals import add_resampling_option

if TYPE_CHECKING:
    from evalmuse_hf.ranking import Findings
    from evalmuse_hf.scoring import Scores

ELEMENT_COLUMNS = ("text", "category", "raw_category")
IMAGES_PER_PROMPT = 5
TRAIN_PROMPTS = 8  # an official release has a training side; the demo looks at the test side only
_TRUTH_FILE = "drawn_truth.json"  # what only a drawn release has
WARNING = (
    "Pictures, generators and raters (here: people) are simulated, and the packaged checkpoint was trained on "
    "drawings of the same small invented world. It judges such drawings, not photographs, and these numbers say "
    "nothing about any real text-to-image model."
)


def register(subparsers: Any) -> None:
    """Describe the command to the parser."""
    parser = subparsers.add_parser(
        "demo",
        help="draw a test set, score it with the packaged checkpoint, judge it, write a report",
        description="Draw a fresh test set in the official raw format, build the data set, score it with the packaged "
        "checkpoint, compare the scores with the simulated ratings, rank the simulated generators, and write a "
        "report. Nothing is downloaded.",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("demo"), metavar="FOLDER", help="folder to write (default: %(default)s)"
    )
    parser.add_argument("--prompts", type=int, default=120, metavar="N", help="prompts to draw (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the drawing (default: %(default)s)")
    add_resampling_option(parser)
    parser.add_argument(
        "--model", default="mini", metavar="MODEL", help="checkpoint to judge, as in `evalmuse score` (default: mini)"
    )


def run(args: argparse.Namespace) -> int:
    """Walk the path, print the figures, and say where everything is."""
    if args.prompts < 2:
        print(f"evalmuse demo: --prompts must be at least 2, got {args.prompts}.", file=sys.stderr)
        return 2
    if args.out.exists() and not args.out.is_dir():
        print(f"evalmuse demo: {args.out} is a file; give the name of a folder to write.", file=sys.stderr)
        return 2
    started = time.monotonic()
    raw, built = args.out / "raw", args.out / "evalmuse-40k"
    scorer = _load_and_draw(args, raw, built)
    from evalmuse_hf.meta_evaluation import read_drawn_truth
    from evalmuse_hf.ranking import collect_findings, embedded_image, make_report
    from evalmuse_hf.reports import write_report

    pairs = _read_pairs(built)
    with _step(args, 3, f"Scoring {len(pairs)} pictures", has_bar=True):
        scores = _score(scorer, raw, pairs, out=args.out / "scores.parquet", progress=not args.quiet)
    with _step(args, 4, "Comparing the scores with the ratings and ranking the generators"):
        findings = collect_findings(
            scores.rows, pairs, truth=read_drawn_truth(raw), n_resamples=args.n_resamples, seed=args.seed
        )
    with _step(args, 5, "Writing the report"):
        report = make_report(
            findings,
            title=f"{scores.provenance['scorer']} on a freshly drawn test set",
            warning=WARNING,
            provenance=scores.provenance,
            read_image=embedded_image,
        )
        write_report(report, args.out / "report.html")
        (args.out / "record.json").write_text(f"{json.dumps(findings.record, indent=2)}\n", encoding="utf-8")
    print("\n".join([*describe_findings(findings), "", *describe_results(args.out, pairs[0])]))
    _say(args, f"Done in {time.monotonic() - started:.0f} s. Open {(args.out / 'report.html').resolve().as_uri()}")
    return 0


def _say(args: argparse.Namespace, sentence: str, *, end: str = "\n") -> None:
    if not args.quiet:
        print(sentence, file=sys.stderr, end=end, flush=True)


@contextmanager
def _step(
    args: argparse.Namespace, number: int, what: str, *, has_bar: bool = False, is_done: bool = False
) -> Iterator[None]:
    """Say on stderr what is being done, and how long it took unless it is done; a bar gets a line of its own."""
    started = time.monotonic()
    _say(args, f"{number}/5 {what} ...", end="\n" if has_bar else "")
    try:
        yield
    except BaseException:
        _say(args, "" if has_bar else "\n", end="")
        raise
    took = "done meanwhile" if is_done else f"{time.monotonic() - started:.1f} s"
    _say(args, f"{'   ' if has_bar else ''} {took}")


def _load_and_draw(args: argparse.Namespace, raw: Path, built: Path) -> Any:
    """Load the scorer and make the data set, at the same time where nothing can go wrong with the scorer.

    Loading is mostly the import of libraries, which keeps one processor busy. Another model may be missing: it comes
    first, so that this costs no time and leaves nothing.
    """
    from evalmuse_hf.mini import find_checkpoint

    _refuse_other_things(raw)
    is_new = _make_folder(args.out)
    drawing = f"Drawing {args.prompts} prompts, {IMAGES_PER_PROMPT} pictures each, and building the data set"
    work = {"prompts": args.prompts, "seed": args.seed}
    if find_checkpoint(args.model) is None:
        with _step(args, 1, "Loading the model"):
            try:
                scorer = _load(args.model)
            except BaseException:
                if is_new:
                    args.out.rmdir()
                raise
        with _step(args, 2, drawing):
            draw_and_build(raw, built, **work)
        return scorer
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        job = other.submit(draw_and_build, raw, built, **work)
        with _step(args, 1, "Loading the packaged checkpoint, while another process draws"):
            scorer = _load(args.model)
        with _step(args, 2, drawing, is_done=job.done() and job.exception() is None):
            try:
                job.result()
            except BrokenProcessPool:  # no second process can be started here
                draw_and_build(raw, built, **work)
    return scorer


def _load(model: str) -> Any:
    from evalmuse_hf.scoring import load_scorer

    return load_scorer("fga_blip2", model=model)


def _make_folder(out: Path) -> bool:
    """Make the folder of the demo before anything is loaded or drawn for it.

    Returns:
        Whether it was not there before.

    Raises:
        ValueError: If it cannot be made or written.
    """
    is_new = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"The folder {out} cannot be made ({error.strerror}); give another one with --out.") from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise ValueError(f"The folder {out} cannot be written; give another one with --out.")
    return is_new


def _refuse_other_things(raw: Path) -> None:
    """Leave a folder alone that holds anything but a release that a demo drew.

    Raises:
        ValueError: If it does.
    """
    if raw.exists() and any(raw.iterdir()) and not (raw / _TRUTH_FILE).is_file():
        raise ValueError(
            f"{raw} holds something else than the pictures of a demo; delete it, or give another folder with --out."
        )


def draw_and_build(raw: Path, built: Path, *, prompts: int, seed: int) -> None:
    """Draw a release and build the data set; both replace those of an earlier demo in the same folder.

    Args:
        raw: Folder of the release.
        built: Folder of the data set.
        prompts: Prompts of the test side.
        seed: Of the drawing.
    """
    import datasets

    from evalmuse_hf.data import build_dataset

    _draw(raw, prompts=prompts, seed=seed)
    datasets.disable_progress_bars()
    try:
        build_dataset(raw, built)
    finally:
        datasets.enable_progress_bars()


def _read_pairs(built: Path) -> list[dict[str, Any]]:
    import datasets

    from evalmuse_hf.data import load_pairs

    datasets.disable_progress_bars()
    try:
        pairs = load_pairs(built, "test").cast_column("image", datasets.Image(decode=False))
    finally:
        datasets.enable_progress_bars()
    return pairs.to_list()  # type: ignore[no-any-return]


def _draw(raw: Path, *, prompts: int, seed: int) -> None:
    """Draw a release in the place of that of an earlier demo.

    It is drawn beside the folder and moved there once it is complete: whatever stops the drawing, the folder holds a
    whole release or none, and the next demo goes on.
    """
    import shutil

    from evalmuse_hf.mini import write_release

    unfinished, replaced = (raw.with_name(f".{raw.name}.{state}") for state in ("unfinished", "replaced"))
    try:
        for left in (unfinished, replaced):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        write_release(
            unfinished,
            train_prompts=TRAIN_PROMPTS,
            test_prompts=prompts,
            images_per_prompt=IMAGES_PER_PROMPT,
            seed=seed,
        )
        if raw.exists():
            os.replace(raw, replaced)
        os.replace(unfinished, raw)
    finally:
        for left in (unfinished, replaced):
            shutil.rmtree(left, ignore_errors=True)


def _score(scorer: Any, raw: Path, pairs: Sequence[dict[str, Any]], *, out: Path, progress: bool) -> "Scores":
    """Write the test set as a list, score that list, and write the scores."""
    from evalmuse_hf.scoring import read_list, score_list, write_scores

    path = raw / "test_list.jsonl"
    records = (
        {
            "image": f"images/{pair['image_path']}",
            "prompt": pair["prompt"],
            "elements": [{key: element[key] for key in ELEMENT_COLUMNS} for element in pair["elements"]],
            "generator": pair["generator"],
            "prompt_id": pair["prompt_id"],
        }
        for pair in pairs
    )
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records), encoding="utf-8")
    scores = score_list(scorer, read_list(path), progress=progress)
    write_scores(scores, out)
    return scores


def describe_findings(findings: "Findings") -> list[str]:
    """Spell what came out, with the ceiling beside every figure."""
    return [
        *_overall_lines(findings),
        "",
        *_category_lines(findings),
        "",
        *_subset_lines(findings),
        "",
        *_ranking_lines(findings),
    ]


def _overall_lines(findings: "Findings") -> Iterator[str]:
    record, ceiling = findings.record, findings.ceiling or {}
    yield f"{'overall score against mean rating':<34}  value   95 % interval     ceiling  pairs"
    rows = [(name.upper(), "overall", name) for name in ("srcc", "krcc", "plcc")]
    for label, part, name in [*rows, ("SRCC within prompts", "within_prompt", "srcc")]:
        yield _line(f"  {label}", record[part][name], ceiling[part][name]["value"], width=34)


def _category_lines(findings: "Findings") -> Iterator[str]:
    elements = findings.record["elements"]
    ceiling, truth = ((part or {})["elements"] for part in (findings.ceiling, findings.against_truth))
    yield f"{'element accuracy by category':<34}  value   95 % interval     ceiling  elements  balanced, against truth"
    for category, statistics in elements["by_category"].items():
        balanced = _value(truth["by_category"][category]["balanced"]["value"])
        limit = ceiling["by_category"][category]["micro"]["value"]
        yield f"{_line(f'  {category}', statistics['micro'], limit, width=34):<76}{balanced:>15}"
    balanced = _value(truth["balanced"]["value"])
    yield f"{_line('  all', elements['micro'], ceiling['micro']['value'], width=34):<76}{balanced:>15}"


def _subset_lines(findings: "Findings") -> Iterator[str]:
    yield f"{'prompts':<34}  SRCC    ceiling  pairs  element accuracy  ceiling  elements"
    for subset in findings.subsets:
        srcc, accuracy = subset.record["overall"]["srcc"], subset.record["elements"]["micro"]
        limits = subset.ceiling["overall"]["srcc"]["value"], subset.ceiling["elements"]["micro"]["value"]
        name = "  with a combination new to it" if subset.name == "novel" else "  without one"
        yield (
            f"{name:<34}  {_value(srcc['value'])}  {_value(limits[0]):>8}  {srcc['n']:>5}  "
            f"{_value(accuracy['value']):>16}  {_value(limits[1]):>7}  {accuracy['n']:>8}"
        )


def _ranking_lines(findings: "Findings") -> Iterator[str]:
    people = {row.generator: row for row in findings.people.rows}
    yield f"{'generator':<34}  rank   mean  95 % interval  people's rank   mean"
    for row in findings.ranking.rows:
        other = people[row.generator]
        interval = "" if row.low is None else f"{row.low:.2f} - {row.high:.2f}"
        yield (
            f"  {row.generator:<32}  {row.rank:>4}  {row.mean:5.2f}  {interval:>13}  "
            f"{other.rank:>13}  {other.mean:5.2f}"
        )


def _line(label: str, statistic: dict[str, Any], ceiling: float | None, *, width: int) -> str:
    interval = "" if statistic["low"] is None else f"{statistic['low']:.3f} - {statistic['high']:.3f}"
    return f"{label:<{width}}  {_value(statistic['value'])}  {interval:>14}  {_value(ceiling):>9}  {statistic['n']:>5}"


def _value(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.3f}"


def describe_results(out: Path, pair: Mapping[str, Any]) -> Iterator[str]:
    """Say what happened, where everything is, and what to try next.

    Args:
        out: Folder of the demo.
        pair: A row of its data set, for an example.

    Yields:
        Lines.
    """
    picture = out / "raw" / "images" / pair["image_path"]
    yield f"The ceiling is what the exact drawn truth reaches against the same ratings. {WARNING}"
    yield ""
    yield f"report    {out / 'report.html'}"
    yield f"data set  {out / 'evalmuse-40k'}"
    yield f"scores    {out / 'scores.parquet'}"
    yield f"record    {out / 'record.json'}"
    yield ""
    yield "Try next:"
    yield "  evalmuse space                                        a page in your browser, for pictures of your own"
    yield f"  evalmuse score --image {shlex.quote(str(picture))} --prompt {shlex.quote(pair['prompt'])} --model mini"
    yield f"  evalmuse evaluate {_quoted(out, 'scores.parquet')} --dataset {_quoted(out, 'evalmuse-40k')} --text"
    yield f"  evalmuse rank {_quoted(out, 'scores.parquet')} --html {_quoted(out, 'ranking.html')}"
    yield "  evalmuse doctor                                       which scorers for photographs can run here"
    yield "  evalmuse help                                         all commands"


def _quoted(out: Path, name: str) -> str:
    return shlex.quote(str(out / name))
