"""What the matching networks share: a vision tower that runs once per picture, and prompts read against its states."""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from evalmuse_hf.models.encoders import PicturePreprocessor
from evalmuse_hf.models.matchers.prompt_batch import PromptBatch, batch_prompts


class BlipMatcher:
    """A network of the BLIP family with a ``vision_model``; a subclass says how it reads a prompt.

    Args:
        model: The network; it is moved to ``device`` and put into evaluation mode.
        tokenizer: A `BertTokenizer`.
        preprocess: Makes ``pixel_values`` ``(B, 3, S, S)`` of RGB pictures.
        max_tokens: Tokens that are read of a prompt.
        device: Where to run; None leaves the model where it is.
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,
        preprocess: PicturePreprocessor,
        *,
        max_tokens: int,
        device: str | torch.device | None = None,
    ) -> None:
        self.model: Any = (model if device is None else model.to(device)).train(False)
        self.tokenizer = tokenizer
        self.preprocess = preprocess
        self.preparation = preprocess.preparation
        self.max_tokens = max_tokens

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
            Scores, float32 on the CPU, shape ``(B,)``, and whether each prompt was cut.
        """
        batch = batch_prompts(self.tokenizer, prompts, max_tokens=self.max_tokens, device=self.model.device)
        return self._match(states, batch).float().cpu(), batch.was_cut

    def _match(self, states: Tensor, batch: PromptBatch) -> Tensor:
        raise NotImplementedError
