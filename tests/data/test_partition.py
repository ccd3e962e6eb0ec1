import pytest

from evalmuse_hf.data.partition import partition
from evalmuse_hf.data.sources import PromptGroup


def groups(number: int) -> list[PromptGroup]:
    return [PromptGroup(f"prompt {index}", b"", 1) for index in range(number)]


def identities(parts, split):
    return [group.identity for part in parts if part.split == split for group in part.groups]


def test_without_options_every_split_stays_as_it_is():
    parts = partition({"train": groups(3), "test": groups(2)})
    assert [(part.split, part.fold, len(part.groups)) for part in parts] == [("train", None, 3), ("test", None, 2)]


def test_dev_takes_its_share_of_the_training_prompts_and_keeps_their_order():
    parts = partition({"train": groups(50)}, dev=0.1, seed=3)
    dev, train = identities(parts, "dev"), identities(parts, "train")
    assert len(dev) == 5
    assert sorted(dev + train) == sorted(group.identity for group in groups(50))
    assert train == [group.identity for group in groups(50) if group.identity not in dev]


def test_another_seed_chooses_other_prompts_and_the_same_seed_the_same():
    chosen = [identities(partition({"train": groups(100)}, dev=0.2, seed=seed), "dev") for seed in (0, 1, 0)]
    assert chosen[0] == chosen[2] != chosen[1]


def test_the_choice_does_not_depend_on_the_order_of_the_prompts():
    forward = identities(partition({"train": groups(40)}, dev=0.25), "dev")
    backward = identities(partition({"train": groups(40)[::-1]}, dev=0.25), "dev")
    assert sorted(forward) == sorted(backward)


@pytest.mark.parametrize("n_prompts, share, n_dev", [(2, 0.01, 1), (2, 0.99, 1), (10, 0.5, 5)])
def test_dev_has_at_least_one_prompt_and_never_all(n_prompts, share, n_dev):
    assert len(identities(partition({"train": groups(n_prompts)}, dev=share), "dev")) == n_dev


def test_folds_have_equal_sizes_and_leave_dev_alone():
    parts = partition({"train": groups(23), "test": groups(1)}, dev=3 / 23, folds=4)
    sizes = {part.fold: len(part.groups) for part in parts if part.split == "train"}
    assert sizes == {0: 5, 1: 5, 2: 5, 3: 5}
    assert len(identities(parts, "dev")) == 3


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dev": -0.1}, "`dev` must be at least 0 and below 1"),
        ({"dev": float("nan")}, "`dev` must be at least 0 and below 1"),
        ({"folds": 1}, "`folds` must be 0 or at least 2, got 1"),
        ({"folds": 4}, "has 3 prompts, too few for 4 folds"),
    ],
)
def test_impossible_wishes_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        partition({"train": groups(3)}, **options)


def test_one_prompt_is_too_few_for_dev():
    with pytest.raises(ValueError, match="has 1 prompts, too few for a dev split"):
        partition({"train": groups(1)}, dev=0.5)
