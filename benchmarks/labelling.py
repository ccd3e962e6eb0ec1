"""How well the rule labeller agrees with labels that others gave to published prompts, and how fast it is.

    python benchmarks/labelling.py --data FOLDER
    python benchmarks/labelling.py --data FOLDER --evalmuse prompt_t2i.json
    python benchmarks/labelling.py --data FOLDER --misses        # what went wrong on the development half

FOLDER holds `PartiPrompts.tsv` (github.com/google-research/parti), `gecko_prompts.csv` (Gecko, arXiv 2404.16820) and
the folder `t2i_compbench` with the texts of T2I-CompBench++ (github.com/Karine-Huang/T2I-CompBench), a file per skill;
`prompt_t2i.json` comes with EvalMuse-40K (github.com/DYEvaLab/EvalMuse). What is absent is left out, with a
sentence.

A prompt is held out if the first byte of the SHA-256 of its UTF-8 text is odd. The rules were tuned on the other half
only. PartiPrompts gives one category to a prompt and one challenge; other labels may be right as well, so that
precision there is a lower bound.
"""

import argparse
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from evalmuse_hf.prompts import SourcePrompt, read_prompts
from evalmuse_hf.prompts.labels import CATEGORY_LABELS, LOGIC_LABELS, STYLE_LABELS, PromptLabels
from evalmuse_hf.prompts.rule_labelling import RuleLabeller
from evalmuse_hf.schema import reporting_category

PARTI_LOGIC = {
    **{"Writing & Symbols": "Writing", "Perspective": "Perspective", "Quantity": "Number"},
    **{"Properties & Positioning": "Position", "Imagination": "Anti-reality"},
}
GECKO_LOGIC = {
    **{"att/color": "Color", "att/count": "Number", "countbench": "Number", "rel/spatial": "Position"},
    **{"render/text": "Writing", "drawtext": "Writing", "whoops": "Anti-reality"},
}
COMPBENCH_LOGIC = {"color": "Color", "numeracy": "Number", "spatial": "Position", "3d_spatial": "Position"}
GECKO_STYLE = {
    "att/style_100yr:style_100yr": ("Artist/works", "Genre"),
    "att/style_100yr:style_100yr/visual_medium": ("Artist/works", "Genre"),
    "att/style_100yr:visual_medium": ("Material", "Photography", "Design"),
    "ne/artwork:artwork": ("Artist/works",),
}
ELEMENT_LOGIC = {"color": "Color", "counting": "Number", "spatial": "Position"}
"""By merged category of an element, the logic label of a prompt that has one."""

ELEMENT_KINDS = {"other-perspective": "Perspective", "other-writing&symbol": "Writing"}
ELEMENT_CATEGORIES = {"human": "People", "animal": "Animals", "food": "Food & Beverage", "object-vehicle": "Vehicles"}

Labelled = tuple[SourcePrompt, PromptLabels]


def main(words: list[str] | None = None) -> int:
    """Label what is there and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the published prompts")
    parser.add_argument("--evalmuse", type=Path, metavar="FILE", help="prompt_t2i.json of EvalMuse-40K")
    parser.add_argument("--misses", action="store_true", help="list what went wrong on the development half")
    args = parser.parse_args(words)
    sources = {
        name: label(list(read_prompts(path)))
        for name, path in (
            ("parti", args.data / "PartiPrompts.tsv"),
            ("gecko", args.data / "gecko_prompts.csv"),
            ("compbench", args.data / "t2i_compbench"),
        )
        if is_there(path)
    }
    if "parti" in sources:
        print_categories(sources["parti"], misses=args.misses)
    print_recall(sources, misses=args.misses)
    print_shares(sources)
    if args.evalmuse and is_there(args.evalmuse):
        print_elements(args.evalmuse)
    print_speed([prompt.text for rows in sources.values() for prompt, _ in rows])
    return 0


def is_there(path: Path) -> bool:
    """Whether a source is there; says so if not."""
    if not path.exists():
        print(f"There is nothing at {path.name}, so its table is left out; see --help for where it comes from.\n")
    return path.exists()


def label(prompts: Sequence[SourcePrompt]) -> list[Labelled]:
    """Prompts with the labels of the rules."""
    return list(zip(prompts, RuleLabeller().label([prompt.text for prompt in prompts]), strict=True))


def is_held_out(text: str) -> bool:
    """Whether a prompt belongs to the half that no rule was tuned on."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 1


def halves(rows: Sequence[Labelled]) -> dict[str, list[Labelled]]:
    """Rows of the development half and of the held-out half."""
    return {
        name: [row for row in rows if is_held_out(row[0].text) == held]
        for name, held in (("development", False), ("held out", True))
    }


def print_categories(rows: Sequence[Labelled], *, misses: bool) -> None:
    """Category against the single one of PartiPrompts."""
    for half, part in halves(rows).items():
        gold = [prompt.attributes["category"] for prompt, _ in part]
        found = [set(labels.category) for _, labels in part]
        print(f"category, PartiPrompts, {half}: {len(part)} prompts")
        print(f"  {'label':<18} {'n':>4} {'found':>5} {'P':>6} {'R':>6} {'F1':>6}")
        f1 = []
        for name in (name for name in CATEGORY_LABELS if name in gold):
            truth, ours = [name == right for right in gold], [name in labels for labels in found]
            scores = precision_recall(truth, ours)
            f1.append(scores[2])
            print(f"  {name:<18} {sum(truth):>4} {sum(ours):>5} " + " ".join(f"{score:6.3f}" for score in scores))
        hits = sum(right in labels for right, labels in zip(gold, found, strict=True))
        total = sum(map(len, found))
        micro = f"micro P {hits / total:.3f} F1 {2 * hits / (total + len(part)):.3f}"
        print(f"  gold among ours {hits / len(part):.3f}, {micro}, ", end="")
        print(f"macro F1 {sum(f1) / len(f1):.3f}, labels a prompt {total / len(part):.2f}\n")
    if misses:
        for prompt, labels in halves(rows)["development"]:
            if prompt.attributes["category"] not in labels.category:
                print(f"  {prompt.attributes['category']} not in {labels.category}: {prompt.text[:100]}")
        print()


def precision_recall(truth: Sequence[bool], ours: Sequence[bool]) -> tuple[float, float, float]:
    """Precision, recall and F1; nan where nothing can be divided."""
    hits = sum(a and b for a, b in zip(truth, ours, strict=True))
    nan = float("nan")
    return (
        hits / sum(ours) if any(ours) else nan,
        hits / sum(truth) if any(truth) else nan,
        2 * hits / (sum(truth) + sum(ours)) if any(truth) or any(ours) else nan,
    )


def print_recall(sources: dict[str, list[Labelled]], *, misses: bool) -> None:
    """How often a label is found that the source says must be there."""
    print(f"{'logic and style: recall':<44} {'label':<30} {'development':>16} {'held out':>14}")
    for name, key, wanted, belongs in recall_tests():
        rows = [row for row in sources.get(name, ()) if belongs(row[0])]
        if not rows:
            continue
        cells = []
        for half, part in halves(rows).items():
            found = [bool(set(wanted) & {*labels.logic, *labels.style, *labels.category}) for _, labels in part]
            cells.append(f"{sum(found):>4} of {len(part):>4} {sum(found) / len(part) if part else float('nan'):.3f}")
            if misses and half == "development":
                missed = [prompt.text for (prompt, _), hit in zip(part, found, strict=True) if not hit]
        print(f"  {name + ' ' + key:<42} {' or '.join(wanted):<30} {cells[0]:>16} {cells[1]:>16}")
        if misses:
            print("".join(f"      {text[:120]!r}\n" for text in missed[:25]), end="")
    print()


def recall_tests() -> list[tuple[str, str, tuple[str, ...], Callable[[SourcePrompt], bool]]]:
    """Source, its key, the labels of which one must be found, and which prompts it says so of."""
    any_style = tuple(name for name in STYLE_LABELS if name != "None")
    tests = [("parti", key, (name,), has("challenge", key)) for key, name in PARTI_LOGIC.items()]
    tests += [("parti", "Style & Format", any_style, has("challenge", "Style & Format"))]
    tests += [("gecko", key, (name,), has("category", key)) for key, name in GECKO_LOGIC.items()]
    tests += [("gecko", key, names, has("category", key)) for key, names in GECKO_STYLE.items()]
    tests += [("gecko", "ne/landmarks", ("World Knowledge",), has("category", "ne/landmarks"))]
    return tests + [
        ("compbench", key, (name,), has("category", key, whole=True)) for key, name in COMPBENCH_LOGIC.items()
    ]


def has(column: str, key: str, *, whole: bool = False) -> Callable[[SourcePrompt], bool]:
    """Whether a prompt's attribute is the key, or the key and something after a colon or an underscore and number."""
    pattern = re.compile(re.escape(key) + ("$" if whole else r"(?::.*|_\d+)?$"))
    return lambda prompt: pattern.match(prompt.attributes.get(column, "")) is not None


def print_shares(sources: dict[str, list[Labelled]]) -> None:
    """Share of each skill's held-out prompts with each logic label, which shows what is found where it must not be."""
    rows = halves(sources.get("compbench", ()))["held out"]
    if not rows:
        return
    print(f"{'logic: share, T2I-CompBench, held out':<40} " + " ".join(f"{name:>12}" for name in LOGIC_LABELS))
    for skill in sorted({prompt.attributes["category"] for prompt, _ in rows}):
        part = [labels.logic for prompt, labels in rows if prompt.attributes["category"] == skill]
        shares = [sum(name in labels for labels in part) / len(part) for name in LOGIC_LABELS]
        print(f"  {skill:<38} " + " ".join(f"{share:>12.3f}" for share in shares))
    print()


def print_elements(path: Path) -> None:
    """Labels of EvalMuse's own prompts against the categories of their elements, which were split by GPT."""
    entries = list(json.loads(path.read_text("utf-8")).values())
    texts = [entry["prompt"] for entry in entries]
    labels = RuleLabeller().label(texts)
    raw = [[key.rpartition("(")[2].rpartition(")")[0].strip().lower() for key in e["element_score"]] for e in entries]
    real = len(entries) // 2 + 1  # the first hundred of the 199 are real
    for title, part in (("real", slice(0, real)), ("synthetic", slice(real, None))):
        print(f"labels against elements, EvalMuse, {title}: {len(texts[part])} prompts")
        print(f"  {'label':<18} {'n':>4} {'found':>5} {'P':>6} {'R':>6} {'F1':>6}")
        for name, keys in element_tests().items():
            truth = [bool(keys & {*kinds, *map(reporting_category, kinds)}) for kinds in raw[part]]
            ours = [name in {*found.logic, *found.category} for found in labels[part]]
            if any(truth):
                scores = precision_recall(truth, ours)
                print(f"  {name:<18} {sum(truth):>4} {sum(ours):>5} " + " ".join(f"{score:6.3f}" for score in scores))
        print()


def element_tests() -> dict[str, set[str]]:
    """By label, the categories of elements that ask for it."""
    maps = {**ELEMENT_LOGIC, **ELEMENT_KINDS, **ELEMENT_CATEGORIES}
    return {name: {key for key, label_ in maps.items() if label_ == name} for name in dict.fromkeys(maps.values())}


def print_speed(texts: Sequence[str]) -> None:
    """Seconds for 100,000 prompts as long as those of DiffusionDB: two of ours joined are about as long."""
    if not texts:
        return
    labeller = RuleLabeller()
    joined = [f"{first}, {second}" for first, second in zip(texts[::2], texts[1::2], strict=False)]
    start, clock = time.process_time(), time.monotonic()
    labeller.label(joined)
    scale = 100_000 / len(joined)
    letters = sum(map(len, joined)) / len(joined)
    seconds, waited = (time.process_time() - start) * scale, (time.monotonic() - clock) * scale
    spent = f"{seconds:.0f} s of processor, {waited:.0f} s in all"
    print(f"speed: 100,000 prompts of {letters:.0f} letters take {spent} (from {len(joined):,}), counts by label:")
    counts = Counter(label_ for prompt in labeller.label(texts) for label_ in (*prompt.logic, *prompt.style))
    print("  " + ", ".join(f"{name} {counts[name]:,}" for name in dict.fromkeys((*LOGIC_LABELS, *STYLE_LABELS))))


if __name__ == "__main__":
    raise SystemExit(main())
