"""Options of a training run; the help of each field is its only description."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from transformers import TrainingArguments

from evalmuse_hf.data.collator import COMPATIBILITIES
from evalmuse_hf.training.losses import DISTANCES, NORMALIZATIONS, LossDistance, LossNormalization
from evalmuse_hf.training.weighting import SCALES, SCHEMES, VarianceScheme, WeightScale

Compatibility = Literal["official"]
Augmentation = Literal["none", "official"]
FeatureType = Literal["float32", "bfloat16", "float16"]
AUGMENTATIONS: tuple[Augmentation, ...] = ("none", "official")
FEATURE_TYPES: tuple[FeatureType, ...] = ("float32", "bfloat16", "float16")

TARGETS = ("overall_target", "token_target", "token_mask")
_MIN_POSITIONS = 2  # [CLS] and [SEP]


@dataclass
class ModelArguments:
    """Which model is trained."""

    _argument_group_name: ClassVar[str] = "model"

    model_name_or_path: str = field(
        metadata={"help": "Model to start from: a packaged name such as `mini`, a folder, or a Hub id."}
    )
    model_license: str | None = field(
        default=None,
        metadata={"help": "License of the trained weights, for the model card; that of the packaged model if unset."},
    )


@dataclass
class DataArguments:
    """Which ratings it is trained on.

    Raises:
        ValueError: If an option is unknown or out of range, or two of them exclude each other.
    """

    _argument_group_name: ClassVar[str] = "data"

    dataset_name: str = field(
        metadata={
            "help": "Ratings: a list of your own (.csv, .jsonl, .parquet), a folder written by `evalmuse dataset "
            "build`, the folder of a raw release, or a Hub id."
        }
    )
    train_split: str = field(default="train", metadata={"help": "Split to train on."})
    validation_split: str | None = field(
        default=None, metadata={"help": "Split to measure on; none of its prompts may occur in the training split."}
    )
    validation_share: float = field(
        default=0.1,
        metadata={
            "help": "Without a validation split: share of the training prompts that is measured on instead of trained "
            "on, chosen by `seed`; 0 trains on all of them and measures nothing."
        },
    )
    augmentation: Augmentation = field(
        default="none",
        metadata={
            "help": "`official` crops and mirrors training pictures as the released code does, which makes words such "
            "as `left`, counts and written text untrue."
        },
    )
    feature_cache: str | None = field(
        default=None,
        metadata={
            "help": "Folder of what the frozen vision tower says of each picture; made once, used by every run."
        },
    )
    feature_dtype: FeatureType = field(
        default="float32", metadata={"help": "Numbers in that folder; the smaller types are not exact."}
    )

    def __post_init__(self) -> None:
        """Refuse options that cannot be meant."""
        if not 0 <= self.validation_share < 1:
            raise ValueError(f"`validation_share` must be at least 0 and below 1, got {self.validation_share!r}.")
        for name, allowed in (("augmentation", AUGMENTATIONS), ("feature_dtype", FEATURE_TYPES)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"`{name}` must be one of {list(allowed)}, got {getattr(self, name)!r}.")
        if self.augmentation != "none" and self.feature_cache is not None:
            raise ValueError(
                "`augmentation` changes a picture every time it is read and `feature_cache` reads it once; choose one."
            )

    @property
    def validates(self) -> bool:
        """Whether the run measures on pairs that it does not train on."""
        return self.validation_split is not None or self.validation_share > 0


@dataclass
class FGATrainingArguments(TrainingArguments):
    """`transformers.TrainingArguments` plus what fine-grained alignment training needs.

    Defaults that differ from the parent's: ``learning_rate`` (1e-5), ``remove_unused_columns`` (False, because the
    collator reads columns that the model does not know) and ``label_names``. Without further options the loss is the
    released one.

    Raises:
        ValueError: If an option is unknown or out of range.
    """

    _argument_group_name: ClassVar[str] = "training"

    learning_rate: float = field(default=1e-5, metadata={"help": "Peak learning rate (1e-5 here, not 5e-5)."})
    remove_unused_columns: bool = field(
        default=False, metadata={"help": "Must stay False: the collator reads columns that the model does not know."}
    )
    label_names: list[str] | None = field(
        default_factory=lambda: list(TARGETS), metadata={"help": "Names of the targets in a batch."}
    )
    element_weight: float = field(default=0.1, metadata={"help": "Weight of the element term, >= 0."})
    mask_weight: float = field(
        default=0.1, metadata={"help": "Weight of the mask term, >= 0; 0 freezes the mask head and saves its pass."}
    )
    freeze_vision: bool = field(
        default=True,
        metadata={"help": "Keep the vision tower as it is, except its last layer norm, which the paper trains too."},
    )
    variance_weighting: VarianceScheme = field(
        default="none",
        metadata={"help": "Weight of a pair from the variance of its prompt's scores over the pictures."},
    )
    weight_scale: WeightScale = field(
        default="mean_one",
        metadata={
            "help": "`mean_one` divides the weights by their mean over the training pairs; `official` leaves them."
        },
    )
    loss_normalization: LossNormalization = field(
        default="positions",
        metadata={"help": "Token terms are means over all `n_positions` (`positions`, released) or over `tokens`."},
    )
    n_positions: int = field(
        default=32,
        metadata={"help": "Positions that every prompt is padded to under `loss_normalization=positions`."},
    )
    loss_distance: LossDistance = field(
        default="absolute",
        metadata={
            "help": "Distance in the token terms: `absolute` (released), or `log` to start from random weights."
        },
    )
    cls_target: bool = field(
        default=True, metadata={"help": "Let the first position learn the overall score, as the released code does."}
    )
    compat: Compatibility | None = field(
        default=None,
        metadata={"help": "`official` marks elements in the raw prompt, not in the cleaned one that is read."},
    )

    def __post_init__(self) -> None:
        """Refuse options that cannot be meant."""
        super().__post_init__()
        for name in ("element_weight", "mask_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must be >= 0, got {getattr(self, name)!r}.")
        if self.n_positions < _MIN_POSITIONS:
            raise ValueError(f"`n_positions` must be at least {_MIN_POSITIONS}, got {self.n_positions!r}.")
        choices = {
            "variance_weighting": SCHEMES,
            "weight_scale": SCALES,
            "loss_normalization": NORMALIZATIONS,
            "loss_distance": DISTANCES,
            "compat": COMPATIBILITIES,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"`{name}` must be one of {list(allowed)}, got {getattr(self, name)!r}.")
        if self.remove_unused_columns:
            raise ValueError("`remove_unused_columns` must be False: it would remove the ratings before collation.")
