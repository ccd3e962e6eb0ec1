"""Conversations with a multimodal chat model: a picture is read once, then asked about as often as one likes."""

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from transformers import PreTrainedModel

from evalmuse_hf.models.vqa.shared_prefix import SharedPrefix, is_per_token
from evalmuse_hf.models.vqa.yes_no import YesNo, answer_tokens, read_answers

logger = logging.getLogger(__name__)

MAX_IMAGE_TOKENS = 3072
"""Tokens that a picture may take, by default: those of LLaVA-1.6 (at most 2,880) and of a Qwen2-VL at 1500 x 1500."""

_LEAST_SIDE = 28  # pixels; what the processors of the Qwen-VL family refuse to go below
_SHRINKS = 4  # times that a picture is made smaller before giving up
_PROBE = "Is it?"


class QuestionError(ValueError):
    """A question that cannot be put to the model; the message says why."""


class ChatModel:
    """A multimodal chat model that answers questions about pictures.

    Every question is put as the only text of a user's turn, after the picture, in the model's own chat template; what
    the model would say first is its answer. Special tokens that a question spells, such as ``<image>`` or
    ``<|im_end|>``, are broken by a space after their first letter, so that the model reads them as words.

    Attributes:
        window: Tokens that the model reads, picture, question and answer together: ``max_position_embeddings`` of its
            language model; None if its configuration does not say.

    Args:
        model: Any ``AutoModelForImageTextToText``; it is moved to ``device`` and put into evaluation mode.
        processor: Its processor, with a chat template.
        batch_size: Questions per forward pass.
        max_image_tokens: Pictures that take more tokens are made smaller until they take no more.
        device: Where to run; None leaves the model where it is.

    Raises:
        ValueError: If the processor is a tokenizer alone, or has no chat template or no token that stands for a
            picture, if the tokenizer has no single token for yes and for no, or if a number is not positive.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        processor: Any,
        *,
        batch_size: int = 8,
        max_image_tokens: int = MAX_IMAGE_TOKENS,
        device: str | torch.device | None = None,
    ) -> None:
        for name, value in (("batch_size", batch_size), ("max_image_tokens", max_image_tokens)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1, got {value}.")
        self.model: Any = (model if device is None else model.to(device)).train(False)  # type: ignore[arg-type]
        self.processor = processor
        self.tokenizer = _find_tokenizer(processor)
        self.batch_size = batch_size
        self.max_image_tokens = max_image_tokens
        self.chat_template: Any = self.processor.chat_template or self.tokenizer.chat_template
        if self.chat_template is None:
            raise ValueError(
                f"The processor of {type(model).__name__} has no chat template, so that no question can be put to it; "
                "save one beside the model (chat_template.jinja), or take an instruction-tuned model."
            )
        self.answers = answer_tokens(self.tokenizer)
        self.image_token = _find_image_token(processor, self.tokenizer, model.config)
        window = getattr(model.config.get_text_config(), "max_position_embeddings", None)  # BLOOM and others have none
        self.window: int | None = None if window is None else int(window)
        special = {token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special}
        special |= {*self.tokenizer.all_special_tokens, self.tokenizer.convert_ids_to_tokens(self.image_token)}
        longest_first = sorted(filter(None, special), key=len, reverse=True)
        self._special_words = re.compile("|".join(map(re.escape, longest_first)))
        ids = self.tokenizer.convert_tokens_to_ids(longest_first)
        self._special_ids = {*ids} - {self.tokenizer.unk_token_id}  # an unknown word is nobody's special token
        self._marks = self._special_of(self.tails([_PROBE])[0])

    def read(self, image: Image.Image) -> "ReadPicture":
        """Read a picture and what stands before and around it in a conversation.

        Args:
            image: An RGB picture.

        Returns:
            What questions are asked of.

        Raises:
            ValueError: If the picture takes more than ``max_image_tokens`` tokens whatever its size, or as many as the
                model reads.
        """
        fitting = image
        for _ in range(_SHRINKS):
            inputs = self._encode(fitting)
            n_tokens = int((inputs["input_ids"] == self.image_token).sum())
            if n_tokens <= self.max_image_tokens:
                if self.window is not None and inputs["input_ids"].shape[1] >= self.window:
                    raise ValueError(
                        f"The picture takes {n_tokens} tokens, and the model reads {self.window} together with the "
                        "question; give a smaller `max_image_tokens`."
                    )
                return ReadPicture(self, inputs)
            scale = 0.95 * (self.max_image_tokens / n_tokens) ** 0.5
            size = [max(_LEAST_SIDE, int(side * scale)) for side in fitting.size]
            logger.debug("A picture of %s takes %d tokens and is made smaller, to %s.", fitting.size, n_tokens, size)
            fitting = fitting.resize((size[0], size[1]), Image.Resampling.BICUBIC)
        raise ValueError(
            f"The processor turns a picture of {image.size[0]} x {image.size[1]} into {n_tokens} tokens, more than "
            f"`max_image_tokens` {self.max_image_tokens}, also when it is made smaller; raise the limit, or set a "
            "smaller size in the processor."
        )

    def tails(self, questions: Sequence[str]) -> list[list[int]]:
        """Tokenise questions.

        Args:
            questions: Texts.

        Returns:
            For each the ids after the picture's last token, up to where the answer begins.
        """
        texts = [self._render(self._special_words.sub(_break, question)) for question in questions]
        ids: list[list[int]] = self.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        return [row[_last(row, self.image_token) + 1 :] for row in ids]

    def find_problem(self, tail: Sequence[int], *, n_before: int) -> str | None:
        """Say why a question cannot be put.

        Args:
            tail: Of `tails`.
            n_before: Tokens before it.

        Returns:
            One sentence; None if it can.
        """
        if self.window is not None and n_before + len(tail) > self.window:
            return (
                f"The question takes {len(tail)} tokens after {n_before} with the picture, and the model reads "
                f"{self.window}; shorten the prompt, or give a smaller `max_image_tokens`."
            )
        if self._special_of(tail) != self._marks:
            return (
                "The question holds special tokens of the model, which cannot be told from its own; reword the prompt."
            )
        return None

    def _special_of(self, ids: Sequence[int]) -> list[int]:
        return [token for token in ids if token in self._special_ids]

    def _render(self, question: str) -> str:
        content = [{"type": "image"}, {"type": "text", "text": question}]
        messages = [{"role": "user", "content": content}]
        text: str = self.processor.apply_chat_template(
            messages, chat_template=self.chat_template, add_generation_prompt=True, tokenize=False
        )
        return text

    def _encode(self, image: Image.Image) -> dict[str, Tensor]:
        """Inputs of the model up to the end of the picture."""
        text = self._render(_PROBE)
        encoded = self.processor(images=[image], text=[text], add_special_tokens=False, return_tensors="pt")
        inputs = {name: value.to(self.model.device) for name, value in encoded.items() if isinstance(value, Tensor)}
        ids = inputs["input_ids"]
        (tail,) = self.tails([_PROBE])
        length = ids.shape[1] - len(tail)
        if not tail or ids[0, length:].tolist() != tail:
            raise ValueError(
                f"The chat template of {type(self.model).__name__} puts something else than the question after the "
                "picture, or the picture last; use a template with the picture first."
            )
        cut = {name: value[:, :length] if is_per_token(name, value, ids) else value for name, value in inputs.items()}
        dtype = self.model.dtype
        return {name: value.to(dtype) if value.is_floating_point() else value for name, value in cut.items()}


class ReadPicture:
    """A picture that was read; questions about it cost no more than their own tokens.

    Args:
        chat: Who read it.
        inputs: Inputs of the model up to the end of the picture, of one conversation.
    """

    def __init__(self, chat: ChatModel, inputs: Mapping[str, Tensor]) -> None:
        self.chat = chat
        self.n_image_tokens = int((inputs["input_ids"] == chat.image_token).sum())
        self.prefix = SharedPrefix(chat.model, inputs)

    def find_problems(self, questions: Sequence[str]) -> list[str | None]:
        """Say why questions cannot be put.

        Args:
            questions: Texts; none of them empty.

        Returns:
            For each one sentence, if it is longer than what the model reads, or spells special tokens in a way that
            cannot be mended; None if it can be put.
        """
        return [self._find_problem(tail) for tail in self.chat.tails(questions)]

    def ask(self, questions: Sequence[str]) -> list[YesNo]:
        """Ask questions for yes or no.

        Args:
            questions: Texts; none of them empty. Questions that are equal are asked once.

        Returns:
            One answer per question, in order.

        Raises:
            QuestionError: If one of them cannot be put; see `find_problems`.
        """
        unique = list(dict.fromkeys(questions))
        found = dict(zip(unique, read_answers(self.read_logits(unique), self.chat.answers), strict=True))
        return [found[question] for question in questions]

    def read_logits(self, questions: Sequence[str]) -> Tensor:
        """Find what the model would say first.

        Args:
            questions: Texts; none of them empty.

        Returns:
            Logits of the next token, float32 on the CPU, shape ``(N, V)``.

        Raises:
            QuestionError: If one of them cannot be put; see `find_problems`.
        """
        return self.prefix.ask(self._tails(questions), batch_size=self.chat.batch_size)

    def answer(self, questions: Sequence[str], *, max_new_tokens: int = 8) -> list[str]:
        """Let the model answer in its own words, always taking the likeliest token.

        Args:
            questions: Texts; none of them empty.
            max_new_tokens: Tokens after which an answer is cut; it is cut at the model's window too.

        Returns:
            One text per question, without special tokens.

        Raises:
            QuestionError: If one of them cannot be put; see `find_problems`.
        """
        tails = self._tails(questions)
        said: list[list[int]] = [[] for _ in tails]
        stops = _stop_tokens(self.chat)
        open_rows = list(range(len(tails)))
        for _ in range(max_new_tokens):
            if not open_rows:
                break
            rows = [[*tails[row], *said[row]] for row in open_rows]
            following = self.prefix.ask(rows, batch_size=self.chat.batch_size).argmax(dim=-1).tolist()
            for row, token in zip(open_rows, following, strict=True):
                said[row].append(token)
            both = zip(open_rows, following, strict=True)
            open_rows = [row for row, token in both if token not in stops and self._has_room(tails[row], said[row])]
        return [self.chat.tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in said]

    def _has_room(self, tail: Sequence[int], said: Sequence[int]) -> bool:
        window = self.chat.window
        return window is None or self.prefix.length + len(tail) + len(said) <= window

    def _find_problem(self, tail: Sequence[int]) -> str | None:
        return self.chat.find_problem(tail, n_before=self.prefix.length)

    def _tails(self, questions: Sequence[str]) -> list[list[int]]:
        tails = self.chat.tails(questions)
        problem = next(filter(None, map(self._find_problem, tails)), None)
        if problem is not None:
            raise QuestionError(problem)
        return tails


def _stop_tokens(chat: ChatModel) -> set[int]:
    """Tokens that end an answer, by the tokenizer and by the model's settings for generation."""
    settings = chat.model.generation_config.eos_token_id
    ends = settings if isinstance(settings, list) else [settings]
    return {token for token in (chat.tokenizer.eos_token_id, *ends) if token is not None}


def _last(ids: Sequence[int], token: int) -> int:
    """Place of the last occurrence of a token; -1 without any."""
    return max((place for place, value in enumerate(ids) if value == token), default=-1)


def _break(match: re.Match[str]) -> str:
    """A special token as words: a space after its first letter."""
    return f"{match[0][0]} {match[0][1:]}"


def _find_tokenizer(processor: Any) -> Any:
    """The tokenizer of a processor; folders without a processor give a tokenizer in its place."""
    tokenizer = getattr(processor, "tokenizer", None)
    if tokenizer is None:
        raise ValueError(
            f"{type(processor).__name__} reads no pictures; save the model's whole processor beside it "
            "(processor_config.json or preprocessor_config.json), or take another model."
        )
    return tokenizer


def _find_image_token(processor: Any, tokenizer: Any, config: Any) -> int:
    """Id of the token that stands for a picture, which each family of models keeps in another place."""
    word = getattr(processor, "image_token", None)
    spelled = tokenizer.convert_tokens_to_ids(word) if isinstance(word, str) else None
    kept = (getattr(owner, name, None) for owner, name in ((processor, "image_token_id"), (config, "image_token_id")))
    found = next((token for token in (*kept, spelled) if token is not None), None)
    if found is None:
        raise ValueError(
            f"Neither {type(processor).__name__} nor the model's configuration has an `image_token_id`, so that there "
            "is no telling where the picture ends; take another model."
        )
    return int(found)
