"""BLIP-2's image-text matching head, which the EvalMuse paper calls BLIPv2Score."""

from typing import Any

import torch
from torch import Tensor
from transformers import Blip2ForImageTextRetrieval

from evalmuse_hf.models.encoders import PicturePreprocessor
from evalmuse_hf.models.matchers.blip_matcher import BlipMatcher
from evalmuse_hf.models.matchers.prompt_batch import PromptBatch


class Blip2Matcher(BlipMatcher):
    """Probability that picture and prompt belong together, by a `Blip2ForImageTextRetrieval`.

    Equal to the stock model called with ``use_image_text_matching_head=True`` and the softmax of its logits.

    Args:
        model: The network; it is moved to ``device`` and put into evaluation mode.
        tokenizer: A `BertTokenizer`.
        preprocess: Makes ``pixel_values`` ``(B, 3, S, S)`` of RGB pictures.
        device: Where to run; None leaves the model where it is.

    References:
        Li et al., *BLIP-2*, 2023.
    """

    def __init__(
        self,
        model: Blip2ForImageTextRetrieval,
        tokenizer: Any,
        preprocess: PicturePreprocessor,
        *,
        device: str | torch.device | None = None,
    ) -> None:
        config: Any = model.config
        max_tokens = int(config.qformer_config.max_position_embeddings)
        super().__init__(model, tokenizer, preprocess, max_tokens=max_tokens, device=device)

    def _match(self, states: Tensor, batch: PromptBatch) -> Tensor:
        queries = self.model.query_tokens.expand(len(states), -1, -1)  # (B, Q, D)
        hidden = self.model.qformer(
            query_embeds=self.model.embeddings(input_ids=batch.input_ids, query_embeds=queries),
            query_length=queries.shape[1],
            attention_mask=torch.cat([batch.attention_mask.new_ones(queries.shape[:2]), batch.attention_mask], dim=1),
            encoder_hidden_states=states,
        ).last_hidden_state
        head = self.model.itm_head
        logits: Tensor = head(hidden[:, : queries.shape[1]].to(head.weight.dtype)).mean(dim=1)  # (B, 2)
        return logits.float().softmax(dim=-1)[:, 1]
