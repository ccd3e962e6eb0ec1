import pytest
import torch

from evalmuse_hf.llm.token_stream import TokenStream, Vocabulary


@pytest.fixture(scope="module")
def vocabulary(chat_model):
    return Vocabulary(chat_model._tokenizer)


def test_logits_are_those_of_one_forward_over_everything(chat_model):
    model = chat_model._model
    stream = TokenStream(model, [5, 6, 7])
    first = stream.logits()
    past = stream.copy_past()
    stream.feed([8])
    stream.feed([9, 10])
    other = TokenStream(model, [8, 9, 10], past=past, n_past=3)
    with torch.inference_mode():
        whole = model(torch.tensor([[5, 6, 7, 8, 9, 10]])).logits[0]
    close = {"rtol": 1e-4, "atol": 1e-4}  # float32 attention sums in another order
    torch.testing.assert_close(first, whole[2], **close)
    torch.testing.assert_close(stream.logits(), whole[5], **close)
    torch.testing.assert_close(other.logits(), whole[5], **close)
    assert stream.n_tokens == other.n_tokens == 6


@pytest.mark.parametrize("text", [' red cat": "', "café 赤い", "\n\t{", ""], ids=repr)
def test_a_text_and_its_tokens_spell_the_same(vocabulary, text):
    assert vocabulary.spell(vocabulary.encode(text)) == text


def test_tokens_of_strings_hold_no_quote_or_backslash(vocabulary, chat_model):
    plain = set(vocabulary.plain_ids.tolist())
    assert vocabulary.by_text["cat"] in plain
    assert not plain & {vocabulary.by_text[text] for text in ('"', "\\", '":', "\n")}
    assert set(vocabulary.quote_ids.tolist()) == {vocabulary.by_text['"'], vocabulary.by_text['":']}
    assert chat_model._tokenizer.eos_token_id not in plain


def test_a_tokenizer_that_marks_words_is_spelled_without_its_marks():
    """SentencePiece puts a mark before the first word of a text; in the middle of another there is none."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "▁", "a", "c", "t", "▁a", "▁c", '"', "{", "▁cat", "cat", "at"]
    tokenizer = Tokenizer(models.Unigram([(word, -1.0 * place) for place, word in enumerate(words)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    vocabulary = Vocabulary(PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>"))
    assert vocabulary.by_text[" cat"] == words.index("▁cat")
    for text in ("cat", '{"a cat', " cat"):
        assert vocabulary.spell(vocabulary.encode(text)) == text
