"""A text that a causal model continues token by token, and what the tokens of its vocabulary spell."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_REPLACEMENT = "\ufffd"  # what a token with part of a character decodes to


class TokenStream:
    """A growing list of tokens with the model's cache of keys and values behind it.

    Args:
        model: A causal language model of transformers.
        ids: Tokens that `past` does not have yet, one or more.
        past: Cache of the tokens before; it is the stream's own from now on.
        n_past: How many those are.
    """

    def __init__(self, model: Any, ids: Sequence[int], *, past: Any = None, n_past: int = 0) -> None:
        self._model = model
        self._pending = list(ids)
        self._past = past
        self.n_tokens = n_past + len(ids)
        self._logits: torch.Tensor | None = None

    def feed(self, ids: Sequence[int]) -> None:
        """Append tokens; they are read when `logits` is next asked for.

        Args:
            ids: The tokens.
        """
        self._pending.extend(ids)
        self.n_tokens += len(ids)

    def logits(self) -> "torch.Tensor":
        """Logits of the next token, in float32."""
        import torch

        if self._pending or self._logits is None:
            ids = torch.tensor([self._pending], device=self._model.device)
            with torch.inference_mode():
                output = self._model(input_ids=ids, past_key_values=self._past, use_cache=True, logits_to_keep=1)
            self._past = output.past_key_values
            self._logits = output.logits[0, -1].float()
            self._pending = []
        return self._logits

    def copy_past(self) -> Any:
        """A copy of the cache of all tokens that were read."""
        self.logits()
        return copy.deepcopy(self._past)


class Vocabulary:
    """What tokens spell, so that a text can be written without a character that is not wanted.

    Args:
        tokenizer: A tokenizer of transformers.
    """

    def __init__(self, tokenizer: Any) -> None:
        import torch

        self._tokenizer = tokenizer
        special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
        # Alone or first, a token of SentencePiece loses its space; behind another token it shows it.
        anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1]
        texts = self._decode([[anchor, number] for number in range(len(tokenizer))])
        cut = len(self._decode([[anchor]])[0])
        self._texts = {number: text[cut:] for number, text in enumerate(texts) if number not in special}
        self._anchor = anchor
        self._cut = cut
        self.by_text: dict[str, int] = {}
        for number, text in self._texts.items():
            if text and _REPLACEMENT not in text:
                self.by_text.setdefault(text, number)
        self.longest = max(map(len, self.by_text))
        plain = [number for number, text in self._texts.items() if text and not any(map(_ends_string, text))]
        self.plain_ids = torch.tensor(plain)
        self.quote_ids = torch.tensor([number for text, number in self.by_text.items() if text.startswith('"')])

    def spell(self, ids: Sequence[int]) -> str:
        """The text of some tokens; parts of characters are left out.

        Args:
            ids: The tokens.
        """
        return self._decode([[self._anchor, *ids]])[0][self._cut :].replace(_REPLACEMENT, "")

    def encode(self, text: str) -> list[int]:
        """Tokens that spell a text in the middle of another.

        Args:
            text: The text.
        """
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        if self.spell(ids) == text:
            return ids
        ids = []
        place = 0
        while place < len(text):
            for end in range(min(len(text), place + self.longest), place, -1):
                if (number := self.by_text.get(text[place:end])) is not None:
                    ids.append(number)
                    break
            else:  # a character of several tokens
                end = place + 1
                ids += self._tokenizer(text[place], add_special_tokens=False)["input_ids"]
            place = end
        return ids

    def _decode(self, lists: list[list[int]]) -> list[str]:
        decoded: list[str] = self._tokenizer.batch_decode(lists, clean_up_tokenization_spaces=False)
        return decoded


def _ends_string(character: str) -> bool:
    """Whether a character may not stand as it is in a string of JSON."""
    return character in '"\\' or character < " "
