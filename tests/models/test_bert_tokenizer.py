import pytest

from evalmuse_hf.models.bert_tokenizer import read_bert_tokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat"]


@pytest.fixture
def vocab(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(WORDS) + "\n")
    return path


def test_words_are_added_behind_those_of_the_file(vocab, tmp_path):
    tokenizer = read_bert_tokenizer(vocab, vocab_size=9, max_length=6, added=("[DEC]", "[ENC]"))
    assert tokenizer.convert_tokens_to_ids(["cat", "[DEC]", "[ENC]"]) == [6, 7, 8]
    assert tokenizer("A cat")["input_ids"] == [2, 5, 6, 3]
    assert tokenizer.model_max_length == 6
    tokenizer.save_pretrained(tmp_path / "folder")
    again = read_bert_tokenizer(tmp_path / "folder", vocab_size=9, max_length=6, added=("[DEC]", "[ENC]"))
    assert len(again) == 9


def test_another_size_is_refused(vocab):
    with pytest.raises(ValueError, match=r"has 8 words with \[DEC\], expected 30523"):
        read_bert_tokenizer(vocab, vocab_size=30523, max_length=6)


def test_a_hub_that_cannot_be_reached_is_one_sentence():
    with pytest.raises(OSError, match=r"Converting needs the tokenizer google-bert/bert-base-uncased \(0.7 MB\)"):
        read_bert_tokenizer(None, vocab_size=30523, max_length=6)
