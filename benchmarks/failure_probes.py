"""How often the packaged scorer errs where scorers of its kind are known to: ``python benchmarks/failure_probes.py``.

    python benchmarks/failure_probes.py [--pictures 150] [--model mini] [--seed 0] [--json]

Every probe asks twice about the same drawn picture, whose truth is known, and counts how often the better prompt (or
the better picture) gets the higher overall score, a tie counting half. Chance is one half. The 95 % intervals draw
pictures, each of which has a prompt of its own. Prints the table of ``docs/concepts/where_it_fails.md``.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalmuse_hf.mini.drawing import draw
from evalmuse_hf.mini.scene import Scene, Thing
from evalmuse_hf.mini.vocabulary import (
    ANIMALS,
    COLORS,
    NUMBER_WORDS,
    OBJECTS,
    OPPOSITE,
    is_held_out,
    plural,
)
from evalmuse_hf.stats import mean_interval

PADDING = "very nice, very good, really beautiful, truly wonderful, "
FILLERS = 7  # times the eight words of PADDING: beyond the fifty that are read


@dataclass(frozen=True, slots=True)
class Trial:
    """One picture and the two prompts (or two pictures and one prompt) that are compared.

    Attributes:
        right: Picture and prompt that fit, or fit better.
        wrong: Those that fit worse.
    """

    right: tuple[Any, str]
    wrong: tuple[Any, str]


def main(argv: list[str] | None = None) -> int:
    """Draw, score, count, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--pictures", type=int, default=150, help="of each probe (default 150)")
    parser.add_argument("--model", default="mini", help="as in load_scorer (default mini)")
    parser.add_argument("--seed", type=int, default=0, help="of the pictures (default 0)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args(argv)
    from evalmuse_hf.scoring import load_scorer

    scorer = load_scorer("fga_blip2", model=arguments.model)
    figures = measure(scorer, n=arguments.pictures, seed=arguments.seed)
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\n" if arguments.json else describe(figures))
    return 0


def measure(scorer: Any, *, n: int, seed: int) -> list[dict[str, Any]]:
    """Compute the share of right decisions for each probe.

    Args:
        scorer: What is probed.
        n: Pictures of each probe.
        seed: Of the pictures.
    """
    return [_measure_one(scorer, name, probe, n=n, seed=seed) for name, probe in PROBES.items()]


def describe(figures: list[dict[str, Any]]) -> str:
    """Write the figures as a Markdown table.

    Args:
        figures: Of `measure`.
    """
    lines = ["| probe | decided rightly | 95 % interval | mean gap, points | pictures |", "|---|--:|---|--:|--:|"]
    lines += [
        f"| {row['probe']} | {row['rate']:.2f} | {row['low']:.2f} to {row['high']:.2f} | "
        f"{row['gap']:+.2f} | {row['n']} |"
        for row in figures
    ]
    return "\n".join(lines) + "\n"


def _measure_one(scorer: Any, name: str, probe: "Probe", *, n: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    trials = [probe(rng) for _ in range(n)]
    rows = [side for trial in trials for side in (trial.right, trial.wrong)]
    scores = scorer.score(images=[picture for picture, _ in rows], prompts=[prompt for _, prompt in rows])
    right, wrong = np.array([score.overall for score in scores]).reshape(-1, 2).T
    decided = (right > wrong) + 0.5 * (right == wrong)
    interval = mean_interval(values=decided, n_resamples=1000, rng=seed).confidence_interval
    low, high = interval or (float(decided.mean()),) * 2  # all decided alike
    return {
        "probe": name,
        "rate": float(decided.mean()),
        "low": float(low),
        "high": float(high),
        "gap": float((right - wrong).mean()),
        "n": n,
    }


Probe = Callable[[np.random.Generator], Trial]


def another_noun(rng: np.random.Generator) -> Trial:
    """The easy case, for comparison: what is in the picture, against what is not."""
    first, second, color, _ = _two_things(rng)
    picture = _picture(rng, Thing(first, color))
    return _two_prompts(picture, f"{_a(color)} {first}", f"{_a(color)} {second}")


def small_things(rng: np.random.Generator) -> Trial:
    """The same of a thing that is a twelfth of the side of its picture."""
    first, second, color, _ = _two_things(rng)
    picture = _picture(rng, Thing(first, color, radius=0.04))
    return _two_prompts(picture, f"{_a(color)} {first}", f"{_a(color)} {second}")


def exchanged_colors(rng: np.random.Generator) -> Trial:
    """All words are right, and the wrong prompt gives each colour to the other thing."""
    first, second, one, other = _two_things(rng)
    picture = _picture(rng, Thing(first, one, x=0.28), Thing(second, other, x=0.72))
    return _two_prompts(
        picture, f"{_a(one)} {first} and {_a(other)} {second}", f"{_a(other)} {first} and {_a(one)} {second}"
    )


def exchanged_places(rng: np.random.Generator) -> Trial:
    """Left for right."""
    first, second, one, other = _two_things(rng)
    picture = _picture(rng, Thing(first, one, x=0.28), Thing(second, other, x=0.72))
    right = "left of"
    return _two_prompts(picture, f"a {first} {right} a {second}", f"a {first} {OPPOSITE[right]} a {second}")


def one_more(rng: np.random.Generator) -> Trial:
    """Two to four things, against one more."""
    noun, _, color, _ = _two_things(rng)
    number = int(rng.integers(2, 5))
    picture = _many(rng, noun, color, number)
    return _two_prompts(picture, *(f"{NUMBER_WORDS[count]} {plural(noun)}" for count in (number, number + 1)))


def two_or_five(rng: np.random.Generator) -> Trial:
    """Two things, against five."""
    noun, _, color, _ = _two_things(rng)
    return _two_prompts(_many(rng, noun, color, 2), *(f"{NUMBER_WORDS[n]} {plural(noun)}" for n in (2, 5)))


def zero(rng: np.random.Generator) -> Trial:
    """Zero cars, as training said it: a picture without cars, against one with a car."""
    return _absence(rng, "one {first} and zero {second}s")


def without(rng: np.random.Generator) -> Trial:
    """Without a car, which training never said."""
    return _absence(rng, "a {first} without a {second}")


def no(rng: np.random.Generator) -> Trial:
    """No car."""
    return _absence(rng, "a {first} and no {second}")


def beyond_fifty_words(rng: np.random.Generator) -> Trial:
    """The easy case again, after more words than are read."""
    trial = another_noun(rng)
    (picture, right), (_, wrong) = trial.right, trial.wrong
    return _two_prompts(picture, PADDING * FILLERS + right, PADDING * FILLERS + wrong)


def unknown_words(rng: np.random.Generator) -> Trial:
    """Two words for colours that the vocabulary lacks, each of them right as often as the other."""
    noun = _two_things(rng)[0]
    words = {"red": "crimson", "blue": "azure"}
    right, wrong = (str(color) for color in rng.permutation([*words]))
    return _two_prompts(_picture(rng, Thing(noun, right)), *(f"{_a(words[color])} {noun}" for color in (right, wrong)))


def faults(rng: np.random.Generator) -> Trial:
    """One prompt; an animal as it should be, against one with a structural fault."""
    noun, color = str(rng.choice(ANIMALS)), str(rng.choice([*COLORS]))
    seed = int(rng.integers(2**31))
    good, bad = (
        draw(Scene((Thing(noun, color, radius=0.3, fault=fault),), seed=seed)).image for fault in (False, True)
    )
    return Trial((good, f"{_a(color)} {noun}"), (bad, f"{_a(color)} {noun}"))


PROBES: dict[str, Probe] = {
    "another noun": another_noun,
    "another noun, thing of a twelfth of the side": small_things,
    "colours of two things exchanged": exchanged_colors,
    "left for right": exchanged_places,
    "two against five": two_or_five,
    "one more than there are": one_more,
    "zero cars": zero,
    "no car": no,
    "without a car": without,
    "another noun, after more than 50 words": beyond_fifty_words,
    "another colour, both words unknown": unknown_words,
    "structural fault": faults,
}


def _absence(rng: np.random.Generator, template: str) -> Trial:
    first, second, one, other = _two_things(rng)
    things = (Thing(first, one, x=0.28), Thing(second, other, x=0.72))
    prompt = template.format(first=first, second=second)
    seed = int(rng.integers(2**31))
    alone, both = (draw(Scene(shown, seed=seed)).image for shown in (things[:1], things))
    return Trial((alone, prompt), (both, prompt))


def _two_prompts(picture: Any, right: str, wrong: str) -> Trial:
    return Trial((picture, right), (picture, wrong))


def _two_things(rng: np.random.Generator) -> tuple[str, str, str, str]:
    """Two nouns and two colours of which no pair was withheld from training, so that only the probe is hard."""
    while True:
        first, second = (str(noun) for noun in rng.choice([*ANIMALS, *OBJECTS], 2, replace=False))
        one, other = (str(color) for color in rng.choice([*COLORS], 2, replace=False))
        pairs = [(color, noun) for color in (one, other) for noun in (first, second)]
        if not any(is_held_out(*pair) for pair in [*pairs, (first, second), (second, first)]):
            return first, second, one, other


def _picture(rng: np.random.Generator, *things: Thing) -> Any:
    return draw(Scene(things, seed=int(rng.integers(2**31)))).image


def _many(rng: np.random.Generator, noun: str, color: str, number: int) -> Any:
    places = [(x, y) for x in (0.2, 0.5, 0.8) for y in (0.25, 0.75)]
    chosen = rng.permutation(len(places))[:number]
    return _picture(rng, *(Thing(noun, color, *places[place], radius=0.13) for place in chosen))


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


if __name__ == "__main__":
    sys.exit(main())
