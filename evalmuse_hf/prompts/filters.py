"""Filters of raw prompts. Each returns what it kept and what it dropped, so that nothing vanishes uncounted."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from evalmuse_hf.prompts.near_duplicates import find_near_duplicates
from evalmuse_hf.prompts.prompt_sources import SourcePrompt

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffd\ud800-\udfff]")
_OPTIONS = re.compile(r"(?:\s+--?[a-z]\w*(?:[ =][\w.:]+)?)+\s*$", re.IGNORECASE)
_QUOTES = "\"'\u201c\u201d"
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")

_LATIN_SHARE = 0.9
_FEWEST_FOREIGN = 2
_WORDS_TO_JUDGE = 4  # fewer say too little about a language
_ENGLISH = frozenset({
    *("a", "an", "the", "of", "and", "in", "on", "with", "by", "at", "to", "from", "is", "are", "for", "his", "her"),
    *("their", "as", "that", "this", "style", "painting", "photo", "portrait", "art", "detailed", "very", "it", "its"),
})  # fmt: skip
_FOREIGN = frozenset({
    *("der", "die", "das", "und", "eine", "einer", "einem", "mit", "auf", "im", "le", "la", "les", "un"),
    *("une", "des", "du", "et", "dans", "avec", "el", "los", "las", "una", "con", "en", "y", "por", "para"),
    *("il", "di", "della", "nel", "che", "um", "uma", "com", "na", "em", "het", "een", "van", "met", "op", "de", "og"),
    *("och",),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dropped:
    """A prompt that a filter left out.

    Attributes:
        prompt: The prompt.
        reason: Why, in a few words; the same words for the same reason.
        instead_of: Identifier of the prompt that it repeats; empty if it repeats none.
    """

    prompt: SourcePrompt
    reason: str
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Filtered:
    """What one filter did.

    Attributes:
        name: Of the filter.
        kept: In the order in which they came.
        dropped: The others.
    """

    name: str
    kept: tuple[SourcePrompt, ...]
    dropped: tuple[Dropped, ...]

    def counts(self) -> dict[str, int]:
        """How many were dropped, by reason."""
        numbers: dict[str, int] = {}
        for dropped in self.dropped:
            numbers[dropped.reason] = numbers.get(dropped.reason, 0) + 1
        return numbers


def filter_prompts(
    prompts: Iterable[SourcePrompt],
    *,
    min_words: int = 2,
    max_words: int = 50,
    english_only: bool = True,
    similarity: float = 0.8,
) -> list[Filtered]:
    """Clean prompts and drop those that no benchmark needs, in five steps.

    Args:
        prompts: As they were found.
        min_words: Fewest words.
        max_words: Most words; FGA-BLIP2 reads no more than 50.
        english_only: Whether other languages are dropped, see `drop_other_languages`.
        similarity: See `drop_similar`; above 1 for never.

    Returns:
        What each step did; the prompts kept by the last are the result.

    Raises:
        ValueError: If two prompts have one identifier.
    """
    steps = [clean_prompts(list(prompts))]
    if english_only:
        steps.append(drop_other_languages(steps[-1].kept))
    steps.append(drop_by_length(steps[-1].kept, min_words=min_words, max_words=max_words))
    steps.append(drop_repeated(steps[-1].kept))
    if similarity <= 1:
        steps.append(drop_similar(steps[-1].kept, similarity=similarity))
    return steps


def clean_prompts(prompts: Sequence[SourcePrompt]) -> Filtered:
    """Clean every text with `clean_text` and drop what is empty then.

    Args:
        prompts: The prompts.

    Raises:
        ValueError: If two have one identifier.
    """
    seen: set[str] = set()
    for prompt in prompts:
        if prompt.prompt_id in seen:
            raise ValueError(f"Two prompts have the id {prompt.prompt_id!r}; rename one of their files.")
        seen.add(prompt.prompt_id)
    cleaned = [replace(prompt, text=clean_text(prompt.text)) for prompt in prompts]
    return _split("clean", cleaned, lambda prompt: "" if _WORD.search(prompt.text) else "no words")


def clean_text(text: str) -> str:
    r"""Bring a prompt into one spelling.

    Characters are composed, invisible and control characters go, white space becomes one space, and options of a
    picture generator at the end (``--ar 16:9``) and quotation marks around the whole go.

    Args:
        text: The prompt as it was written.

    >>> clean_text('  "A  cat\tin a hat" --ar 16:9 --v 4')
    'A cat in a hat'
    """
    composed = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    spaced = "".join(" " if unicodedata.category(letter) in ("Cc", "Zs") else letter for letter in composed)
    bare = _OPTIONS.sub("", " ".join(spaced.split()))
    if len(bare) > 1 and bare[0] in _QUOTES and bare[-1] in _QUOTES and not any(q in bare[1:-1] for q in _QUOTES):
        bare = bare[1:-1].strip()
    return bare


def drop_other_languages(prompts: Sequence[SourcePrompt]) -> Filtered:
    """Drop what does not look like English, by script and by small words.

    A simple rule with limits: a text in which a tenth of the letters are not Latin is dropped; of a longer Latin one,
    that has more small words of German, French, Spanish, Italian, Portuguese, Dutch or a Scandinavian language than of
    English. Short prompts in these languages, and languages that are not named, pass.

    Args:
        prompts: The prompts.
    """
    return _split("language", prompts, lambda prompt: foreign_reason(prompt.text))


def foreign_reason(text: str) -> str:
    """Say why a text does not look like English; empty if it does.

    Args:
        text: The text.

    >>> foreign_reason("eine Katze mit einem Ball auf der Wiese"), foreign_reason("a dog with a ball")
    ('another language', '')
    """
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters if not letter.isascii())
    latin += sum(letter.isascii() for letter in letters)
    if letters and latin < _LATIN_SHARE * len(letters):
        return "another script"
    found = [word.lower() for word in _WORD.findall(text)]
    if len(found) < _WORDS_TO_JUDGE:
        return ""
    foreign, english = (sum(word in known for word in found) for known in (_FOREIGN, _ENGLISH))
    return "another language" if foreign >= _FEWEST_FOREIGN and foreign > english else ""


def drop_by_length(prompts: Sequence[SourcePrompt], *, min_words: int, max_words: int) -> Filtered:
    """Drop what has too few or too many words.

    Args:
        prompts: The prompts.
        min_words: Fewest words.
        max_words: Most words.
    """

    def reason(prompt: SourcePrompt) -> str:
        number = len(prompt.text.split())
        return "too short" if number < min_words else "too long" if number > max_words else ""

    return _split("length", prompts, reason)


def drop_repeated(prompts: Sequence[SourcePrompt]) -> Filtered:
    """Drop what was there before, but for case, punctuation and spaces.

    Args:
        prompts: The prompts; the first of equals is kept.
    """
    first: dict[str, str] = {}
    originals = [
        first.setdefault(" ".join(_WORD.findall(prompt.text.casefold())), prompt.prompt_id) for prompt in prompts
    ]
    return _without_copies("repeated", prompts, originals)


def drop_similar(prompts: Sequence[SourcePrompt], *, similarity: float) -> Filtered:
    """Drop what shares most of its words, and of their pairs and triples, with one before.

    Args:
        prompts: The prompts; the first of similar ones is kept.
        similarity: Common words, pairs and triples, as a share of those in either, from which two are one.
    """
    words = [_WORD.findall(prompt.text.casefold()) for prompt in prompts]
    places = find_near_duplicates(words, similarity=similarity)
    return _without_copies("similar", prompts, [prompts[place].prompt_id for place in places])


def _without_copies(name: str, prompts: Sequence[SourcePrompt], originals: Sequence[str]) -> Filtered:
    pairs = list(zip(prompts, originals, strict=True))
    return Filtered(
        name,
        tuple(prompt for prompt, original in pairs if prompt.prompt_id == original),
        tuple(Dropped(prompt, name, original) for prompt, original in pairs if prompt.prompt_id != original),
    )


def _split(name: str, prompts: Sequence[SourcePrompt], reason_of: Callable[[SourcePrompt], str]) -> Filtered:
    reasons = [reason_of(prompt) for prompt in prompts]
    return Filtered(
        name,
        tuple(prompt for prompt, reason in zip(prompts, reasons, strict=True) if not reason),
        tuple(Dropped(prompt, reason) for prompt, reason in zip(prompts, reasons, strict=True) if reason),
    )
