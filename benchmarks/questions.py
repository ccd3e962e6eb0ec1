"""How often an element of EvalMuse-40K and DSG-1k gets a valid question, and how the checks judge DSG's own questions.

    python benchmarks/questions.py --data FOLDER                            # 20 seconds on one core
    python benchmarks/questions.py --data FOLDER --write docs/questions.md  # puts the tables there
    python benchmarks/questions.py --data FOLDER --sample 150               # questions to read instead

FOLDER holds, at any depth, `prompt_t2i.json` of DYEvaLab/EvalMuse (199 prompts with 970 elements) and
`dsg-1k-anns.csv` of j-min/DSG on GitHub (1,060 prompts with 8,182 propositions, each with a question).

A proposition of DSG becomes an element: its text is the last keyword, without "==" before a number, without whose it
is ("person's phone" becomes "phone"), in the form that the prompt has ("wear" becomes "wearing"); its category follows
`CATEGORIES_OF_DSG`, the rest are attributes. DSG's dependency is what it takes for the parents. Its questions are
checked without being told their parents, as those of a language model are.
"""

import argparse
import csv
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalmuse_hf.elements.question_checks import question_problem
from evalmuse_hf.elements.question_sets import ElementQuestionResult, write_question_sets
from evalmuse_hf.elements.questions import ask_elements
from evalmuse_hf.elements.word_forms import read_words, same_word
from evalmuse_hf.schema import Element

EVALMUSE, DSG = "prompt_t2i.json", "dsg-1k-anns.csv"
WORD = re.compile(r"[^\W_]+")
BEGIN, END = "<!-- benchmarks/questions.py: begin -->", "<!-- benchmarks/questions.py: end -->"
FIRST_TEMPLATE = "a blackboard with text "
CATEGORIES_OF_DSG = {
    **{("entity", "whole"): "object", ("entity", "part"): "object", ("entity", "scale"): "object"},
    **{("relation", "spatial"): "spatial", ("relation", "action"): "activity", ("attribute", "color"): "color"},
    **{("attribute", "material"): "material", ("attribute", "texture"): "material", ("attribute", "shape"): "shape"},
    **{("other", "count"): "counting", ("attribute", "count"): "counting", ("other", "text rendering"): "other"},
}
REASONS = {
    "It must name": "leaves out a word of the element",
    "It names": "names another element",
    "Yes must be": "yes is not the true answer",
    "The prompt wants": "yes is not the true answer",
    "It must not be": "is negative",
    "Another element": "is the same as another one",
}


@dataclass
class AskedPrompt:
    """A prompt with its elements; DSG's have questions and parents."""

    text: str
    group: str
    elements: list[Element] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    parents: list[set[int]] = field(default_factory=list)


def main(words: list[str] | None = None) -> int:
    """Measure, print, and write where that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder with the two files")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks of this page")
    parser.add_argument("--sample", type=int, metavar="N", help="print N questions of each data set instead")
    args = parser.parse_args(words)
    files = {name: next(iter(sorted(args.data.rglob(name))), None) for name in (EVALMUSE, DSG)}
    missing = [name for name, path in files.items() if path is None]
    if missing:
        print(
            f"There is no {' and no '.join(missing)} below {args.data}; get both from DYEvaLab/EvalMuse and j-min/DSG."
        )
        return 2
    evalmuse, dsg = read_evalmuse(files[EVALMUSE]), read_dsg(files[DSG])
    if args.sample:
        print_sample(evalmuse, args.sample)
        print_sample(dsg, args.sample)
        return 0
    text = "\n\n".join([valid_table(evalmuse, dsg), accepted_table(dsg), parent_table(dsg)])
    print(text)
    if args.write:
        page = args.write.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        args.write.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")
    return 0


def read_evalmuse(path: Path) -> list[AskedPrompt]:
    """Read the published prompts; those from templates begin with the first blackboard."""
    prompts = []
    group = "EvalMuse, real"
    for row in json.loads(path.read_text("utf-8")).values():
        group = "EvalMuse, templates" if row["prompt"].startswith(FIRST_TEMPLATE) else group
        prompts.append(AskedPrompt(row["prompt"], group, [Element.parse(key) for key in row["element_score"]]))
    return prompts


def read_dsg(path: Path) -> list[AskedPrompt]:
    """Read DSG's propositions as elements."""
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["item_id"], []).append(row)
    prompts = []
    for own in rows.values():
        places = {row["proposition_id"]: number for number, row in enumerate(own)}
        prompt = AskedPrompt(own[0]["text"], "DSG-1k")
        for row in own:
            broad, detailed = row["category_broad"], row["category_detailed"]
            words = row["keywords"].split(",")[-1].strip().removeprefix("==")
            category = CATEGORIES_OF_DSG.get((broad, detailed), "attribute")
            raw = "other-writing&symbol" if detailed == "text rendering" else category
            text = as_written(words.split("'s ", 1)[-1] or words, prompt.text)
            prompt.elements.append(Element(text, category, raw))
            prompt.kinds.append(f"entity, {detailed}" if broad == "entity" else broad)
            prompt.questions.append(row["question_natural_language"])
            prompt.parents.append(
                {places[one.strip()] for one in row["dependency"].split(",") if one.strip() in places}
            )
        prompts.append(prompt)
    return prompts


def as_written(text: str, prompt: str) -> str:
    """The words of a prompt that a keyword means in another form, such as "wearing" for "wear"; else the keyword."""
    wanted = read_words(text)
    written = list(WORD.finditer(prompt))
    if not wanted or text.lower() in prompt.lower():
        return text
    for first in range(len(written) - len(wanted) + 1):
        found = written[first : first + len(wanted)]
        if all(same_word(match[0].lower(), word) for match, word in zip(found, wanted, strict=True)):
            return prompt[found[0].start() : found[-1].end()]
    return text


def write_all(prompts: Sequence[AskedPrompt]) -> Iterator[tuple[AskedPrompt, int, ElementQuestionResult]]:
    """Each element with its result."""
    results = write_question_sets([(prompt.text, prompt.elements) for prompt in prompts])
    for prompt, own in zip(prompts, results, strict=True):
        yield from ((prompt, index, result) for index, result in enumerate(own))


def valid_table(evalmuse: Sequence[AskedPrompt], dsg: Sequence[AskedPrompt]) -> str:
    """Shares of elements with a valid question, by rule alone."""
    lines = [
        "| elements of | prompts | elements | valid at once | valid in the end | with parents | with counterfactual |",
        "|---|---|---|---|---|---|---|",
    ]
    found = list(write_all([*evalmuse, *dsg]))
    for group in dict.fromkeys(prompt.group for prompt, _, _ in found):
        own = [result for prompt, _, result in found if prompt.group == group]
        valid = [result for result in own if result.status == "ok"]
        n_prompts = sum(prompt.group == group for prompt in (*evalmuse, *dsg))
        shares = [
            share(sum(result.attempts == 1 for result in valid), len(own)),
            share(len(valid), len(own)),
            share(sum(bool(result.parents) for result in valid), len(own)),
            share(sum(result.counterfactual is not None for result in valid), len(own)),
        ]
        lines.append(f"| {group} | {n_prompts:,} | {len(own):,} | {' | '.join(shares)} |")
    return "\n".join(lines)


def accepted_table(dsg: Sequence[AskedPrompt]) -> str:
    """How many of DSG's own questions pass the checks, and why the others do not."""
    asked: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for prompt in dsg:
        for element, kind, question in zip(prompt.elements, prompt.kinds, prompt.questions, strict=True):
            problem = question_problem(question, element=element, elements=prompt.elements, prompt=prompt.text)
            asked[kind] += 1
            passed[kind] += problem is None
            if problem is not None:
                known = (words for start, words in REASONS.items() if problem.startswith(start))
                reasons[next(known, "is malformed")] += 1
    lines = ["| DSG's own questions | number | accepted |", "|---|---|---|"]
    lines += [f"| {kind} | {asked[kind]:,} | {share(passed[kind], asked[kind])} |" for kind, _ in asked.most_common()]
    total = asked.total()
    lines.append(f"| **all** | {total:,} | **{share(passed.total(), total)}** |")
    why = [f"| refused: {reason} | {number:,} | {share(number, total)} |" for reason, number in reasons.most_common()]
    return "\n".join([*lines, *why])


def parent_table(dsg: Sequence[AskedPrompt]) -> str:
    """How often the parents by rule are those of DSG."""
    total: Counter[str] = Counter()
    same: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    dependent: Counter[str] = Counter()
    for prompt in dsg:
        asked = ask_elements(prompt.text, prompt.elements)
        for kind, wanted, question in zip(prompt.kinds, prompt.parents, asked, strict=True):
            ours = set(question.parents)
            total[kind] += 1
            same[kind] += ours == wanted
            dependent[kind] += bool(wanted)
            shared[kind] += bool(ours & wanted)
    lines = [
        "| parents of | number | same set as DSG | with parents in DSG | one in common |",
        "|---|---|---|---|---|",
    ]
    for kind, number in total.most_common():
        lines.append(
            f"| {kind} | {number:,} | {share(same[kind], number)} | {dependent[kind]:,} "
            f"| {share(shared[kind], dependent[kind])} |"
        )
    lines.append(
        f"| **all** | {total.total():,} | **{share(same.total(), total.total())}** | {dependent.total():,} "
        f"| **{share(shared.total(), dependent.total())}** |"
    )
    return "\n".join(lines)


def print_sample(prompts: Sequence[AskedPrompt], n: int) -> None:
    """Print questions with the prompts that they are about, for a person to read."""
    found = list(write_all(prompts))
    for prompt, index, result in random.Random(7).sample(found, min(n, len(found))):
        print(f"{prompt.elements[index].text} | {result.question or result.message} | {prompt.text[:100]}")


def share(part: int, whole: int) -> str:
    """A share as a percentage."""
    return f"{part / whole:.1%}" if whole else "-"


if __name__ == "__main__":
    raise SystemExit(main())
