import numpy as np

from evalmuse_hf.prompts.near_duplicates import find_near_duplicates


def shingles(words):
    return {tuple(words[place : place + size]) for size in (1, 2, 3) for place in range(len(words) - size + 1)}


def test_nearly_all_that_a_comparison_of_all_finds_and_nothing_else():
    rng = np.random.default_rng(0)
    texts = []
    for _ in range(300):
        texts.append([f"w{word}" for word in rng.integers(60, size=int(rng.integers(1, 25)))])
        copy = list(texts[int(rng.integers(len(texts)))])
        copy[int(rng.integers(len(copy)))] = "other"
        texts.append(copy)
    expected = []
    sets = [shingles(words) for words in texts]
    for place in range(len(texts)):
        mine = sets[place]
        pairs = ((other, sets[other]) for other in range(place) if expected[other] == other)
        alike = (other for other, theirs in pairs if len(mine & theirs) >= 0.7 * len(mine | theirs))
        expected.append(next(alike, place))
    found = find_near_duplicates(texts, similarity=0.7)
    repeated = [place for place, original in enumerate(expected) if original != place]
    assert len(repeated) > 30
    assert sum(found[place] != expected[place] for place in range(len(texts))) <= 0.02 * len(texts)
    for place, original in enumerate(found):
        union = shingles(texts[place]) | shingles(texts[original])
        assert len(shingles(texts[place]) & shingles(texts[original])) >= 0.7 * len(union)


def test_things_that_change_places_make_another_text():
    one, other = ["a", "woman", "hidden", "by", "a", "chair"], ["a", "chair", "hidden", "by", "a", "woman"]
    assert find_near_duplicates([one, other], similarity=0.8) == [0, 1]


def test_short_and_empty_texts_are_texts_too():
    assert find_near_duplicates([["a"], ["b"], ["a"], []], similarity=0.8) == [0, 1, 0, 3]
    assert find_near_duplicates([], similarity=0.8) == []
