"""From the logits of a next token to the probability of yes, and from two of those to the score of an element."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from transformers import PreTrainedTokenizerBase

Normalization = Literal["answers", "vocabulary"]

_LEAST_MASS = 0.5
_SPELLINGS = ("{word}", "{Word}", "{WORD}", " {word}", " {Word}", " {WORD}")


@dataclass(frozen=True, slots=True)
class AnswerTokens:
    """Tokens that begin and end an answer at once.

    Attributes:
        yes: Ids of the spellings of yes, at least one.
        no: Ids of the spellings of no, at least one, none of them also in ``yes``.
    """

    yes: tuple[int, ...]
    no: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class YesNo:
    """What a model answers to one question.

    Attributes:
        yes: Probability of all spellings of yes together, among all tokens, in [0, 1].
        no: The same of no.
    """

    yes: float
    no: float

    @property
    def mass(self) -> float:
        """Probability that the answer is yes or no at all, in [0, 1]."""
        return self.yes + self.no

    @property
    def status(self) -> str:
        """``"ok"``; ``"low_mass"`` if another answer than yes or no is likelier than both; ``"undefined"`` if nan."""
        if not self.mass >= 0:  # nan too
            return "undefined"
        return "ok" if self.mass >= _LEAST_MASS else "low_mass"

    def p_yes(self, normalization: Normalization) -> float:
        """Probability of yes.

        Args:
            normalization: ``"answers"`` divides by that of yes and no together, as PN-VQA, VQ2 and DSG do here (the
                paper does not say what it does); ``"vocabulary"`` leaves it as it is, as the authors of VQAScore do.

        Returns:
            In [0, 1]; nan where both probabilities are 0 and should be divided by.
        """
        if normalization == "vocabulary":
            return self.yes
        return self.yes / self.mass if self.mass > 0 else float("nan")


def answer_tokens(tokenizer: PreTrainedTokenizerBase) -> AnswerTokens:
    """Find the tokens of yes and of no: lower case, capitalised, in capitals, each also after a space.

    Args:
        tokenizer: Of the language model.

    Returns:
        Those spellings that are one known token.

    Raises:
        ValueError: If yes or no has no such spelling.
    """
    yes, no = (_single_tokens(tokenizer, word) for word in ("yes", "no"))
    # Some tokenizers give several spellings the same id; an id that stands for both answers tells nothing.
    return AnswerTokens(yes, tuple(token for token in no if token not in yes))


def read_answers(logits: Tensor, tokens: AnswerTokens) -> list[YesNo]:
    """Read what a model answers to questions.

    Args:
        logits: Of the token after each question, shape ``(N, V)``.
        tokens: Spellings of the answers.

    Returns:
        One answer per question; nan where the logits are not all numbers.
    """
    logs = logits.double().log_softmax(dim=-1)
    yes, no = (logs[:, list(ids)].exp().sum(dim=-1).tolist() for ids in (tokens.yes, tokens.no))
    return [YesNo(*answer) for answer in zip(yes, no, strict=True)]


def pn_score(*, p_true: float, p_false: float) -> float:
    """Score of an element from a positive and a negative question, (1 + P_T - P_F) / 2.

    A model that says yes to everything has P_T = P_F = 1 and gets 0.5, where the positive question alone gives 1.

    Args:
        p_true: P(yes) of the question whether the answer is yes, in [0, 1].
        p_false: P(yes) of the question whether the answer is no, in [0, 1].

    Returns:
        In [0, 1]; nan if one of the two is.

    References:
        Han et al., *EvalMuse-40K*, 2024; the formula is the one that fits the example of its figure.

    >>> round(pn_score(p_true=0.65, p_false=0.25), 6)
    0.7
    """
    return (1 + p_true - p_false) / 2


def _single_tokens(tokenizer: PreTrainedTokenizerBase, word: str) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for spelling in _SPELLINGS:
        text = spelling.format(word=word, Word=word.capitalize(), WORD=word.upper())
        ids: Sequence[int] = tokenizer.encode(text, add_special_tokens=False)
        if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
            found[ids[0]] = None
    if not found:
        raise ValueError(
            f"The tokenizer of {tokenizer.name_or_path or 'the model'} has no single token for {word!r} in any "
            "spelling, so that the probability of this answer cannot be read; use a model whose tokenizer has one."
        )
    return tuple(found)
