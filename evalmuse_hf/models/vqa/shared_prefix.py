"""Many questions about one picture, for the price of reading the picture once."""

import copy
import logging
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

logger = logging.getLogger(__name__)

# How far logits that share the prefix may be from those that do not, as a share of their spread: rounding only.
_ROUNDING = 1e-3
_HALF_ROUNDING = 0.05
_CAN_SHARE: weakref.WeakKeyDictionary[PreTrainedModel, bool] = weakref.WeakKeyDictionary()


class SharedPrefix:
    """A picture and the common beginning of a conversation, read once; questions are asked after it.

    The keys and values of the prefix are computed by one forward pass and repeated for a batch of questions, which are
    padded on the right; every question gets the positions that it would have alone. Models with positions in three
    dimensions (M-RoPE, as in Qwen2-VL) know how far those of the text after the picture are from its place; layers
    with a sliding window keep their window. A model whose cache cannot be repeated, for instance one with a recurrent
    state, reads the prefix anew for each question, which a warning says.

    Nor can a model share whose prefix depends on the question, as in PaliGemma, which attends to both in both
    directions. Therefore one question, the first that a model object is asked, is also asked by a plain forward pass
    over everything. If the logits differ by more than rounding, or a model raises at what sharing needs, it reads the
    prefix anew for each question as well. The outcome is kept as long as the model object lives.

    Args:
        model: Any ``AutoModelForImageTextToText``; it is put into evaluation mode.
        prefix: Inputs of the model for one conversation, unpadded: ``input_ids`` of shape ``(1, L)`` with the places
            of the picture, its pixels, and what else the processor gave.

    Raises:
        ValueError: If ``input_ids`` is missing, empty, or of more than one conversation, or padded.
    """

    def __init__(self, model: PreTrainedModel, prefix: Mapping[str, Tensor]) -> None:
        _check(prefix)
        self.model: Any = model.train(False)
        self.prefix = dict(prefix)
        self.length = int(prefix["input_ids"].shape[1])
        self._cache: DynamicCache | None = None
        self._next_position = self.length
        rope = getattr(model.config.get_text_config(), "rope_parameters", None) or {}  # OPT and others have none
        self._has_three_positions = "mrope_section" in rope
        self._prefill()

    @property
    def is_shared(self) -> bool:
        """Whether questions share what was read, as far as is known before the first; else each reads it again."""
        return self._cache is not None

    def ask(self, questions: Sequence[Sequence[int]], *, batch_size: int = 8) -> Tensor:
        """Find what the model would say first after each question.

        Args:
            questions: Token ids after the prefix, up to and with what makes the model answer; none of them empty.
            batch_size: Questions per forward pass; each takes a copy of the keys and values of the prefix.

        Returns:
            Logits of the next token, float32 on the CPU, shape ``(N, V)``. They are those of a forward pass over
            prefix and question, but for rounding.

        Raises:
            ValueError: If there is no question, one is empty, or the batch size is not positive.
        """
        if not questions:
            raise ValueError("There is no question to ask; expected at least one.")
        for number, question in enumerate(questions):
            if not question:
                raise ValueError(f"Question {number} has no tokens; expected at least one after the prefix.")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        if self._cache is not None and self.model not in _CAN_SHARE:
            _CAN_SHARE[self.model] = self._compare(questions[0], self._cache)
        if self._cache is None or not _CAN_SHARE[self.model]:
            self._cache = None
            return torch.cat([self._ask_alone(question) for question in questions])
        batches = (questions[first : first + batch_size] for first in range(0, len(questions), batch_size))
        return torch.cat([self._ask_together(batch, self._cache) for batch in batches])

    @torch.inference_mode()
    def _prefill(self) -> None:
        if not _CAN_SHARE.get(self.model, True):
            return
        outputs = self.model(**self.prefix, use_cache=True, logits_to_keep=1)
        cache = outputs.get("past_key_values")
        if not _can_be_repeated(cache):
            kind = type(cache).__name__
            self._warn("it gives no cache" if cache is None else f"it keeps a state that they cannot share ({kind})")
            _CAN_SHARE[self.model] = False
            return
        self._cache = cache
        if self._has_three_positions:
            # Kept by the model, and overwritten by the next picture: the place of the text after this one, less L.
            self._next_position += int(self.model.base_model.rope_deltas.reshape(-1)[0])

    def _compare(self, question: Sequence[int], shared: DynamicCache) -> bool:
        """Whether a question that shares the prefix is answered as one that has it for itself."""
        alone = self._ask_alone(question)
        try:
            together = self._ask_together([question], shared)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # what an unknown architecture makes of a cache may fail in any way
            self._warn(f"it fails after a shared beginning ({type(error).__name__})")
            return False
        centred = alone - alone.mean()
        apart = float((together - alone).norm() / centred.norm().clamp(min=1e-12))
        limit = _ROUNDING if self.model.dtype in (torch.float32, torch.float64) else _HALF_ROUNDING
        if not apart <= limit and bool(alone.isfinite().all()):
            self._warn(f"answers after a shared beginning differ by {apart:.1%}")
            return False
        return True

    def _warn(self, reason: str) -> None:
        logger.warning(
            "%s cannot share what it reads between questions: %s; the picture is read again for every question.",
            type(self.model).__name__,
            reason,
        )

    @torch.inference_mode()
    def _ask_together(self, questions: Sequence[Sequence[int]], shared: DynamicCache) -> Tensor:
        device = self.prefix["input_ids"].device
        lengths = torch.tensor([len(question) for question in questions], device=device)
        width = int(lengths.max())
        # What stands on the padded places is masked and comes after everything that is read: 0 does as well as any id.
        ids = torch.zeros(len(questions), width, dtype=torch.long, device=device)
        for row, question in enumerate(questions):
            ids[row, : len(question)] = torch.tensor(question, device=device)
        places = torch.arange(width, device=device)
        seen = torch.ones(len(questions), self.length, dtype=torch.long, device=device)
        mask = torch.cat([seen, (places < lengths[:, None]).long()], dim=1)
        positions = (self._next_position + places).expand(len(questions), -1)
        if self._has_three_positions:
            positions = positions.expand(3, -1, -1)
        cache = copy.deepcopy(shared)  # the pass below writes into it
        cache.batch_repeat_interleave(len(questions))
        ends, where = torch.unique(lengths - 1, return_inverse=True)
        outputs = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=ends,
        )
        logits: Tensor = outputs.logits[torch.arange(len(questions), device=device), where]
        return logits.float().cpu()

    @torch.inference_mode()
    def _ask_alone(self, question: Sequence[int]) -> Tensor:
        ids = self.prefix["input_ids"]
        suffix = torch.tensor([list(question)], device=ids.device, dtype=ids.dtype)
        inputs = dict(self.prefix)
        for name, value in self.prefix.items():
            if is_per_token(name, value, ids) and value.ndim > ids.ndim:  # of each picture; text sees what came before
                inputs[name] = torch.cat([value, value[:, -1:].expand(-1, len(question), *value.shape[2:])], dim=1)
            elif value.shape == ids.shape:  # masks and types of the tokens; a question is seen, and is text: type 0
                fill = torch.ones_like if name == "attention_mask" else torch.zeros_like
                inputs[name] = torch.cat([value, fill(suffix).to(value.dtype)], dim=1)
        inputs["input_ids"] = torch.cat([ids, suffix], dim=1)
        logits: Tensor = self.model(**inputs, use_cache=False, logits_to_keep=1).logits[:, -1]
        return logits.float().cpu()


def is_per_token(name: str, value: Tensor, ids: Tensor) -> bool:
    """Whether an input of a model has one entry per token, or one row as masks of pictures have in Mllama.

    Args:
        name: Of the input.
        value: The input.
        ids: ``input_ids``, shape ``(1, L)``.
    """
    return value.shape == ids.shape or (name.endswith("_mask") and value.ndim > 2 and value.shape[:2] == ids.shape)


def _can_be_repeated(cache: Any) -> bool:
    """Whether it holds nothing but keys and values; layers with a window are a kind of `DynamicLayer`."""
    return isinstance(cache, DynamicCache) and all(isinstance(layer, DynamicLayer) for layer in cache.layers)


def _check(prefix: Mapping[str, Tensor]) -> None:
    ids = prefix.get("input_ids")
    if ids is None or ids.ndim != 2 or ids.shape[0] != 1 or ids.shape[1] < 1:
        got = "nothing" if ids is None else str(tuple(ids.shape))
        raise ValueError(f"`prefix` must have `input_ids` of the shape (1, L) with L of at least 1, got {got}.")
    mask = prefix.get("attention_mask")
    if mask is not None and not bool(mask.bool().all()):
        raise ValueError("`prefix` must not be padded: `attention_mask` has a 0; give one conversation at a time.")
