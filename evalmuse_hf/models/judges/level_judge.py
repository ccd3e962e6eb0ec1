"""A grade as the expected value over five words, read from the probabilities of the next token."""

from collections.abc import Sequence
from typing import Any

from evalmuse_hf.models.judges.judging_scorer import Verdict
from evalmuse_hf.models.scorer import Answer
from evalmuse_hf.models.vqa.chat import ChatModel, ReadPicture

LEVELS = ("bad", "poor", "fair", "good", "excellent")
QUESTION = (
    'How well does the picture show "{prompt}"? Answer with one word: bad, poor, fair, good or excellent.'  # ours
)
LOW_MASS = "low_mass"

_LEAST_MASS = 0.5
_SPELLINGS = ("{word}", "{Word}", " {word}", " {Word}")
_NAN = float("nan")


class LevelJudge:
    """Expected level, from 1 for the first word to 5 for the last, by the model's probabilities of the words.

    A grade that is read so has no ties, unlike one that the model says. Winners of the NTIRE 2025 challenge on
    EvalMuse read fine-tuned models in this way; here the model is taken as it is.

    Args:
        levels: Words from the worst to the best, each with a token of its own.
        question: What is asked, with ``{prompt}``.

    Raises:
        ValueError: If there are fewer than two words, two are equal, or the question lacks ``{prompt}``.

    References:
        Wu et al., *Q-Align*, 2023.
    """

    def __init__(self, *, levels: Sequence[str] = LEVELS, question: str = QUESTION) -> None:
        if len(levels) < 2 or len(set(levels)) != len(levels):
            raise ValueError(f"`levels` must be at least two different words, got {list(levels)}.")
        if "{prompt}" not in question:
            raise ValueError("`question` must contain {prompt}, where the prompt goes.")
        self.levels = tuple(levels)
        self.question = question

    def check(self, chat: ChatModel) -> None:
        """Find the words' tokens.

        Args:
            chat: Who will be asked.

        Raises:
            ValueError: If a word has no token of its own.
        """
        _level_tokens(chat.tokenizer, self.levels)

    def grade(self, picture: ReadPicture, prompt: str) -> Verdict:
        """Grade one pair.

        Args:
            picture: What the model read.
            prompt: The prompt.

        Returns:
            From 1 to the number of words. The status is ``"low_mass"`` where the model would rather say something
            else.
        """
        question = self.question.replace("{prompt}", prompt)
        (logits,) = picture.read_logits([question])
        chances = logits.double().softmax(dim=-1)
        tokens = _level_tokens(picture.chat.tokenizer, self.levels)
        masses = [float(chances[list(ids)].sum()) for ids in tokens]
        total = sum(masses)
        said = " ".join(f"{word} {mass:.4f}" for word, mass in zip(self.levels, masses, strict=True))
        answers = (Answer(question, _NAN, _NAN, said),)
        if not total > 0:
            return Verdict(_NAN, "undefined", "The model gives none of the words a probability.", answers)
        grade = sum(level * mass for level, mass in enumerate(masses, start=1)) / total
        if total < _LEAST_MASS:
            message = f"The words together have a probability of {total:.2f} only; the model would say something else."
            return Verdict(grade, LOW_MASS, message, answers)
        return Verdict(grade, answers=answers)


def _level_tokens(tokenizer: Any, levels: Sequence[str]) -> list[tuple[int, ...]]:
    """Spellings of each word that are one known token, of which none stands for two words."""
    found = []
    for word in levels:
        ids = []
        for spelling in _SPELLINGS:
            text = spelling.format(word=word, Word=word.capitalize())
            row = tokenizer(text, add_special_tokens=False)["input_ids"]
            if len(row) == 1 and row[0] != tokenizer.unk_token_id:
                ids.append(row[0])
        found.append(tuple(dict.fromkeys(ids)))
    missing = [word for word, ids in zip(levels, found, strict=True) if not ids]
    if missing or len({token for ids in found for token in ids}) != sum(map(len, found)):
        what = f"no single token for {', '.join(missing)}" if missing else "one token for two of the words"
        raise ValueError(f"The tokenizer has {what}; choose other `levels`, such as digits.")
    return found
