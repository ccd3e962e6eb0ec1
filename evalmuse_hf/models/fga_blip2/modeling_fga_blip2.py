"""FGA-BLIP2: BLIP-2 image-text matching, read at every query and at every word of the prompt."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from transformers import AutoModel, Blip2ForImageTextRetrieval
from transformers import initialization as init
from transformers.utils.generic import ModelOutput

from evalmuse_hf.models.fga_blip2.attention_fga_blip2 import share_pictures
from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config
from evalmuse_hf.schema import ALIGNMENT_SCALE


@dataclass
class FGABlip2Output(ModelOutput):
    """What `FGABlip2ForAlignment` says about ``B`` pairs of a picture and a prompt of up to ``T`` tokens.

    Attributes:
        overall_score: Alignment of the pair, shape ``(B,)``, on the 1-5 scale.
        token_scores: Probability that the picture shows what the token says, shape ``(B, T)``, in [0, 1]; column i
            belongs to ``input_ids[:, i]``, ``[CLS]`` and ``[SEP]`` included; 0 at padding.
        mask_probs: Probability that the token belongs to an element, read from the prompt alone, shape ``(B, T)``, in
            [0, 1]. At padding it is what the head says there, which means nothing but enters the released loss. None
            unless it was asked for.
        query_scores: Match probability of each query, shape ``(B, Q)``, in [0, 1]; ``overall_score`` is 1 + 4 times
            their mean.
    """

    overall_score: Tensor | None = None
    token_scores: Tensor | None = None
    mask_probs: Tensor | None = None
    query_scores: Tensor | None = None


class FGABlip2MaskLayer(nn.Linear):
    """Layer of the mask head; a class of its own because its weights are drawn in its own way."""


class FGABlip2MaskHead(nn.Module):
    """Perceptron that says which tokens of a prompt belong to an element.

    Args:
        input_size: Width of the Q-Former.
        hidden_sizes: Widths of the hidden layers.
    """

    def __init__(self, input_size: int, hidden_sizes: tuple[int, ...]):
        super().__init__()
        sizes = (input_size, *hidden_sizes, 1)
        self.layers = nn.ModuleList(FGABlip2MaskLayer(size, next_size) for size, next_size in pairwise(sizes))

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Turn states ``(B, T, D)`` into probabilities ``(B, T)``."""
        *hidden_layers, last = self.layers
        for layer in hidden_layers:
            hidden_states = layer(hidden_states).relu()
        logits: Tensor = last(hidden_states).squeeze(-1)
        return logits.float().sigmoid()


class FGABlip2ForAlignment(Blip2ForImageTextRetrieval):
    """BLIP-2 image-text matching, read at every query and token instead of averaged over the queries' logits.

    The overall score is the mean of the queries' match *probabilities* (BLIP-2 averages logits), and each token of the
    prompt has a probability of its own. BLIP-2's contrastive projections are left out: a BLIP-2 checkpoint loads
    without them (``FGABlip2ForAlignment.from_pretrained("Salesforce/blip2-itm-vit-g-coco", config=FGABlip2Config())``
    starts a training from the official initial weights; the mask head is then new).

    Args:
        config: Sizes and initialisation.
    """

    config: FGABlip2Config
    config_class = FGABlip2Config
    # Trainer divides by the accumulation steps itself unless a model claims to do so; see `FGATrainer`.
    accepts_loss_kwargs = False
    _keys_to_ignore_on_load_unexpected = [r"^vision_projection\.", r"^text_projection\."]  # noqa: RUF012

    def __init__(self, config: FGABlip2Config):
        super().__init__(config)
        del self.vision_projection, self.text_projection
        self.vision_model.post_layernorm.eps = config.vision_post_layernorm_eps
        share_pictures(self.qformer)
        self.mask_head = FGABlip2MaskHead(config.qformer_config.hidden_size, tuple(config.mask_head_sizes))
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Draw queries (transformers: zeros) and mask head (official: N(0, 1 / (width + 1))) at random too."""
        super()._init_weights(module)
        if isinstance(module, FGABlip2ForAlignment):
            init.normal_(module.query_tokens, std=self.config.initializer_range)
        elif isinstance(module, FGABlip2MaskLayer):
            official = self.config.initializer == "official"
            std = 1 / (self.config.qformer_config.hidden_size + 1) if official else module.in_features**-0.5
            init.normal_(module.weight, std=std * self.config.initializer_factor)

    def encode_images(self, pixel_values: Tensor) -> Tensor:
        """Run the vision tower up to, and without, its last layer norm (which the official training adapts).

        Args:
            pixel_values: Pictures as the processor prepares them, shape ``(B, 3, S, S)`` with the configured size S.

        Returns:
            Patch states, shape ``(B, P, D_v)``, for the argument ``image_embeds`` of `forward`.

        Raises:
            ValueError: If the pictures have another shape.
        """
        size = self.config.vision_config.image_size
        if pixel_values.ndim != 4 or tuple(pixel_values.shape[1:]) != (3, size, size):
            raise ValueError(
                f"`pixel_values` must have the shape (B, 3, {size}, {size}), got {tuple(pixel_values.shape)}; prepare "
                "pictures with the processor that was saved beside the model."
            )
        embeddings = self.vision_model.embeddings(pixel_values)
        hidden_states: Tensor = self.vision_model.encoder(inputs_embeds=embeddings).last_hidden_state
        return hidden_states

    def forward(
        self,
        pixel_values: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_embeds: Tensor | None = None,
        output_mask_probs: bool = False,
        return_dict: bool = True,
        image_index: Tensor | None = None,
    ) -> FGABlip2Output | tuple[Tensor, ...]:
        """Score pairs of a picture and a prompt in one pass of the Q-Former over both.

        Args:
            pixel_values: Pictures, shape ``(B, 3, S, S)``; or ``(1, 3, S, S)`` for one picture with ``B`` prompts; or
                ``(U, 3, S, S)`` with ``image_index``.
            input_ids: Token ids of the cleaned prompts, shape ``(B, T)``.
            attention_mask: 1 on tokens, 0 on padding, shape ``(B, T)``; None takes every id but the padding id for a
                token.
            image_embeds: Result of `encode_images` in place of ``pixel_values``, shape ``(B, P, D_v)``,
                ``(1, P, D_v)``, or ``(U, P, D_v)`` with ``image_index``.
            output_mask_probs: Add the mask head's view of the prompt alone, which costs a second, text-only pass and
                is needed in training only.
            return_dict: False returns the fields that are not None as a tuple.
            image_index: Which of ``U`` pictures each prompt is scored against, shape ``(B,)``. What the Q-Former makes
                of a picture alone is then computed once for all prompts about it.

        Returns:
            Scores of the pairs, see `FGABlip2Output`.

        Raises:
            ValueError: If an input is missing, given twice, or has a shape that does not fit.
        """
        if input_ids is None:
            raise ValueError("`input_ids` is missing; FGA-BLIP2 scores a picture against a prompt.")
        if (pixel_values is None) == (image_embeds is None):
            raise ValueError("Exactly one of `pixel_values` and `image_embeds` must be given.")
        if attention_mask is None:
            attention_mask = (input_ids != self.config.qformer_config.pad_token_id).long()
        self._check_prompts(input_ids, attention_mask)
        image = self.encode_images(pixel_values) if image_embeds is None else image_embeds  # type: ignore[arg-type]
        image_index = self._index_pictures(image, input_ids, image_index)
        norm = self.vision_model.post_layernorm
        image = norm(image.to(norm.weight.dtype))  # (U, P, D_v); the tower may have a lower precision

        hidden_states = self._fuse(image, image_index, input_ids, attention_mask)  # (B, Q + T, D)
        logits = self.itm_head(hidden_states.to(self.itm_head.weight.dtype))  # (B, Q + T, 2)
        match = logits.float().softmax(dim=-1)[..., 1]  # (B, Q + T)
        n_queries = self.config.num_query_tokens
        query_scores, token_scores = match[:, :n_queries], match[:, n_queries:]
        low, high = ALIGNMENT_SCALE
        output = FGABlip2Output(
            overall_score=low + (high - low) * query_scores.mean(dim=1),
            token_scores=token_scores * attention_mask,
            mask_probs=self._mask_probs(input_ids, attention_mask) if output_mask_probs else None,
            query_scores=query_scores,
        )
        return output if return_dict else output.to_tuple()

    def _fuse(self, image: Tensor, image_index: Tensor | None, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Read picture and prompt together: states of the queries, then of the tokens, ``(B, Q + T, D)``."""
        queries = self.query_tokens.expand(len(input_ids), -1, -1)  # (B, Q, D)
        query_mask = attention_mask.new_ones(queries.shape[:2])
        # No `encoder_attention_mask`: transformers gives it the length Q + T where Q is due, which breaks compilation.
        hidden_states: Tensor = self.qformer(
            query_embeds=self.embeddings(input_ids=input_ids, query_embeds=queries),
            query_length=queries.shape[1],
            attention_mask=torch.cat([query_mask, attention_mask], dim=1),
            encoder_hidden_states=image,
            image_index=image_index,
        ).last_hidden_state
        return hidden_states

    def _mask_probs(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Read the prompt alone: probability that each token belongs to an element, ``(B, T)``."""
        hidden_states = self.qformer(
            query_embeds=self.embeddings(input_ids=input_ids), query_length=0, attention_mask=attention_mask
        ).last_hidden_state
        mask_probs: Tensor = self.mask_head(hidden_states.to(self.itm_head.weight.dtype))
        return mask_probs

    def _check_prompts(self, input_ids: Tensor, attention_mask: Tensor) -> None:
        if attention_mask.shape != input_ids.shape:
            raise ValueError(
                f"`attention_mask` must have the shape of `input_ids`, {tuple(input_ids.shape)}, got "
                f"{tuple(attention_mask.shape)}."
            )
        longest = self.config.qformer_config.max_position_embeddings
        if input_ids.shape[1] > longest:
            raise ValueError(
                f"`input_ids` has {input_ids.shape[1]} positions, and the model reads at most {longest}; shorten the "
                f"prompt, or give the processor truncation=True, max_length={longest}."
            )

    def _index_pictures(self, image: Tensor, input_ids: Tensor, image_index: Tensor | None) -> Tensor | None:
        """Which picture each prompt has; None if prompt i has picture i."""
        n_prompts = len(input_ids)
        if image_index is not None:
            if image_index.shape != (n_prompts,):
                raise ValueError(
                    f"`image_index` must name a picture for each of the {n_prompts} prompts, got the shape "
                    f"{tuple(image_index.shape)}."
                )
            return image_index
        if len(image) == n_prompts:
            return None
        if len(image) != 1:
            raise ValueError(
                f"Expected one picture for all prompts or one for each, got {len(image)} pictures and {n_prompts} "
                "prompts; say with `image_index` which picture each prompt has."
            )
        return input_ids.new_zeros(n_prompts)


AutoModel.register(FGABlip2Config, FGABlip2ForAlignment, exist_ok=True)
