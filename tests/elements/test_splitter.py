from dataclasses import FrozenInstanceError

import pytest

from evalmuse_hf.elements.splitter import SplitPrompt, Splitter
from evalmuse_hf.schema import Element


def test_a_split_prompt_is_well_unless_it_says_otherwise():
    split = SplitPrompt("a cat", (Element("cat", "animal/human"),))
    assert (split.status, split.message) == ("ok", "")
    with pytest.raises(FrozenInstanceError):
        split.status = "failed"


def test_anything_with_a_name_that_splits_is_a_splitter():
    class WordSplitter:
        name = "words"

        def split(self, prompts):
            return [SplitPrompt(prompt, tuple(map(Element.from_text, prompt.split()))) for prompt in prompts]

    splitter: Splitter = WordSplitter()
    assert [element.text for element in splitter.split(["red cat"])[0].elements] == ["red", "cat"]
