"""The tokenizer of models that read prompts with a BERT and a few words more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, BertTokenizer
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

TOKENIZER_ID = "google-bert/bert-base-uncased"


def read_bert_tokenizer(
    vocab: str | Path | None, *, vocab_size: int, max_length: int, added: Sequence[str] = ("[DEC]",)
) -> PreTrainedTokenizerBase:
    """Make a tokenizer with the model's vocabulary size.

    Args:
        vocab: BERT's ``vocab.txt``, or a tokenizer folder; None takes `TOKENIZER_ID` from the Hub.
        vocab_size: Words that the model knows.
        max_length: Tokens that it reads.
        added: Words behind BERT's; the first begins a text that is written by a decoder.

    Raises:
        OSError: If the tokenizer cannot be had.
        ValueError: If it has another size.
    """
    options: dict[str, Any] = {"model_max_length": max_length}
    if vocab is None:
        tokenizer = _download(options)
    elif Path(vocab).is_dir():
        tokenizer = AutoTokenizer.from_pretrained(str(vocab), **options)
    else:
        words = Path(vocab).read_text("utf-8").splitlines()
        # By name `vocab_file`, the file would be ignored and every word be [UNK].
        tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(words)}, **options)
    tokenizer.add_special_tokens({"bos_token": added[0]})
    tokenizer.add_tokens(list(added[1:]), special_tokens=True)
    if len(tokenizer) != vocab_size or tokenizer.convert_tokens_to_ids(added[-1]) != vocab_size - 1:
        raise ValueError(
            f"The vocabulary {vocab or TOKENIZER_ID} has {len(tokenizer)} words with {' and '.join(added)}, expected "
            f"{vocab_size}; give the vocab.txt of bert-base-uncased."
        )
    return tokenizer


def _download(options: Mapping[str, Any]) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(TOKENIZER_ID, **options)
    except (OSError, ValueError) as error:
        raise OSError(
            f"Converting needs the tokenizer {TOKENIZER_ID} (0.7 MB) from the Hub, which cannot be reached; give its "
            "vocab.txt or a tokenizer folder (`vocab`, or --vocab FILE)."
        ) from error
