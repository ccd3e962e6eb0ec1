import numpy as np
import pytest
import torch

from evalmuse_hf.meta_evaluation.studies.flickr8k_model import build_model
from evalmuse_hf.meta_evaluation.studies.flickr8k_pairs import CaptionPairs, tokenize_captions, training_pairs
from evalmuse_hf.meta_evaluation.studies.flickr8k_training import (
    DescribedPictures,
    PictureReader,
    read_pictures,
    score_pairs,
    train_fusion,
    train_reading,
)

OPTIONS = {"num_hidden_layers": 2, "cross_attention_frequency": 1, "num_query_tokens": 3, "mask_head_sizes": [4]}
QUIET = {"disable_tqdm": True, "logging_steps": 1000, "lr_scheduler_type": "constant", "max_grad_norm": 1.0}


@pytest.fixture
def model(make_bert):
    return build_model(make_bert(), image_width=4, options=OPTIONS, seed=0)


@pytest.fixture
def features():
    """Picture n has the colour n % 4, which its two positions name."""
    return 2 * torch.eye(4)[torch.arange(24) % 4].unsqueeze(1).expand(-1, 2, -1).half()


@pytest.fixture
def sentences():
    """One direction for each colour, in the 16 dimensions of the sentence model."""
    directions = np.random.default_rng(0).normal(size=(4, 16))
    return directions[np.arange(24) % 4]


def test_the_first_stage_learns_to_say_what_pictures_show(model, features, sentences, tmp_path):
    pictures = DescribedPictures(np.arange(20), features, sentences)
    targets = sentences / np.linalg.norm(sentences, axis=1, keepdims=True)
    unseen = np.arange(20, 24)
    before = (read_pictures(model, features, unseen) * targets[unseen]).sum(axis=1).mean()
    options = {**QUIET, "max_steps": 40, "per_device_train_batch_size": 10, "learning_rate": 5e-3}
    train_reading(model, pictures, tmp_path, options)
    after = (read_pictures(model, features, unseen) * targets[unseen]).sum(axis=1).mean()
    assert before < 0.5
    assert after > 0.9


def test_reading_needs_no_targets(model, features):
    reader = PictureReader(model)
    assert set(reader(features[:3].float())) == {"embedding"}
    assert read_pictures(model, features, np.arange(3)) == pytest.approx(
        reader(features[:3].float())["embedding"].detach().numpy(), abs=1e-6
    )


def test_described_pictures_are_those_asked_for(features, sentences):
    pictures = DescribedPictures(np.array([5, 9]), features, sentences)
    batch = pictures.collate([1])
    assert len(pictures) == 2
    assert batch["image_embeds"].equal(features[9:10].float())
    assert batch["sentence"][0].numpy() == pytest.approx(sentences[9] / np.linalg.norm(sentences[9]))


@pytest.mark.parametrize("side", ["picture", "caption"])
def test_the_second_stage_learns_from_pictures_and_from_captions(model, features, flickr, tokenizer, tmp_path, side):
    tokens = tokenize_captions(flickr.captions, tokenizer, max_length=8)
    rng = np.random.default_rng(0)
    pictures, captions = rng.integers(3, 20, size=1600), 3 * rng.integers(3, 20, size=1600)  # "a red cat"

    def reddish(pairs):
        """Red or green, which half of the pictures and half of the captions are."""
        shown = pairs.pictures if side == "picture" else flickr.caption_pictures[pairs.captions]
        return shown % 4 < 2

    pairs = CaptionPairs(pictures, captions, flickr.caption_pictures[captions] == pictures)
    targets = training_pairs(flickr, tokens, pairs, reddish(pairs).astype(float), span=(0.0, 1.0))
    options = {"per_device_train_batch_size": 16, "learning_rate": 2e-3, "loss_distance": "log"}
    options |= {"loss_normalization": "tokens", "element_weight": 1.0, "mask_weight": 0.0}
    train_fusion(model, targets, features, tmp_path, {**QUIET, **options})
    every = np.array([(picture, caption) for picture in range(20, 24) for caption in range(0, 72, 3)])
    asked = CaptionPairs(every[:, 0], every[:, 1], np.zeros(len(every), dtype=bool))
    scores = score_pairs(model, tokens, asked, features)
    assert scores[reddish(asked)].min() - scores[~reddish(asked)].max() > 1


def test_scores_do_not_depend_on_the_batch(model, features, flickr, tokenizer):
    tokens = tokenize_captions(flickr.captions, tokenizer, max_length=8)
    pairs = CaptionPairs(np.arange(24), np.arange(24) * 2, np.zeros(24, dtype=bool))
    one, many = (score_pairs(model, tokens, pairs, features, batch_size=size) for size in (1, 7))
    assert one == pytest.approx(many, abs=1e-4)
    assert len(np.unique(one.round(6))) > 4
