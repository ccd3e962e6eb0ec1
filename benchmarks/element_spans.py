"""How many real elements are placed in their prompt: ``python benchmarks/element_spans.py --data prompt_t2i.json``.

The file is ``dataset/prompt_t2i.json`` of https://github.com/DYEvaLab/EvalMuse: 199 prompts with 970 elements.
Measured on it: 967 placed exactly before the 50-word cut and 963 after it, 48 that occur more than once, 2 inexactly.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evalmuse_hf.elements import SpanStatus, find_spans
from evalmuse_hf.schema import Element

SOURCE = "dataset/prompt_t2i.json of https://github.com/DYEvaLab/EvalMuse"
EXACT = (SpanStatus.OK, SpanStatus.AMBIGUOUS)


# Elements, placed exactly before and after the cut, occurring more than once.
EXPECTED = {"elements": 970, "before_cut": 967, "after_cut": 963, "ambiguous": 48}


class Counts(NamedTuple):
    """Counts over the elements of all prompts.

    Attributes:
        elements: All of them.
        before_cut: Placed exactly in the prompt, words beyond the 50th included.
        after_cut: Placed exactly in what the model reads.
        ambiguous: Occurring more or fewer times than elements ask for.
        inexact: Placed with another hyphen, space or plural.
        unmatched: Not in the prompt.
        categories: Elements by reporting category.
        notable: One line for each element that is not placed exactly.
    """

    elements: int
    before_cut: int
    after_cut: int
    ambiguous: int
    inexact: int
    unmatched: int
    categories: Counter[str | None]
    notable: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts, and by name what was not placed exactly; with ``--check``, 1 for counts that are not ours."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True, help=f"copy of {SOURCE}")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 on other counts than {EXPECTED}")
    args = parser.parse_args(arguments)
    if not args.data.is_file():
        print(f"element_spans: skipped, there is no file at {args.data}; get {SOURCE}.", file=sys.stderr)
        return int(args.check)
    counts = count(json.loads(args.data.read_text("utf-8")))
    print(describe(counts))
    wrong = {name: getattr(counts, name) for name, number in EXPECTED.items() if getattr(counts, name) != number}
    if args.check and wrong:
        print(f"element_spans: expected {EXPECTED}, got {wrong}.", file=sys.stderr)
        return 1
    return 0


def count(records: Mapping[str, Any]) -> Counts:
    """Place the elements of every prompt.

    Args:
        records: Records with ``element_score``, whose keys are the elements, by prompt.
    """
    statuses: Counter[str] = Counter()
    categories: Counter[str | None] = Counter()
    exact_but_cut = 0
    notable = []
    for prompt, record in records.items():
        elements = [Element.parse(key) for key in record["element_score"]]
        categories.update(element.category for element in elements)
        for element, spans in zip(elements, find_spans(prompt, [element.text for element in elements]), strict=True):
            statuses[spans.status] += 1
            exact_but_cut += spans.status == SpanStatus.TRUNCATED and not spans.inexact
            if spans.status not in EXACT:
                notable.append(f"  {spans.status:<10} {element.key!r} in {prompt[:60]!r}...")
    after_cut = sum(statuses[status] for status in EXACT)
    return Counts(
        elements=statuses.total(),
        before_cut=after_cut + exact_but_cut,
        after_cut=after_cut,
        ambiguous=statuses[SpanStatus.AMBIGUOUS],
        inexact=statuses[SpanStatus.INEXACT],
        unmatched=statuses[SpanStatus.UNMATCHED],
        categories=categories,
        notable=tuple(notable),
    )


def describe(counts: Counts) -> str:
    """Lay the counts out as lines.

    Args:
        counts: From `count`.
    """
    lines = [
        f"elements                       {counts.elements:4d}",
        f"placed exactly, before the cut {counts.before_cut:4d}",
        f"placed exactly, after the cut  {counts.after_cut:4d}",
        f"occurring more than once       {counts.ambiguous:4d}",
        f"placed inexactly               {counts.inexact:4d}",
        f"unmatched                      {counts.unmatched:4d}",
        "by category: " + ", ".join(f"{name} {number}" for name, number in counts.categories.most_common()),
        "not placed exactly:",
    ]
    return "\n".join([*lines, *counts.notable])


if __name__ == "__main__":
    sys.exit(main())
