"""Time, size and memory of a report on 40,000 pairs: ``python benchmarks/evaluation_report.py``.

Draws scores and ratings of the size of EvalMuse-40K (4,000 prompts with 10 pictures of 20 generators, 5 elements a
picture, three or six raters by its rule), evaluates them as `evalmuse evaluate` does, with all parts and the default
resamples, and lays the page out with pictures of the worst pairs. Prints Markdown: a table of the parts, and the
totals beside their bars.
"""

import argparse
import gc
import io
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from evalmuse_hf.meta_evaluation import PARTS, evaluate, make_evaluation_document
from evalmuse_hf.reports import Document, Section, Table, document_markdown, write_document
from evalmuse_hf.schema import CATEGORIES

SECONDS, MEGABYTES = 30, 20  # the bars
GENERATORS = 20
ELEMENTS = 5
SYNTHETIC_TYPES = ("naive_object_counts", "object_color_material", "attribute_spatial_composition")

Row = dict[str, Any]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--prompts", type=int, default=4000, metavar="N", help="prompts (default: %(default)s)")
    parser.add_argument("--pictures", type=int, default=10, metavar="N", help="of each prompt (default: %(default)s)")
    parser.add_argument("--n-resamples", type=int, default=1000, metavar="N", help="resamples (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the page in this file")
    arguments = parser.parse_args()
    pairs, scores = draw(prompts=arguments.prompts, pictures=arguments.pictures, seed=0)
    gc.freeze()  # as the command does
    with tempfile.TemporaryDirectory() as folder:
        page = arguments.out or Path(folder) / "report.html"
        print(document_markdown(measure(pairs, scores, page=page, n_resamples=arguments.n_resamples)), end="")
    return 0


def draw(*, prompts: int, pictures: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Ratings and scores of an invented data set.

    Args:
        prompts: Prompts.
        pictures: Of each prompt.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    skill = rng.normal(0, 0.4, GENERATORS)
    pairs, scores = [], []
    for prompt in range(prompts):
        ease = rng.normal(0, 0.5)
        synthetic = prompt % 2 == 1
        drawn_by = rng.choice(GENERATORS, size=pictures, replace=pictures > GENERATORS)
        categories = rng.choice(CATEGORIES, size=ELEMENTS)
        for place, generator in enumerate(drawn_by):
            truth = 3.2 + skill[generator] + ease + rng.normal(0, 0.6)
            path = f"G{generator:02d}/{prompt:05d}_{place}.png"
            ratings = _rate(truth, rng)
            elements, scored = [], []
            for number, category in enumerate(categories):
                shown = float(np.clip(0.15 + 0.22 * (truth - 1) + rng.normal(0, 0.25), 0.02, 0.98))
                votes = (rng.random(len(ratings)) < shown).astype(int).tolist()
                name = {"text": f"element {number}", "category": str(category)}
                elements.append({**name, "ratings": votes, "score": sum(votes) / len(votes)})
                guess = float(np.clip(shown + rng.normal(0, 0.2), 0, 1))
                scored.append({**name, "score": guess, "status": "ok"})
            pairs.append(
                {
                    "image_path": path,
                    "prompt_id": f"{prompt:05d}",
                    "prompt": f"prompt number {prompt}",
                    "source": "synthetic" if synthetic else "real",
                    "synthetic_type": SYNTHETIC_TYPES[prompt % 3] if synthetic else None,
                    "generator": f"G{generator:02d}",
                    "overall_ratings": ratings,
                    "overall_score": sum(ratings) / len(ratings),
                    "elements": elements,
                }
            )
            score = float(truth + rng.normal(0, 0.5))
            scores.append({"image": path, "overall_score": score, "elements": scored, "status": "ok"})
    return pairs, scores


def _rate(truth: float, rng: np.random.Generator) -> list[int]:
    """Three ratings, and three more where they lie two points or more apart."""
    ratings = np.clip(np.rint(truth + rng.normal(0, 0.7, 6)), 1, 5).astype(int).tolist()
    return ratings if max(ratings[:3]) - min(ratings[:3]) >= 2 else ratings[:3]


def measure(pairs: list[Row], scores: list[Row], *, page: Path, n_resamples: int) -> Document:
    """Evaluate and lay out, and say what each part took.

    Args:
        pairs: Rows of the data set.
        scores: Rows of scores.
        page: The file to write.
        n_resamples: For the intervals.
    """
    before = _peak()
    start, processor = time.perf_counter(), time.process_time()
    evaluation = evaluate(scores, pairs, n_resamples=n_resamples, parts=PARTS)
    evaluated = time.perf_counter()
    write_document(make_evaluation_document(evaluation, scorer="drawn scores", read_picture=_picture), page)
    total, processor = time.perf_counter() - start, time.process_time() - processor
    megabytes = page.stat().st_size / 1e6
    record = evaluation.record
    rows = (
        ("seconds in all", f"{total:.1f}", f"at most {SECONDS}"),
        ("- judging", f"{evaluated - start:.1f}", None),
        ("- laying out", f"{total - (evaluated - start):.1f}", None),
        ("processor seconds, all threads", f"{processor:.1f}", None),
        ("size of the page, MB", f"{megabytes:.2f}", f"at most {MEGABYTES}"),
        ("peak memory, MiB", f"{_peak():.0f}", None),
        ("- before judging, with the rows", f"{before:.0f}", None),
    )
    n_elements = record["elements"]["coverage"]["rated"]
    return Document(
        title="A report on as many pairs as EvalMuse-40K has",
        summary=f"{len(pairs):,} pairs, {n_elements:,} elements, {n_resamples:,} resamples asked for.",
        sections=(
            Section(
                title="Cost",
                tables=(Table(title="", header=("", "measured", "bar"), rows=rows),),
            ),
            Section(
                title="Resamples behind the intervals",
                tables=(Table(title="", header=("statistic", "resamples"), rows=tuple(_resamples(record))),),
            ),
        ),
    )


def _resamples(record: Row) -> Iterator[tuple[str, int]]:
    """How many resamples the main intervals rest on."""
    for part in ("overall", "within_prompt", "between_prompt", "pairwise", "system"):
        for name, statistic in record.get(part, {}).items():
            if isinstance(statistic, dict) and statistic.get("low") is not None:
                yield f"{part.replace('_', ' ')}, {name}", statistic["n_resamples"]
    yield "elements, micro", record["elements"]["micro"]["n_resamples"]


def _picture(path: str) -> bytes:
    """A picture of noise, which no compression makes small: the dearest that a page can embed."""
    pixels = np.random.default_rng([*path.encode()]).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="JPEG")
    return out.getvalue()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
