"""Tokenizer of the small multimodal model: every word of the drawn world and of questions about it is one token."""

import re
import string

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import TokenizersBackend

from evalmuse_hf.elements.templates import QuestionTemplates
from evalmuse_hf.mini.questions import PARAPHRASES
from evalmuse_hf.mini.tokenizer import vocabulary_words

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>", "<user>", "<assistant>", "<image>")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<user>' if message['role'] == 'user' else '<assistant>' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}"
    "{% endfor %}{% endif %}{% if message['role'] != 'user' %}{{ eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
_QUESTION_WORDS = "is are there this these does do what color material shape how many picture show something the in"


def build_question_tokenizer(max_length: int = 512) -> TokenizersBackend:
    """Build the tokenizer; upper case is lowered, and a word that it does not know is spelled in letters.

    Args:
        max_length: Positions that the model can read.
    """
    known = [word for word in vocabulary_words() if not word.startswith("[")]
    texts = [_QUESTION_WORDS, *(text for texts in PARAPHRASES.values() for text in texts)]
    texts += [getattr(QuestionTemplates(), name) for name in QuestionTemplates.__slots__]
    asked = {word for text in texts for word in re.findall(r"[a-z]+", re.sub(r"{\w+}", "", text.lower()))}
    words = [*SPECIAL, *known, *sorted(asked - set(known) - set(string.ascii_lowercase))]
    ids = {word: index for index, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="<unk>", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return TokenizersBackend(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        **{"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"},
        extra_special_tokens={"image_token": "<image>", "user_token": "<user>", "assistant_token": "<assistant>"},
    )
