"""JSON that fits its schema by construction, from any causal model, however small.

Braces, names and commas are written by us. The model decides what is left: which of the allowed values, whether a list
goes on, and the characters of strings until it closes them. It decides token by token among the tokens that lead to
something allowed. A string that must stand in a given text (`SOURCE_KEYWORD`) is written along that text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalmuse_hf.llm.chat import SOURCE_KEYWORD, encodable
from evalmuse_hf.llm.token_stream import TokenStream, Vocabulary

if TYPE_CHECKING:
    import torch

_MOST_ITEMS = 32
_MOST_CHARACTERS = 400
_MOST_OF_SOURCE = 80
_MOST_DIGITS = 6
_OPENINGS = {"object": "{", "array": "[", "string": '"'}
_FIRST_UNSPACED = "\u2e80"  # from here on are the scripts whose words touch


class SchemaDecoder:
    """Writes one JSON value.

    Args:
        stream: The conversation so far.
        vocabulary: Of the stream's tokens.
        pick: Chooses a place from a row of logits.
        max_tokens: From here on everything is closed as soon as the schema allows; the value may end a little later.
    """

    def __init__(
        self, stream: TokenStream, vocabulary: Vocabulary, pick: Callable[["torch.Tensor"], int], max_tokens: int
    ) -> None:
        self._stream = stream
        self._vocabulary = vocabulary
        self._pick = pick
        self._last = stream.n_tokens + max_tokens
        self._written: list[str] = []
        self._pending = ""  # syntax that the model has not read yet, so that it becomes tokens in one piece
        self._begun_at = -1  # where in its source the last excerpt of the present list begins
        self.was_cut = False

    def write(self, schema: Mapping[str, Any]) -> str:
        """Write the value.

        Args:
            schema: A schema with ``type`` or ``enum`` at each place.

        Returns:
            Its JSON.

        Raises:
            ValueError: If the schema says too little to write a value.
        """
        self._write(schema)
        return "".join([*self._written, self._pending])

    def _write(self, schema: Mapping[str, Any], *, opened: bool = False) -> None:
        """Write a value; ``opened`` says that its first character stands already."""
        if "enum" in schema:
            self._write_choice(schema["enum"], opened=opened)
            return
        kind = schema.get("type")
        if not opened:
            self._pending += _OPENINGS.get(kind or "", "")
        if kind == "object":
            self._write_object(schema)
        elif kind == "array":
            self._write_array(schema)
            self._begun_at = -1
        elif kind == "string" and SOURCE_KEYWORD in schema:
            self._write_excerpt(schema)
        elif kind == "string":
            self._write_free(schema)
        elif kind == "boolean":
            self._choose(["true", "false"])
        elif kind in ("integer", "number"):
            self._write_integer()
        elif kind == "null":
            self._pending += "null"
        else:
            raise ValueError(f"A local model cannot write a value of the schema {dict(schema)!r}; give it a type.")

    def _write_choice(self, values: Sequence[Any], *, opened: bool) -> str:
        """Write one of several texts, and return it."""
        if not all(isinstance(value, str) for value in values):
            raise ValueError(f"A local model chooses among texts only, got the values {values!r}.")
        spelled = [json.dumps(value, ensure_ascii=False) for value in values]
        chosen: str = values[self._choose([text[opened:] for text in spelled])]
        return chosen

    def _write_object(self, schema: Mapping[str, Any]) -> None:
        for number, (name, part) in enumerate(schema.get("properties", {}).items()):
            self._pending += f"{', ' if number else ''}{json.dumps(name)}: "
            self._write(part)
        self._pending += "}"

    def _write_array(self, schema: Mapping[str, Any]) -> None:
        """Items until the model closes the list; a choice comes once, and excerpts follow each other in the source."""
        items = dict(schema["items"])
        opening = '"' if "enum" in items else _OPENINGS.get(items.get("type", ""))
        if opening is None:
            raise ValueError(f"A local model writes lists of texts, objects and lists, not of the schema {items!r}.")
        least = schema.get("minItems", 0)
        for number in range(schema.get("maxItems", max(least, _MOST_ITEMS))):
            before = ", " if number else ""
            if self._is_used_up(items) or (number >= least and self._must_close()):
                break
            if number < least:
                self._pending += before + opening
            elif self._choose(["]", before + opening]) == 0:
                return
            if "enum" in items:
                chosen = self._write_choice(items["enum"], opened=True)
                items["enum"] = [value for value in items["enum"] if value != chosen]
            else:
                self._write(items, opened=True)
        self._pending += "]"

    def _is_used_up(self, items: Mapping[str, Any]) -> bool:
        """Whether there is no further choice, or no word of the source behind the last excerpt."""
        if "enum" in items:
            return not items["enum"]
        parts = [items, *items.get("properties", {}).values()]
        sources = [_Source(part[SOURCE_KEYWORD]) for part in parts if SOURCE_KEYWORD in part]
        return any(self._begun_at >= max(source.starts, default=-1) for source in sources)

    def _write_integer(self) -> None:
        """Digits until the model goes on with something else."""
        known = self._vocabulary.by_text
        digits = [known[str(digit)] for digit in range(10)]
        others = [known[text] for text in (",", "}", "]", " ", "\n") if text in known]
        self._flush()
        for number in range(_MOST_DIGITS):
            logits = self._stream.logits().cpu()
            ending = [logits[others].max()[None]] if number and others else []
            place = self._pick(_join([logits[digits], *ending]))
            if place == len(digits):
                return
            self._written.append(str(place))
            self._stream.feed([digits[place]])
            if place == 0 and number == 0:
                return

    def _write_free(self, schema: Mapping[str, Any]) -> None:
        """Characters until the model closes the string; quotes and backslashes are left out."""
        least, most = schema.get("minLength", 0), schema.get("maxLength", _MOST_CHARACTERS)
        self._flush()
        plain, quotes = self._vocabulary.plain_ids, self._vocabulary.quote_ids
        ids: list[int] = []
        text = ""
        while len(text) < most and not (len(text) >= least and self._must_close()):
            logits = self._stream.logits().cpu()
            closing = [logits[quotes].max()[None]] if len(text) >= least else []
            place = self._pick(_join([logits[plain], *closing]))
            if place == len(plain):
                break
            ids.append(int(plain[place]))
            self._stream.feed(ids[-1:])
            text = self._vocabulary.spell(ids)
        self._written.append(text[:most])
        self._pending = '"'

    def _write_excerpt(self, schema: Mapping[str, Any]) -> None:
        """Characters along the source, from the beginning of a word to the end of one."""
        source = _Source(schema[SOURCE_KEYWORD])
        starts = frozenset(place for place in source.starts if place > self._begun_at) or source.starts
        if not starts:  # a text without letters and digits has no words
            self._pending += '"'
            return
        self._flush()
        places, text = starts, ""
        while True:
            steps = self._steps(source.text, places)
            may_end = bool(text) and not source.ends.isdisjoint(places)
            if may_end and (not steps or len(text) >= _MOST_OF_SOURCE or self._must_close()):
                break
            chosen = self._pick_step([*steps], may_end=may_end)
            if chosen is None:
                break
            places = steps[chosen]
            text += chosen
        self._begun_at = min(place for place in starts if source.holds(text, place))
        self._written.append(text)
        self._pending = '"'

    def _steps(self, source: str, places: frozenset[int]) -> dict[str, frozenset[int]]:
        """Texts of tokens that go on along the source from some of its places, and where each of them leads."""
        steps: dict[str, set[int]] = {}
        for place in places:
            for end in range(place + 1, min(len(source), place + self._vocabulary.longest) + 1):
                text = source[place:end]
                if text in self._vocabulary.by_text or end == place + 1:
                    steps.setdefault(text, set()).add(end)
        return {text: frozenset(ends) for text, ends in steps.items()}

    def _pick_step(self, texts: list[str], *, may_end: bool) -> str | None:
        """One of the texts, which is fed to the model; None to close the string."""
        known = self._vocabulary.by_text
        ids = [[known[text]] if text in known else self._vocabulary.encode(text) for text in texts]
        logits = self._stream.logits().cpu()
        closing = [logits[self._vocabulary.quote_ids].max()[None]] if may_end else []
        place = self._pick(_join([logits[[tokens[0] for tokens in ids]], *closing]))
        if place == len(texts):
            return None
        self._stream.feed(ids[place])
        return texts[place]

    def _choose(self, options: Sequence[str]) -> int:
        """Let the model choose one of several texts, none of which begins with another; write it, and say which."""
        left = {number: self._vocabulary.encode(self._pending + option) for number, option in enumerate(options)}
        depth = fed = 0
        while len(left) > 1:
            tokens = sorted({ids[depth] for ids in left.values()})
            if len(tokens) > 1:
                self._stream.feed(next(iter(left.values()))[fed:depth])
                fed = depth
                chosen = tokens[self._pick(self._stream.logits().cpu()[tokens])]
                left = {number: ids for number, ids in left.items() if ids[depth] == chosen}
            depth += 1
        ((number, ids),) = left.items()
        self._stream.feed(ids[fed:])
        self._written.append(self._pending + options[number])
        self._pending = ""
        return number

    def _flush(self) -> None:
        """Let the model read the syntax that waits."""
        self._stream.feed(self._vocabulary.encode(self._pending))
        self._written.append(self._pending)
        self._pending = ""

    def _must_close(self) -> bool:
        must = self._stream.n_tokens >= self._last
        self.was_cut |= must
        return must


class _Source:
    """A text as it stands in a string of JSON, with the places where words begin and end.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        text = encodable(text)
        pieces = [json.dumps(character, ensure_ascii=False)[1:-1] for character in text]
        starts, ends, place = set(), set(), 0
        for number, piece in enumerate(pieces):
            if text[number].isalnum():
                if _parts(text[number - 1 : number], text[number]):
                    starts.add(place)
                if _parts(text[number], text[number + 1 : number + 2]):
                    ends.add(place + len(piece))
            place += len(piece)
        self.starts, self.ends = frozenset(starts), frozenset(ends)
        # What stands behind the last word leads nowhere.
        self.text = "".join(pieces)[: max(ends, default=0)]

    def holds(self, words: str, start: int) -> bool:
        """Whether words begin at a place and end where a word ends."""
        return self.text.startswith(words, start) and start + len(words) in self.ends


def _parts(left: str, right: str) -> bool:
    """Whether a word may end or begin between two characters, one of which is a letter or digit."""
    return not (left + right).isalnum() or len(left + right) == 1 or min(left, right) >= _FIRST_UNSPACED


def _join(parts: "list[torch.Tensor]") -> "torch.Tensor":
    import torch

    return torch.cat(parts)
