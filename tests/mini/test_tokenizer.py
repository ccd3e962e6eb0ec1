"""The word list of the drawn world."""

import numpy as np
from transformers import AutoTokenizer

from evalmuse_hf.mini.prompts import TEMPLATES, write_prompt
from evalmuse_hf.mini.tokenizer import build_tokenizer, vocabulary_words


def test_no_token_is_listed_twice():
    words = vocabulary_words()
    assert len(set(words)) == len(words)
    assert words[0] == "[PAD]"


def test_prompts_of_the_world_need_no_spelling():
    tokenizer, rng = build_tokenizer(), np.random.default_rng(0)
    for template in TEMPLATES:
        for _ in range(30):
            tokens = tokenizer.tokenize(write_prompt(rng, template=template).text)
            assert not any(token.startswith("##") or token == "[UNK]" for token in tokens)


def test_foreign_words_are_spelled():
    assert build_tokenizer().tokenize("Zebra") == ["z", "##e", "##b", "##r", "##a"]


def test_the_tokenizer_survives_saving(tmp_path):
    build_tokenizer(max_length=99).save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.model_max_length == 99
    assert loaded("a cat")["input_ids"] == build_tokenizer()("a cat")["input_ids"]
