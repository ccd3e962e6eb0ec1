"""Refuses tokenizers that know no words: transformers makes one of a folder without tokenizer files."""

from typing import Any

CLIP_ADVICE = (
    "put the tokenizer of openai/clip-vit-large-patch14 there, or for HPSv2 convert again with `--vocab "
    "bpe_simple_vocab_16e6.txt.gz` or a tokenizer folder"
)
BERT_ADVICE = (
    "put the tokenizer that belongs to the model there, or for ImageReward convert again with `--vocab vocab.txt` of "
    "bert-base-uncased or a tokenizer folder"
)


class NoWordsError(ValueError):
    """A tokenizer that gives every prompt the same ids, or ids that the model does not have."""


def check_words(tokenizer: Any, *, source: object, advice: str, vocab_size: int | None = None) -> None:
    """Refuse a tokenizer that knows nothing but its special tokens, or more tokens than the model.

    Args:
        tokenizer: As it was loaded.
        source: Where from, for the message.
        advice: What to do instead, for the message.
        vocab_size: Tokens that the model knows; None if that is not to be checked.

    Raises:
        NoWordsError: If it is such a tokenizer.
    """
    words = {*tokenizer.get_vocab().values()} - {*tokenizer.all_special_ids}
    if not words:
        raise NoWordsError(missing_tokenizer(source, advice))
    if vocab_size is not None and max(words) >= vocab_size:
        raise NoWordsError(
            f"The tokenizer of {source} has ids up to {max(words)}, and the model knows {vocab_size} tokens: they do "
            f"not belong together; {advice}."
        )


def missing_tokenizer(source: object, advice: str) -> str:
    """Say that there is no tokenizer, and what to do.

    Args:
        source: Where it should be.
        advice: What to do.
    """
    return (
        f"{source} has no tokenizer files (vocab.json and merges.txt, vocab.txt, or tokenizer.json), so that all "
        f"prompts would be the same to the model; {advice}."
    )
