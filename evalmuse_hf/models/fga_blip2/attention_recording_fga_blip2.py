"""Records what the Q-Former's queries attend to in a picture, in a form that can be differentiated."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from evalmuse_hf.models.fga_blip2.attention_fga_blip2 import FGABlip2CrossAttention
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment


@dataclass(slots=True)
class AttentionRecord:
    """What one pass of the Q-Former left.

    Attributes:
        attention: Of each layer with cross-attention, in order, shape ``(B, H, Q, P)``; the P shares of a query sum
            to 1.
        shifts: Of each such layer, zeros that were added to its attention: the derivative with respect to them is
            that with respect to the attention, whether or not the weights have gradients.
        logits: Of the matching head at queries and tokens, shape ``(B, Q + T, 2)``.
    """

    attention: list[Tensor] = field(default_factory=list)
    shifts: list[Tensor] = field(default_factory=list)
    logits: list[Tensor] = field(default_factory=list)


class _RecordingCrossAttention(FGABlip2CrossAttention):
    """The same cross-attention with its softmax written out, which a fused kernel does not show."""

    record: AttentionRecord

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        encoder_hidden_states: Tensor | None = None,
        encoder_attention_mask: Tensor | None = None,
        image_index: Tensor | None = None,
        **options: Any,
    ) -> Any:
        """Attend to pictures as the parent does, in evaluation mode, and record it.

        Args:
            hidden_states: See the parent.
            attention_mask: See the parent.
            encoder_hidden_states: See the parent.
            encoder_attention_mask: See the parent.
            image_index: See the parent.
            **options: See the parent.
        """
        query = self._split(self.query(hidden_states))
        key = self._split(self.key(encoder_hidden_states))
        value = self._split(self.value(encoder_hidden_states))
        if image_index is not None:
            key, value = key[image_index], value[image_index]
        attention = (query @ key.transpose(-1, -2) * self.scaling).softmax(dim=-1)
        shift = torch.zeros_like(attention, requires_grad=True)
        self.record.attention.append(attention.detach())
        self.record.shifts.append(shift)
        return ((attention + shift) @ value).transpose(1, 2).flatten(2), None


@contextmanager
def recording_attention(model: FGABlip2ForAlignment) -> Iterator[AttentionRecord]:
    """Record the cross-attention of the passes of a model meanwhile; afterwards the model is as it was.

    One thread at a time: a pass of another thread would be recorded too.

    Args:
        model: In evaluation mode; adapters that are not merged are no hindrance.
    """
    record = AttentionRecord()
    layers = [module for module in model.qformer.modules() if type(module) is FGABlip2CrossAttention]
    handle = model.itm_head.register_forward_hook(lambda module, inputs, output: record.logits.append(output))
    try:
        for layer in layers:
            layer.__class__ = _RecordingCrossAttention
            layer.__dict__["record"] = record  # past what torch registers
        yield record
    finally:
        handle.remove()
        for layer in layers:
            layer.__dict__.pop("record", None)
            layer.__class__ = FGABlip2CrossAttention
