"""How well the splitters find the elements that EvalMuse-40K and DSG-1k name, and how fast.

    python benchmarks/splitting.py --data FOLDER                           # half a minute on one core
    python benchmarks/splitting.py --data FOLDER --write docs/elements.md  # puts the tables there
    python benchmarks/splitting.py --data FOLDER --splitter llm:MODEL      # measures a chat model as well

FOLDER holds, at any depth, `prompt_t2i.json` of DYEvaLab/EvalMuse (199 prompts with 970 elements) and
`dsg-1k-anns.csv` of j-min/DSG on GitHub (1,060 prompts with 8,182 propositions). Held out are prompts whose
sha256(utf-8) begins with an odd byte: the word lists and rules of the splitter were made without them.

The first file lists its 100 real prompts first; those from templates begin with the first blackboard. DSG names no
spans. Those of a proposition are the shortest stretch of the prompt with the content words of its last keyword, in
their order and any inflection, with at most as many other words plus one between them. "==2" is looked for as "two"
and "2". What has no such stretch is counted apart and is in no other figure.
"""

import argparse
import csv
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalmuse_hf.elements.span_agreement import LabelledText, SpanAgreement, compare_splits
from evalmuse_hf.elements.splitter import Splitter
from evalmuse_hf.elements.splitters import load_splitter
from evalmuse_hf.schema import CATEGORIES, Element
from evalmuse_hf.stats.results import StatisticResult

EVALMUSE, DSG = "prompt_t2i.json", "dsg-1k-anns.csv"
BEGIN, END = "<!-- benchmarks/splitting.py: begin -->", "<!-- benchmarks/splitting.py: end -->"
FIRST_TEMPLATE = "a blackboard with text "
COARSE = dict.fromkeys(("object", "animal/human", "food", "location"), "entity") | {
    name: name for name in ("attribute", "color", "material", "shape", "activity", "spatial", "counting")
}
"""Our categories as DSG can tell them apart; "other" is writing where it is so spelled, and an attribute elsewhere."""

KINDS = {
    **{("attribute", name): name for name in ("color", "material", "shape")},
    **{("other", "count"): "counting", ("attribute", "count"): "counting"},
    **{("other", "text rendering"): "writing", ("attribute", "text rendering"): "writing"},
    **{("relation", "spatial"): "spatial", ("relation", "action"): "activity", ("relation", "part"): "spatial"},
}
"""DSG's kinds of propositions in the same terms; an entity of any kind is an entity, and the rest are attributes."""

SMALL_WORDS = frozenset({
    *("a", "an", "the", "of", "in", "on", "at", "with", "to", "and", "for", "by", "from", "is", "are", "be", "it"),
    *("its", "his", "her", "their", "this", "that", "as", "into"),
})  # fmt: skip
NUMBERS = dict(
    enumerate([
        *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    ])
)  # fmt: skip
ENDINGS = frozenset(["", "s", "es", "ed", "d", "ing", "en", "er", "ly", "ies", "y", "e", "ied", "n"])
WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")


@dataclass
class Gold:
    """Prompts of one kind with the elements that somebody named."""

    name: str
    prompts: list[str] = field(default_factory=list)
    elements: list[list[LabelledText]] = field(default_factory=list)
    without_span: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)


Labeler = Callable[[Element], str]


def main(words: list[str] | None = None) -> int:
    """Measure, print, and write where that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder with the two files")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks of this page")
    parser.add_argument("--splitter", action="append", default=[], metavar="NAME", help="measure this one as well")
    parser.add_argument("--development", action="store_true", help="leave the held-out half alone")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap (default: %(default)s)")
    args = parser.parse_args(words)
    files = [find_file(args.data, name) for name in (EVALMUSE, DSG)]
    missing = [name for name, path in zip((EVALMUSE, DSG), files, strict=True) if path is None]
    if missing:
        print(
            f"There is no {' and no '.join(missing)} below {args.data}; get both from DYEvaLab/EvalMuse and j-min/DSG."
        )
        return 2
    evalmuse, dsg = (path for path in files if path is not None)
    splitters = {name: load_splitter(name) for name in ("rules", "spacy", *args.splitter)}
    text = report(read_evalmuse(evalmuse), read_dsg(dsg), splitters, args.resamples, args.development)
    print(text)
    if args.write:
        page = args.write.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        args.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")
    return 0


def find_file(folder: Path, name: str) -> Path | None:
    """The first file of this name below a folder."""
    return next(iter(sorted(folder.rglob(name))), None)


def is_held_out(prompt: str) -> bool:
    """Whether a prompt belongs to the half that was looked at only for the final table."""
    return hashlib.sha256(prompt.encode()).digest()[0] % 2 == 1


def read_evalmuse(path: Path) -> list[Gold]:
    """Real prompts, and those from templates."""
    real, templates = Gold("EvalMuse, real"), Gold("EvalMuse, templates")
    current = real
    for row in json.loads(path.read_text("utf-8")).values():
        if row["prompt"].startswith(FIRST_TEMPLATE):
            current = templates
        found = [Element.parse(key) for key in row["element_score"]]
        current.prompts.append(row["prompt"])
        current.elements.append([(element.text, element.category or "other") for element in found])
    return [real, templates]


def read_dsg(path: Path) -> Gold:
    """DSG-1k, each span of a prompt once."""
    gold = Gold("DSG-1k")
    spans: dict[str, dict[str, LabelledText]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            own = spans.setdefault(row["text"], {})
            kind = kind_of(row["category_broad"], row["category_detailed"])
            text = stretch_of(row["text"], keyword_of(row["keywords"], kind))
            gold.named[kind] += 1
            if text is None:
                gold.without_span[kind] += 1
            else:
                own.setdefault(text.lower(), (text, kind))
    gold.prompts = list(spans)
    gold.elements = [list(own.values()) for own in spans.values()]
    return gold


def kind_of(broad: str, detailed: str) -> str:
    """DSG's category as one that ours can be compared with."""
    return "entity" if broad == "entity" else KINDS.get((broad, detailed), "attribute")


def keyword_of(keywords: str, kind: str) -> str:
    """What a proposition says of its subject, or the subject itself without its owner ("man's hat": "hat")."""
    if kind == "entity":
        return re.sub(r"^.*['\u2019]s? ", "", keywords)
    last = keywords.partition(",")[2] if kind == "writing" else keywords.rpartition(",")[2]
    return last.strip().strip('"')


def stretch_of(prompt: str, keyword: str) -> str | None:
    """The shortest stretch of a prompt with the content words of a keyword; None if there is none short enough."""
    if keyword.startswith("=="):
        number = keyword.removeprefix("==")
        word = NUMBERS.get(int(number), number) if number.isdecimal() else number
        return _stretch(prompt, word) or _stretch(prompt, number)
    return _stretch(prompt, keyword)


def _stretch(prompt: str, keyword: str) -> str | None:
    keys = [word.lower() for word in WORD.findall(keyword)]
    keys = [word for word in keys if word not in SMALL_WORDS] or keys
    words = list(WORD.finditer(prompt))
    best: tuple[int, int] | None = None
    for first in range(len(words)) if keys else ():
        last = _last_of(keys, words, first)
        if last is not None and (best is None or last - first < best[1] - best[0]):
            best = (first, last)
    if best is None or best[1] - best[0] > 2 * len(keys):
        return None
    return prompt[words[best[0]].start() : words[best[1]].end()]


def _last_of(keys: Sequence[str], words: Sequence[re.Match[str]], first: int) -> int | None:
    """Where the keys end if the first of them is the word at ``first``."""
    place = first
    if not is_form(keys[0], words[first][0].lower()):
        return None
    for key in keys[1:]:
        place = next((at for at in range(place + 1, len(words)) if is_form(key, words[at][0].lower())), -1)
        if place < 0:
            return None
    return place


def is_form(key: str, word: str) -> bool:
    """Whether a word is an inflected form of a keyword: sit, sitting; wood, wooden; carry, carries."""
    if key == word or len(key) < 3:
        return key == word
    base = key[:-1] if key[-1] in "ey" else key
    ending = word[len(base) :]
    doubled = len(ending) > 2 and ending[0] == base[-1] and ending[1:] in {"ing", "ed", "en"}
    return word.startswith(base) and (ending in ENDINGS or doubled)


def evalmuse_label(element: Element) -> str:
    """Our own category."""
    return element.category or "other"


def dsg_label(element: Element) -> str:
    """Our category as DSG could tell it."""
    if element.category == "other":
        return "writing" if "writing" in (element.raw_category or "") else "attribute"
    return COARSE.get(element.category or "", "attribute")


def report(
    evalmuse: list[Gold], dsg: Gold, splitters: Mapping[str, Splitter], n_resamples: int, development: bool
) -> str:
    """All tables, as Markdown."""
    halves = ("development",) if development else ("held out", "development")
    both = Gold("EvalMuse, all", [p for g in evalmuse for p in g.prompts], [e for g in evalmuse for e in g.elements])
    lines = [
        "| prompts | half | splitter | precision | recall | span F1 | category accuracy | category macro F1 "
        "| labelled F1 | prompts | elements |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    by_category: dict[tuple[str, str], SpanAgreement] = {}
    for gold, label in [(both, evalmuse_label), *((one, evalmuse_label) for one in evalmuse), (dsg, dsg_label)]:
        for half in halves:
            chosen = [
                index for index, prompt in enumerate(gold.prompts) if is_held_out(prompt) == (half == "held out")
            ]
            for name, splitter in splitters.items():
                found = agreement(gold, chosen, splitter, label, n_resamples)
                by_category.setdefault((gold.name, name), found)
                lines.append(f"| {gold.name} | {half} | {name} | {figures(found)} |")
    names = [*splitters]
    lines += ["", f"Splitters: {', '.join(f'{name} is `{splitter.name}`' for name, splitter in splitters.items())}."]
    lines += ["", f"Per category, EvalMuse, {halves[0]} half (*found*: matched, whatever the category):", ""]
    lines += category_table([by_category[both.name, name] for name in names], names, CATEGORIES)
    lines += ["", f"Per kind, DSG-1k, {halves[0]} half:", ""]
    kinds = sorted(set(dsg.named))
    lines += category_table([by_category[dsg.name, name] for name in names], names, kinds)
    lines += ["", "DSG-1k, propositions of both halves that have no span of their own and are in no figure above:", ""]
    lines += ["| kind | propositions | without span |", "|---|---|---|"]
    lines += [f"| {kind} | {dsg.named[kind]:,} | {dsg.without_span[kind]:,} |" for kind in kinds]
    lines += ["", *speed_table([both, dsg], splitters)]
    return "\n".join(lines)


def agreement(
    gold: Gold, chosen: Sequence[int], splitter: Splitter, label: Labeler, n_resamples: int
) -> SpanAgreement:
    """Compare a splitter with what is named in some of the prompts."""
    prompts = [gold.prompts[index] for index in chosen]
    predictions = [[(one.text, label(one)) for one in split.elements] for split in splitter.split(prompts)]
    references = [gold.elements[index] for index in chosen]
    return compare_splits(prompts, predictions=predictions, references=references, n_resamples=n_resamples, rng=0)


def figures(found: SpanAgreement) -> str:
    """One row of the first table, without its first cells."""
    plain = [f"{result.statistic:.3f}" for result in (found.precision, found.recall)]
    ranges = [with_interval(one) for one in (found.f1, found.category_accuracy, found.category_macro_f1)]
    counts = [f"{found.n_prompts:,}", f"{found.n_references:,}"]
    return " | ".join([*plain, *ranges, f"{found.labelled_f1.statistic:.3f}", *counts])


def with_interval(result: StatisticResult) -> str:
    """A number with its interval, as it stands in a table."""
    if result.confidence_interval is None:
        return f"{result.statistic:.3f}"
    low, high = result.confidence_interval
    return f"{result.statistic:.3f} ({low:.3f} - {high:.3f})"


def category_table(found: Sequence[SpanAgreement], names: Sequence[str], order: Sequence[str]) -> list[str]:
    """A row per category, four columns per splitter."""
    columns = "".join(f" {name}: found | precision | recall | F1 |" for name in names)
    lines = [f"| category | named |{columns}", "|---" * (2 + 4 * len(names)) + "|"]
    for category in order:
        own = [one.categories.get(category) for one in found]
        named = next((one.n_references for one in own if one), 0)
        cells = [f"| {category} | {named:,} |"]
        for one in own:
            share = one.n_found / one.n_references if one and one.n_references else float("nan")
            values = (share, one.precision, one.recall, one.f1) if one else (float("nan"),) * 4
            cells.append(" " + " | ".join("-" if value != value else f"{value:.2f}" for value in values) + " |")
        lines.append("".join(cells))
    return lines


def speed_table(golds: Sequence[Gold], splitters: Mapping[str, Splitter]) -> list[str]:
    """Prompts per second of processor time, on one core."""
    lines = ["| splitter | prompts | words each | prompts/s of one core |", "|---|---|---|---|"]
    for name, splitter in splitters.items():
        for gold in golds:
            splitter.split(gold.prompts[:10])
            start = time.process_time()
            splitter.split(gold.prompts)
            seconds = time.process_time() - start
            words = sum(len(prompt.split()) for prompt in gold.prompts) / len(gold.prompts)
            lines.append(f"| {name} | {gold.name} | {words:.0f} | {len(gold.prompts) / seconds:,.0f} |")
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
