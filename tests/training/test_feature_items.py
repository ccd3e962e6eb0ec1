import io
import logging
import multiprocessing

import numpy as np
import pytest
import torch
from datasets import Dataset, Image
from peft import LoraConfig, get_peft_model
from PIL import Image as PillowImage
from torch import distributed
from transformers import BlipImageProcessorPil

from evalmuse_hf.data import AlignmentCollator
from evalmuse_hf.images import ImageDecodingError, content_hash
from evalmuse_hf.mini.tokenizer import build_tokenizer
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.schema import pair_features
from evalmuse_hf.scoring import load_scorer
from evalmuse_hf.scoring.feature_store import FeatureError
from evalmuse_hf.training import FGATrainer, FGATrainingArguments
from evalmuse_hf.training.feature_items import feature_items
from evalmuse_hf.training.rated_pairs import training_items, weigh_pairs

ENCODER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
N_PICTURES = 6


@pytest.fixture
def processor():
    return FGABlip2Processor(BlipImageProcessorPil(size={"height": 28, "width": 28}), build_tokenizer())


@pytest.fixture
def make_model():
    def make():
        config = FGABlip2Config(
            vision_config={**ENCODER, "image_size": 28, "patch_size": 14},
            qformer_config={**ENCODER, "vocab_size": len(build_tokenizer())},
            num_query_tokens=4,
            mask_head_sizes=(16,),
            initializer="width",
        )
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return FGABlip2ForAlignment(config)

    return make


def make_picture(number):
    stream = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    PillowImage.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()


@pytest.fixture
def pairs():
    """Eight pairs of six pictures; every other row does not know its content."""
    rows = []
    for number in range(8):
        picture = make_picture(number % N_PICTURES)
        element = {"text": "cat", "category": "animal/human", "raw_category": "animal", "ratings": [1], "spans": []}
        known = {
            "image": {"bytes": picture, "path": f"{number}.png"},
            "content_hash": content_hash(picture) if number % 2 else None,
            "prompt": f"a red cat on a {'table' if number % 3 else 'chair'}",
            "elements": [{**element, "score": number % 2}],
            "overall_score": 1.0 + number % 5,
            "overall_ratings": [1, 2, 3],
        }
        rows.append({**dict.fromkeys(pair_features()), **known})
    return Dataset.from_list(rows, features=pair_features())


@pytest.fixture
def count_encoded():
    def count(model):
        sizes = []
        model.vision_model.encoder.register_forward_hook(lambda _, inputs, output: sizes.append(len(output[0])))
        return sizes

    return count


def test_items_are_those_of_a_training_with_features_in_place_of_the_picture(
    pairs, make_model, processor, tmp_path, count_encoded, caplog
):
    model = make_model()
    weights = weigh_pairs(pairs, scheme="var", scale="mean_one")
    encoded = count_encoded(model)
    options = {"model": model, "processor": processor, "folder": tmp_path, "batch_size": 4, "progress": False}
    with caplog.at_level(logging.INFO, "evalmuse_hf"):
        items = feature_items(pairs, weights=weights, **options)
        assert encoded == [4, 2]
        feature_items(pairs, device="cpu", **options)
    assert encoded == [4, 2]
    assert "Features of 6 pictures: 0 were in" in caplog.text
    assert "6 were in" in caplog.text
    plain = training_items(pairs, weights=weights)
    collator = AlignmentCollator(processor)
    for rows in ([3], [0, 7, 6]):
        expected = collator([plain[row] for row in rows])
        images = expected.pop("pixel_values")
        for batch in (collator([items[row] for row in rows]), collator(items.__getitems__(rows))):
            features = batch.pop("image_embeds")
            assert torch.allclose(features, model.encode_images(images), atol=1e-5)
            assert batch.keys() == expected.keys()
            assert all(torch.equal(batch[name], expected[name]) for name in batch)
    assert len(items) == 8
    assert "image" not in items[0]


def train(model, items, processor, folder):
    quiet = {"report_to": [], "use_cpu": True, "disable_tqdm": True, "logging_steps": 1, "save_strategy": "no"}
    args = FGATrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=3, num_train_epochs=3, learning_rate=1e-3, **quiet
    )
    trainer = FGATrainer(model=model, args=args, train_dataset=items, processing_class=processor)
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def test_a_training_on_kept_features_has_the_same_loss_curve(pairs, make_model, processor, tmp_path):
    model = make_model()
    items = feature_items(pairs, model=model, processor=processor, folder=tmp_path / "cache", progress=False)
    kept = train(model, items, processor, tmp_path / "kept")
    plain = train(make_model(), training_items(pairs), processor, tmp_path / "plain")
    assert len(plain) == 9
    assert kept == pytest.approx(plain, abs=1e-5)  # pictures were encoded in other batches, which rounds otherwise
    assert kept[0] != kept[-1]


def test_a_scorer_of_the_trained_model_shares_the_features(pairs, make_model, processor, tmp_path, count_encoded):
    model = make_model()
    items = feature_items(pairs, model=model, processor=processor, folder=tmp_path / "cache", progress=False)
    train(model, items, processor, tmp_path / "out")
    model.save_pretrained(tmp_path / "out")
    processor.save_pretrained(tmp_path / "out")
    scorer = load_scorer("fga_blip2", model=tmp_path / "out", device="cpu", feature_cache=tmp_path / "cache")
    encoded = count_encoded(scorer.model)
    images = pairs.cast_column("image", Image(decode=False))["image"][:]
    scores = scorer.score(images=images, prompts=pairs["prompt"][:])
    assert encoded == []
    alone = load_scorer("fga_blip2", model=tmp_path / "out", device="cpu").score(
        images=images, prompts=pairs["prompt"][:]
    )
    assert [score.overall for score in scores] == pytest.approx([score.overall for score in alone], abs=1e-5)


class OtherBackbone:
    """A frozen network that is no vision tower: the mean colour, at three positions."""

    key = "mean colour"

    def __init__(self, width):
        self.shape = (3, width)

    def encode(self, images):
        means = torch.tensor([np.asarray(image).mean() / 255 for image in images])
        return means[:, None, None].expand(-1, *self.shape)


def test_another_frozen_network_takes_the_place_of_the_tower(pairs, make_model, processor, tmp_path, count_encoded):
    model = make_model()
    encoded = count_encoded(model)
    options = {"model": model, "processor": processor, "folder": tmp_path / "cache", "progress": False}
    items = feature_items(pairs, encoder=OtherBackbone(32), **options)
    assert items[0]["image_embeds"].shape == (3, 32)
    losses = train(model, items, processor, tmp_path / "out")
    assert np.isfinite(losses).all()
    assert encoded == []
    with pytest.raises(ValueError, match="`encoder` gives features of width 16, and the model reads width 32"):
        feature_items(pairs, encoder=OtherBackbone(16), **options)


@pytest.mark.parametrize("where", ["vision_model", "qformer"])
def test_adapters_on_the_tower_are_refused_and_others_are_not(pairs, make_model, processor, tmp_path, where):
    targets = {"vision_model": r".*vision_model.*qkv", "qformer": r".*attention\.query"}[where]
    model = get_peft_model(make_model(), LoraConfig(target_modules=targets, r=2))
    options = {"model": model, "processor": processor, "folder": tmp_path, "progress": False}
    if where == "vision_model":
        with pytest.raises(ValueError, match=r"The vision tower has adapters .* train without the feature cache"):
            feature_items(pairs, **options)
        return
    feature_items(pairs, **options)
    plain = make_model()
    encoded = []
    plain.vision_model.encoder.register_forward_hook(lambda *call: encoded.append(call))
    feature_items(pairs, **{**options, "model": plain})  # the same tower, so the same features
    assert encoded == []


def replace(pairs, column, value):
    rows = [{**row, column: value} if number == 0 else row for number, row in enumerate(pairs)]
    return Dataset.from_list(rows, features=pairs.features)


@pytest.mark.parametrize(
    "column, value, kind, message",
    [
        ("content_hash", "0" * 64, ValueError, "The picture in row 0 is not the one that its `content_hash` names"),
        ("image", None, ValueError, "Row 0 has no picture to compute features of"),
        ("image", {"bytes": None, "path": "absent.png"}, ImageDecodingError, "there is no file at absent.png"),
        ("image", {"bytes": b"no picture", "path": "a.png"}, ImageDecodingError, r"Cannot read picture 'a\.png'"),
    ],
    ids=["another", "none", "absent", "damaged"],
)
def test_a_picture_that_has_no_features_ends_with_one_sentence(
    pairs, make_model, processor, tmp_path, column, value, kind, message
):
    undecoded = pairs.cast_column("image", Image(decode=False))
    wrong = replace(undecoded, column, value)
    with pytest.raises(kind, match=message):
        feature_items(wrong, model=make_model(), processor=processor, folder=tmp_path, progress=False)


def test_features_that_are_removed_while_a_run_reads_them_are_one_sentence(pairs, make_model, processor, tmp_path):
    items = feature_items(pairs, model=make_model(), processor=processor, folder=tmp_path, progress=False)
    (items.store.folder / "shard-00000.bin").unlink()
    with pytest.raises(FeatureError, match="The features of row 2 are gone from"):
        items[2]


def _encode_share(rank, pairs, model, processor, folder, results):
    torch.set_num_threads(1)  # the threads of the process that was forked are not here
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    encoded = []
    model.vision_model.encoder.register_forward_hook(lambda _, inputs, output: encoded.append(len(output[0])))
    items = feature_items(pairs, model=model, processor=processor, folder=folder / "cache", progress=False)
    results.put((sum(encoded), torch.stack([item["image_embeds"] for item in items]).numpy()))
    distributed.destroy_process_group()


def test_the_processes_of_a_run_share_the_pictures(pairs, make_model, processor, tmp_path):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    model = make_model()
    children = [
        context.Process(target=_encode_share, args=(rank, pairs, model, processor, tmp_path, results), daemon=True)
        for rank in range(2)
    ]
    for child in children:
        child.start()
    found = [results.get(timeout=60) for _ in children]
    for child in children:
        child.join(30)
        child.kill()  # a fork of a process with threads may never end
    assert [n_encoded for n_encoded, _ in found] == [3, 3]
    assert np.array_equal(found[0][1], found[1][1])
