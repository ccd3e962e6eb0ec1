import time
from collections import Counter

import pytest

from evalmuse_hf.mini import vocabulary
from evalmuse_hf.prompts import SourcePrompt, filter_prompts, raw_words
from evalmuse_hf.prompts.raw_fixture import write_raw_prompts
from evalmuse_hf.prompts.rule_labelling import RuleLabeller


@pytest.fixture(scope="module")
def rows():
    return write_raw_prompts(5000, seed=0)


def test_a_seed_gives_the_same_prompts_and_few_are_the_first_of_many(rows):
    assert write_raw_prompts(200, seed=0) == rows[:200]
    assert write_raw_prompts(200, seed=1) != rows[:200]
    assert write_raw_prompts(0) == []
    with pytest.raises(ValueError, match="`n` is -1"):
        write_raw_prompts(-1)


def test_identifiers_are_unique(rows):
    assert len({row["id"] for row in rows}) == 5000


def test_five_thousand_take_less_than_two_seconds():
    start = time.process_time()
    write_raw_prompts(5000, seed=2)
    assert time.process_time() - start < 2


def test_two_in_five_are_of_the_drawn_world(rows):
    shapes = Counter(row["shape"] for row in rows)
    # A share of 0.4 has a standard deviation of 0.007 here.
    assert shapes["drawn"] / 5000 == pytest.approx(0.4, abs=0.03)
    assert shapes["idiom"] < 30


@pytest.mark.parametrize(
    "ours, theirs",
    [
        (raw_words.DRAWN_NOUNS, vocabulary.NOUNS),
        (raw_words.DRAWN_ALIVE, vocabulary.ALIVE),
        (raw_words.DRAWN_COLORS, vocabulary.COLORS),
        (raw_words.DRAWN_MATERIALS, vocabulary.MATERIALS),
        (raw_words.DRAWN_SHAPES, vocabulary.SHAPES),
        (raw_words.DRAWN_SHAPED, vocabulary.SHAPED_OBJECTS),
        (raw_words.DRAWN_STATES, vocabulary.ATTRIBUTES),
        (raw_words.DRAWN_ACTIVITIES, vocabulary.ACTIVITIES),
        (raw_words.DRAWN_PLACES, vocabulary.PLACES.values()),
        (raw_words.DRAWN_RELATIONS, vocabulary.RELATIONS),
        (raw_words.DRAWN_NUMBERS, vocabulary.NUMBER_WORDS),
        (raw_words.DRAWN_WORDS, vocabulary.WORDS),
    ],
)
def test_drawn_words_are_words_of_the_drawn_world(ours, theirs):
    assert set(ours) <= set(theirs)


def test_plurals_are_those_of_the_drawn_world():
    for noun in raw_words.DRAWN_NOUNS:
        assert raw_words.DRAWN_PLURALS.get(noun, f"{noun}s") == vocabulary.plural(noun)


def test_every_filter_finds_something_to_drop(rows):
    steps = filter_prompts([SourcePrompt(row["id"], row["prompt"], "table") for row in rows])
    dropped = {step.name: sum(step.counts().values()) for step in steps}
    assert all(dropped[name] > 20 for name in ("clean", "language", "length", "repeated", "similar")), dropped
    assert len(steps[-1].kept) > 2500
    kept = [prompt.text for prompt in steps[-1].kept]
    counts = Counter(label for labels in RuleLabeller().label(kept) for label in labels.category)
    assert len(counts) == 13
    assert counts["Idiom"] < 0.01 * len(kept)
