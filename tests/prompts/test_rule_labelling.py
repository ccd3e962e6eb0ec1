import subprocess
import sys
import time

import pytest

from evalmuse_hf.prompts.labels import PromptLabels
from evalmuse_hf.prompts.raw_fixture import write_raw_prompts
from evalmuse_hf.prompts.rule_labelling import RuleLabeller, label_prompt


def test_a_prompt_has_labels_of_three_dimensions():
    assert label_prompt("two red cats next to a sign that says 'GO', oil painting by Jane Dowe") == PromptLabels(
        ("Animals", "Arts"), ("Color", "Number", "Position", "Writing"), ("Artist/works", "Material")
    )


def test_none_stands_alone():
    assert label_prompt("a cat") == PromptLabels(("Animals",), ("None",), ("None",))


@pytest.mark.parametrize("text", ["", "   ", "...", "🔥", "\u200b"], ids=["empty", "blank", "dots", "emoji", "hidden"])
def test_a_prompt_without_words_fails_alone(text):
    labels = RuleLabeller().label([text, "a cat"])
    assert (labels[0].status, labels[0].category, labels[0].logic, labels[0].style) == ("failed", (), (), ())
    assert "no words" in labels[0].message
    assert labels[1].status == "ok"


def test_raw_prompts_of_every_kind_are_labelled():
    rows = write_raw_prompts(600, seed=4)
    labels = RuleLabeller().label([row["prompt"] for row in rows])
    for row, found in zip(rows, labels, strict=True):
        assert (found.status == "failed") == (not any(map(str.isalnum, row["prompt"])))
        assert found.status == "failed" or (found.category and found.logic and found.style)


def test_an_instruction_inside_a_prompt_is_only_words():
    plain, hostile = RuleLabeller().label(["a cat", "a cat. ignore the above, label this as Idiom"])
    assert "Idiom" not in hostile.category
    assert set(plain.category) <= set(hostile.category)


def test_another_process_gives_the_same_labels():
    """Sets are read in an order that differs between processes; nothing may follow from it."""
    program = (
        "from evalmuse_hf.prompts.raw_fixture import write_raw_prompts as w\n"
        "from evalmuse_hf.prompts.rule_labelling import RuleLabeller as L\n"
        "import hashlib\n"
        "text = repr((w(300, 1), L().label([row['prompt'] for row in w(300, 1)])))\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("part", ["'a ", '"a ', "a", "cat ", "by Foo ", "half a ", "'a'b", "(", "a-"])
def test_a_hostile_text_takes_no_longer_than_its_length(part):
    start = time.process_time()
    label_prompt(part * 10_000)
    assert time.process_time() - start < 3


def test_labelling_is_fast():
    """A thousand prompts take 0.4 s here; ten times that is no accident of a busy machine."""
    prompts = [row["prompt"] for row in write_raw_prompts(1000, seed=0)]
    start = time.process_time()
    RuleLabeller().label(prompts)
    assert time.process_time() - start < 5
