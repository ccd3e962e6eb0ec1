"""The word list of the drawn world as a BERT tokenizer: every word one token, anything else spelled in letters."""

import string

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertTokenizer

from evalmuse_hf.mini.vocabulary import (
    ACTIVITIES,
    ATTRIBUTES,
    COLORS,
    MATERIALS,
    NOUNS,
    NUMBER_WORDS,
    PLACES,
    RELATIONS,
    SHAPES,
    WEATHER,
    WORDS,
    plural,
)

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_FUNCTION_WORDS = ("a", "an", "and", "the", "at", "in", "on", "it", "with", "text", "of", "is")


def vocabulary_words() -> tuple[str, ...]:
    """List the tokens in the order of their ids: special, letters, word endings, words."""
    letters = string.ascii_lowercase + string.digits + string.punctuation
    phrases = (*NOUNS, *map(plural, NOUNS), *COLORS, *MATERIALS, *SHAPES, *ATTRIBUTES, *ACTIVITIES, *WEATHER, *WORDS)
    phrases = (*phrases, *PLACES.values(), *RELATIONS, *NUMBER_WORDS, *_FUNCTION_WORDS)
    words = {word for phrase in phrases for word in phrase.lower().replace("-", " ").split()}
    endings = tuple(f"##{letter}" for letter in string.ascii_lowercase + string.digits)
    return (*_SPECIAL, *letters, *endings, *sorted(words - set(letters)))


def build_tokenizer(max_length: int = 512) -> BertTokenizer:
    """Build the tokenizer of `fga-blip2-mini`.

    Args:
        max_length: Positions that the model can read, `[CLS]` and `[SEP]` included.
    """
    ids = {word: index for index, word in enumerate(vocabulary_words())}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    return BertTokenizer(tokenizer_object=tokenizer, model_max_length=max_length)
