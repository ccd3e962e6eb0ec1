"""BLIP-2's image-text matching head, which the EvalMuse paper calls BLIPv2Score."""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from transformers import Blip2ForImageTextRetrieval

from evalmuse_hf.models.encoders import PicturePreprocessor
from evalmuse_hf.models.matchers.prompt_batch import batch_prompts


class Blip2Matcher:
    """Match probabilities of a `Blip2ForImageTextRetrieval`, its vision tower run once per picture.

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
        self.model: Any = (model if device is None else model.to(device)).train(False)  # type: ignore[arg-type]
        self.tokenizer = tokenizer
        self.preprocess = preprocess
        self.max_tokens = int(self.model.config.qformer_config.max_position_embeddings)

    @torch.inference_mode()
    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Tensor:
        """Run the vision tower.

        Args:
            pictures: RGB pictures.

        Returns:
            Patch states, shape ``(B, P, D)``, on the model's device.
        """
        pixels = self.preprocess(pictures).to(self.model.device, self.model.dtype)
        states: Tensor = self.model.vision_model(pixel_values=pixels).last_hidden_state
        return states

    @torch.inference_mode()
    def score_pairs(self, states: Tensor, prompts: Sequence[str]) -> tuple[Tensor, list[bool]]:
        """Read pictures and prompts together.

        Args:
            states: One picture per prompt, as `encode_pictures` gives them, shape ``(B, P, D)``.
            prompts: As many texts; one that is too long is cut.

        Returns:
            Probability that picture and prompt belong together, float32 on the CPU, shape ``(B,)``, and whether each
            prompt was cut.
        """
        batch = batch_prompts(self.tokenizer, prompts, max_tokens=self.max_tokens, device=self.model.device)
        queries = self.model.query_tokens.expand(len(prompts), -1, -1)  # (B, Q, D)
        hidden = self.model.qformer(
            query_embeds=self.model.embeddings(input_ids=batch.input_ids, query_embeds=queries),
            query_length=queries.shape[1],
            attention_mask=torch.cat([batch.attention_mask.new_ones(queries.shape[:2]), batch.attention_mask], dim=1),
            encoder_hidden_states=states,
        ).last_hidden_state
        head = self.model.itm_head
        logits = head(hidden[:, : queries.shape[1]].to(head.weight.dtype)).mean(dim=1)  # (B, 2)
        return logits.float().softmax(dim=-1)[:, 1].cpu(), batch.was_cut
