"""ImageReward: a BLIP that reads the prompt while it looks at the picture, and a head trained on preferences."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from huggingface_hub.dataclasses import strict
from PIL import Image
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, BlipConfig, BlipPreTrainedModel, BlipTextModel, BlipVisionModel
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD
from transformers.utils.generic import ModelOutput

from evalmuse_hf.models.encoders import PicturePreprocessor
from evalmuse_hf.models.matchers.blip_matcher import BlipMatcher
from evalmuse_hf.models.matchers.prompt_batch import PromptBatch

MAX_TOKENS = 35


@strict
class ImageRewardConfig(BlipConfig):
    """Sizes of an `ImageRewardModel`.

    Args:
        text_config: Options of `transformers.BlipTextConfig`.
        vision_config: Options of `transformers.BlipVisionConfig`.
        head_sizes: Widths of the hidden layers of the head.
        reward_mean: What is subtracted from what the head says.
        reward_std: What the rest is divided by; the published pair makes the authors' validation set 0 and 1.
    """

    model_type = "image_reward"

    head_sizes: list[int] | tuple[int, ...] = (1024, 128, 64, 16)
    reward_mean: float = 0.16717362830052426
    reward_std: float = 1.0333394966054072


@dataclass
class ImageRewardOutput(ModelOutput):
    """What an `ImageRewardModel` says.

    Attributes:
        reward: Normalised reward, shape ``(B,)``; unbounded, higher is better.
    """

    reward: Tensor | None = None


class ImageRewardModel(BlipPreTrainedModel):
    """Vision tower, text encoder that attends to it in every layer, and linear layers on the first token.

    Args:
        config: Sizes.

    References:
        Xu et al., *ImageReward*, 2023, and its published code.
    """

    config: ImageRewardConfig
    config_class = ImageRewardConfig

    def __init__(self, config: ImageRewardConfig):
        super().__init__(config)
        vision: Any = config.vision_config
        text: Any = config.text_config
        self.vision_model = BlipVisionModel(vision)
        self.text_model = BlipTextModel(text, add_pooling_layer=False)
        sizes = (text.hidden_size, *config.head_sizes, 1)
        # The published head has no activations between its layers, only dropout.
        self.head = nn.Sequential(*(nn.Linear(size, next_size) for size, next_size in pairwise(sizes)))
        self.post_init()

    def forward(
        self,
        pixel_values: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_embeds: Tensor | None = None,
    ) -> ImageRewardOutput:
        """Reward pairs of a picture and a prompt.

        Args:
            pixel_values: Pictures, shape ``(B, 3, S, S)``.
            input_ids: Token ids, shape ``(B, T)``.
            attention_mask: 1 on tokens, 0 on padding, shape ``(B, T)``.
            image_embeds: Patch states in place of ``pixel_values``, shape ``(B, P, D)``.

        Raises:
            ValueError: If neither or both of ``pixel_values`` and ``image_embeds`` are given.
        """
        if (pixel_values is None) == (image_embeds is None):
            raise ValueError("Exactly one of `pixel_values` and `image_embeds` must be given.")
        if image_embeds is None:
            image_embeds = self.vision_model(pixel_values=pixel_values).last_hidden_state
        hidden = self.text_model(
            input_ids=input_ids, attention_mask=attention_mask, encoder_hidden_states=image_embeds
        ).last_hidden_state
        raw = self.head(hidden[:, 0]).squeeze(-1).float()
        return ImageRewardOutput(reward=(raw - self.config.reward_mean) / self.config.reward_std)


class ImageRewardMatcher(BlipMatcher):
    """Rewards of an `ImageRewardModel`; a prompt of more than 35 tokens is cut, as in the published code.

    Args:
        model: The network; it is moved to ``device`` and put into evaluation mode.
        tokenizer: A `BertTokenizer`.
        device: Where to run; None leaves the model where it is.
    """

    def __init__(self, model: ImageRewardModel, tokenizer: Any, *, device: str | torch.device | None = None) -> None:
        config: Any = model.config
        preprocess = crop_preprocessor(config.vision_config.image_size)
        max_tokens = min(MAX_TOKENS, config.text_config.max_position_embeddings)
        super().__init__(model, tokenizer, preprocess, max_tokens=max_tokens, device=device)

    def _match(self, states: Tensor, batch: PromptBatch) -> Tensor:
        output = self.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, image_embeds=states)
        reward: Tensor = output.reward
        return reward


def crop_preprocessor(size: int) -> PicturePreprocessor:
    """Make ImageReward's preprocessing: shortest side to ``size`` by PIL's bicubic filter, then the middle square.

    Args:
        size: Side of what the model reads, in pixels.
    """
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))

    def preprocess(pictures: Sequence[Image.Image]) -> Tensor:
        cropped = [torch.from_numpy(np.array(_crop(picture, size))).permute(2, 0, 1) for picture in pictures]
        return torch.stack([(pixels.float() / 255 - mean) / deviation for pixels in cropped])

    return PicturePreprocessor(preprocess)  # the place of its cut is rounded in another way than `Preparation` does


def _crop(picture: Image.Image, size: int) -> Image.Image:
    """Resize and cut as torchvision does, which rounds the place of the cut to the even pixel."""
    shortest = min(picture.size)
    width, height = (size if side == shortest else int(size * side / shortest) for side in picture.size)
    resized = picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return resized.crop((left, top, left + size, top + size))


AutoConfig.register("image_reward", ImageRewardConfig, exist_ok=True)
AutoModel.register(ImageRewardConfig, ImageRewardModel, exist_ok=True)
