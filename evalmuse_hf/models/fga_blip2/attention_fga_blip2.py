"""Cross-attention that reads a picture once for all prompts about it."""

from typing import Any

from torch import Tensor
from torch.nn import functional
from transformers.models.blip_2.modeling_blip_2 import Blip2QFormerModel, Blip2QFormerMultiHeadAttention


class FGABlip2CrossAttention(Blip2QFormerMultiHeadAttention):
    """The Q-Former's cross-attention, whose keys and values are made once per picture instead of once per pair.

    They are two thirds of what one more prompt about a picture costs at the official sizes: 677 patches of width 1,408
    are projected in six layers, for 32 queries and a few dozen tokens that pass through twelve.
    """

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        encoder_hidden_states: Tensor | None = None,
        encoder_attention_mask: Tensor | None = None,
        image_index: Tensor | None = None,
        **options: Any,
    ) -> Any:
        """Attend to pictures.

        Args:
            hidden_states: Queries of the pairs, shape ``(B, Q, D)``.
            attention_mask: Of the queries; not used, as in BLIP-2.
            encoder_hidden_states: Patch states of ``U`` pictures, shape ``(U, P, D_v)``.
            encoder_attention_mask: Of the patches.
            image_index: Which picture each pair has, shape ``(B,)``; None if pair i has picture i.
            **options: Of the attention function.

        Returns:
            What the pairs read, shape ``(B, Q, D)``, and no attention weights if ``image_index`` is given.
        """
        if image_index is None or encoder_hidden_states is None:
            return super().forward(
                hidden_states, attention_mask, encoder_hidden_states, encoder_attention_mask, **options
            )
        query = self._split(self.query(hidden_states))
        key = self._split(self.key(encoder_hidden_states))[image_index]  # (B, H, P, d)
        value = self._split(self.value(encoder_hidden_states))[image_index]
        dropout = self.attention_dropout if self.training else 0.0
        read = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout, scale=self.scaling)
        return read.transpose(1, 2).flatten(2), None

    def _split(self, states: Tensor) -> Tensor:
        """Cut states ``(N, S, D)`` into heads ``(N, H, S, d)``."""
        heads: Tensor = states.unflatten(-1, (-1, self.attention_head_size)).transpose(1, 2)
        return heads


def share_pictures(qformer: Blip2QFormerModel) -> None:
    """Let the cross-attention layers of a Q-Former take an ``image_index``; weights and their names stay.

    Args:
        qformer: It is changed in place.
    """
    for layer in qformer.encoder.layer:
        if layer.has_cross_attention:
            # The parent's own constructor names the class that it makes, so that there is no other place to say it.
            layer.crossattention.attention.__class__ = FGABlip2CrossAttention
