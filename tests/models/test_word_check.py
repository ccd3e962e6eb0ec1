import pytest
from transformers import CLIPTokenizer

from evalmuse_hf.models.word_check import NoWordsError, check_words


def test_a_tokenizer_of_special_tokens_alone_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    tokenizer = CLIPTokenizer.from_pretrained(tmp_path)
    with pytest.raises(NoWordsError, match=r"has no tokenizer files .* all prompts would be the same .*; do that\."):
        check_words(tokenizer, source=tmp_path, advice="do that")


def test_a_tokenizer_with_more_words_than_the_model_is_refused(letter_tokenizer):
    size = len(letter_tokenizer)
    check_words(letter_tokenizer, source="x", advice="", vocab_size=size)
    with pytest.raises(NoWordsError, match=rf"ids up to {size - 1}, and the model knows {size - 1} tokens"):
        check_words(letter_tokenizer, source="x", advice="do that", vocab_size=size - 1)
