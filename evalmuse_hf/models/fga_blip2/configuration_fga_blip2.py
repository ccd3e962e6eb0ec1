"""Configuration of FGA-BLIP2."""

from typing import Any

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, Blip2Config

INITIALIZERS = ("official", "width")

_OFFICIAL_IMAGE_SIZE = 364
_OFFICIAL_VOCAB_SIZE = 30523  # bert-base-uncased and [DEC]
_OFFICIAL_STD = 0.02


@strict
class FGABlip2Config(Blip2Config):
    """Sizes of an `FGABlip2ForAlignment`; the defaults are those of the released checkpoint.

    A part that is not given has the official size: a 364 px ViT-g/14 (39 layers, 1408 wide) and a BERT-base Q-Former
    with 30523 words. ``use_qformer_text_input`` is always on, because FGA-BLIP2 reads the prompt in the Q-Former, and
    the Q-Former's ``encoder_hidden_size`` is always the vision tower's width.

    Args:
        vision_config: Options of `transformers.Blip2VisionConfig`; ``layer_norm_eps`` is that of the blocks.
        qformer_config: Options of `transformers.Blip2QFormerConfig`.
        num_query_tokens: Learned queries, at least 1.
        vision_post_layernorm_eps: Epsilon of the layer norm behind the vision tower (LAVIS: ``ln_vision``), which
            differs from that of the blocks.
        mask_head_sizes: Widths of the hidden layers of the head that predicts which tokens belong to an element.
        initializer: Random weights of a model that is not loaded: ``"official"`` draws vision tower, queries and
            Q-Former with standard deviation 0.02 as LAVIS does; ``"width"`` with 1 / sqrt(width), without which a
            narrow model does not learn. It overrides every ``initializer_range``.
        initializer_factor: Multiplies the standard deviations of ``initializer``, more than 0.
        text_config: Not used; `Blip2Config` asks for it.
        image_text_hidden_size: Not used; the contrastive projections of BLIP-2 are left out.
        image_token_index: Must be None; prompts carry no image tokens.

    Raises:
        ValueError: If a value is outside its range.
    """

    model_type = "fga_blip2"

    vision_post_layernorm_eps: float = 1e-5
    mask_head_sizes: list[int] | tuple[int, ...] = (256, 128, 64, 16)
    initializer: str = "official"

    def __post_init__(self, **kwargs: Any) -> None:
        """Fill in the official sizes, then check and derive."""
        if self.vision_config is None:
            self.vision_config = {"image_size": _OFFICIAL_IMAGE_SIZE}
        if self.qformer_config is None:
            self.qformer_config = {"vocab_size": _OFFICIAL_VOCAB_SIZE}
        super().__post_init__(**kwargs)
        self.mask_head_sizes = tuple(self.mask_head_sizes)
        self._refuse_nonsense()
        self.qformer_config.use_qformer_text_input = True
        self.vision_config.initializer_range = self._standard_deviation(self.vision_config.hidden_size)
        self.qformer_config.initializer_range = self._standard_deviation(self.qformer_config.hidden_size)
        self.initializer_range = self.qformer_config.initializer_range

    def to_dict(self) -> dict[str, Any]:
        """Leave out the language model that `Blip2Config` describes and FGA-BLIP2 does not have."""
        values: dict[str, Any] = super().to_dict()
        for name in ("text_config", "use_decoder_only_language_model"):
            values.pop(name, None)
        return values

    def _refuse_nonsense(self) -> None:
        if self.initializer not in INITIALIZERS:
            raise ValueError(f"`initializer` must be one of {', '.join(INITIALIZERS)}, got {self.initializer!r}.")
        if self.num_query_tokens < 1:
            raise ValueError(f"`num_query_tokens` must be at least 1, got {self.num_query_tokens}.")
        if not self.mask_head_sizes or min(self.mask_head_sizes) < 1:
            raise ValueError(f"`mask_head_sizes` must be positive widths, got {self.mask_head_sizes!r}.")
        if self.initializer_factor <= 0:
            raise ValueError(f"`initializer_factor` must be more than 0, got {self.initializer_factor}.")
        if self.image_token_index is not None:
            raise ValueError(
                f"`image_token_index` must be None, got {self.image_token_index}: FGA-BLIP2 reads the picture through "
                "its queries, not through tokens of the prompt."
            )

    def _standard_deviation(self, width: int) -> float:
        std = _OFFICIAL_STD if self.initializer == "official" else float(width) ** -0.5
        return std * float(self.initializer_factor)


AutoConfig.register("fga_blip2", FGABlip2Config, exist_ok=True)
