"""The two stages that train a small FGA-BLIP2 on photographs: first to read pictures, then to judge pairs."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments

from evalmuse_hf.meta_evaluation.studies.flickr8k_data import IntArray
from evalmuse_hf.meta_evaluation.studies.flickr8k_pairs import CaptionPairs, CaptionTokens, FloatArray
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.training import FGATrainer, FGATrainingArguments
from evalmuse_hf.training.drawn_dataset import DrawnDataset, TokenizedPairs

logger = logging.getLogger(__name__)

_COMMON: dict[str, Any] = {
    "report_to": [],
    "save_strategy": "no",
    "dataloader_pin_memory": False,
    "use_cpu": True,
}


class PictureReader(nn.Module):
    """Lets the queries of an FGA-BLIP2 say what a picture shows, in the space of the sentence model, without a prompt.

    The loss is one minus the cosine of the queries' mean state with the mean embedding of the picture's captions.

    Args:
        model: Trained in place.
    """

    def __init__(self, model: FGABlip2ForAlignment) -> None:
        super().__init__()
        self.model = model

    def forward(self, image_embeds: Tensor, sentence: Tensor | None = None) -> dict[str, Tensor]:
        """Read pictures.

        Args:
            image_embeds: Features, shape ``(B, P, D_v)``.
            sentence: Mean embedding of each picture's captions, of length 1, shape ``(B, D)``.

        Returns:
            ``embedding`` of shape ``(B, D)``, of length 1, and the scalar ``loss`` if there are targets.
        """
        image = self.model.vision_model.post_layernorm(image_embeds)
        queries = self.model.query_tokens.expand(len(image), -1, -1)
        states = self.model.qformer(
            query_embeds=queries, query_length=queries.shape[1], encoder_hidden_states=image
        ).last_hidden_state  # (B, Q, D)
        embedding = F.normalize(states.float().mean(dim=1), dim=-1)
        if sentence is None:
            return {"embedding": embedding}
        return {"loss": 1 - (embedding * sentence).sum(dim=-1).mean(), "embedding": embedding.detach()}


class DescribedPictures(Dataset[int]):
    """Batches for `PictureReader`.

    Args:
        pictures: Which pictures, positions in ``features``.
        features: Shape (N, P, D_v).
        sentences: Mean embedding of each picture's captions, any length but 0, shape (N, D).
    """

    def __init__(self, pictures: IntArray, features: Tensor, sentences: FloatArray) -> None:
        self.pictures = torch.from_numpy(pictures)
        self.features = features
        self.sentences = F.normalize(torch.from_numpy(sentences).float(), dim=-1)

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> int:
        """Return the index itself: `collate` reads a whole batch at once."""
        return index

    def collate(self, indices: Sequence[int]) -> dict[str, Tensor]:
        """Read a batch.

        Args:
            indices: Which pictures.
        """
        rows = self.pictures[torch.as_tensor(indices)]
        return {"image_embeds": self.features[rows].float(), "sentence": self.sentences[rows]}


def train_reading(
    model: FGABlip2ForAlignment, pictures: DescribedPictures, folder: Path, options: Mapping[str, Any]
) -> None:
    """Train the Q-Former to read pictures, by `transformers.Trainer`.

    Args:
        model: Trained in place.
        pictures: What it reads.
        folder: For what the Trainer writes.
        options: Of `transformers.TrainingArguments`.
    """
    arguments = TrainingArguments(
        output_dir=str(folder), remove_unused_columns=False, label_names=["sentence"], **_COMMON, **options
    )
    Trainer(model=PictureReader(model), args=arguments, train_dataset=pictures, data_collator=pictures.collate).train()


def train_fusion(
    model: FGABlip2ForAlignment, pairs: TokenizedPairs, features: Tensor, folder: Path, options: Mapping[str, Any]
) -> None:
    """Train everything but the embeddings of words on pairs, in their order, by `FGATrainer`.

    Args:
        model: Trained in place.
        pairs: The pairs; each is seen once.
        features: Of all pictures, shape (N, P, D_v).
        folder: For what the Trainer writes.
        options: Of `FGATrainingArguments`.
    """
    dataset = DrawnDataset(pairs, features)
    arguments = FGATrainingArguments(
        output_dir=str(folder), num_train_epochs=1, train_sampling_strategy="sequential", **_COMMON, **options
    )
    FGATrainer(model=model, args=arguments, train_dataset=dataset, data_collator=dataset.collate).train()


@torch.inference_mode()
def score_pairs(
    model: FGABlip2ForAlignment, tokens: CaptionTokens, pairs: CaptionPairs, features: Tensor, *, batch_size: int = 256
) -> FloatArray:
    """Score pairs in float32.

    Args:
        model: The model.
        tokens: All captions.
        pairs: ``N`` pairs.
        features: Of all pictures, shape (P, positions, D_v).
        batch_size: Pairs per pass; neighbours in length go together.

    Returns:
        Overall scores, shape (N,), on the 1-5 scale.
    """
    model.train(False)
    scores = np.zeros(len(pairs.captions))
    lengths = tokens.lengths[pairs.captions]
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        input_ids = torch.from_numpy(tokens.input_ids[pairs.captions[rows], : lengths[rows].max()]).long()
        output = model(
            input_ids=input_ids,
            attention_mask=(input_ids != 0).long(),
            image_embeds=features[torch.from_numpy(pairs.pictures[rows])].float(),
        )
        scores[rows] = output.overall_score.double().numpy()
    return scores


@torch.inference_mode()
def read_pictures(model: FGABlip2ForAlignment, features: Tensor, pictures: IntArray) -> NDArray[np.float32]:
    """Say what pictures show, see `PictureReader`.

    Args:
        model: The model.
        features: Of all pictures, shape (P, positions, D_v).
        pictures: Which ones, shape (N,).

    Returns:
        Shape (N, D), of length 1.
    """
    reader = PictureReader(model).eval()
    parts = torch.tensor_split(torch.from_numpy(pictures), len(pictures) // 256 + 1)
    return torch.cat([reader(features[part].float())["embedding"] for part in parts]).numpy()
