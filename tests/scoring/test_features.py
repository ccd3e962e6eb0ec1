import logging
import shutil
from collections import namedtuple

import numpy as np
import pytest
import torch

from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.scoring.feature_store import FeatureError, FeatureStore
from evalmuse_hf.scoring.features import FeatureCache, VisionTower, folder_bytes


@pytest.fixture
def model(model_folder):
    return FGABlip2ForAlignment.from_pretrained(model_folder)


@pytest.fixture
def processor(model_folder):
    return FGABlip2Processor.from_pretrained(model_folder)


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(FeatureStore(tmp_path / "cache", key="key", shape=(2, 3)))


def test_a_tower_gives_what_the_model_takes_for_a_picture(model, processor, pictures):
    tower = VisionTower(model.train(), processor)
    images = [pictures / "0.png", pictures / "1.png"]
    inputs = processor(images=images, prompts=["a red cat"] * 2, return_tensors="pt")
    features = tower.encode(images)
    assert model.vision_model.training
    assert features.shape == (2, *tower.shape)
    model.eval()
    with torch.no_grad():
        whole = model(**inputs).overall_score
        kept = model(input_ids=inputs["input_ids"], image_embeds=features).overall_score
    assert torch.equal(whole, kept)


def test_the_key_is_the_same_for_the_same_tower_however_it_was_made(model, processor, model_folder, tmp_path):
    key = VisionTower(model, processor).key
    FGABlip2ForAlignment.from_pretrained(model_folder).save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    again = VisionTower(FGABlip2ForAlignment.from_pretrained(tmp_path), FGABlip2Processor.from_pretrained(tmp_path))
    assert again.key == key
    with torch.no_grad():  # what a training changes
        model.vision_model.post_layernorm.weight += 1
        model.query_tokens += 1
    assert VisionTower(model, processor).key == key


@pytest.mark.parametrize("change", ["weights", "precision", "sizes", "pictures"])
def test_the_key_changes_with_everything_that_the_features_depend_on(model, processor, change):
    key = VisionTower(model, processor).key
    if change == "weights":
        model.vision_model.embeddings.class_embedding.data[..., 0] += 1e-6
    elif change == "precision":
        model = model.to(torch.bfloat16)
    elif change == "sizes":
        model.config.vision_config.num_attention_heads = 2
    else:
        processor.image_processor.image_mean = (0.5, 0.5, 0.5)
    assert VisionTower(model, processor).key != key


def test_what_cannot_be_read_is_not_identified(cache, pictures):
    for picture in (5, pictures / "absent.png", np.zeros((2, 2, 7)), {"bytes": 3}, "a" * 300, "\0", {}):
        assert cache.identify(picture) is None
    assert cache.identify(pictures / "empty.png") is not None  # whoever opens it says what is wrong


def test_a_cache_keeps_features_and_finds_them(cache):
    features = torch.arange(6.0).reshape(2, 3)
    assert cache.find("a" * 64) is None
    assert torch.equal(cache.keep("a" * 64, features), features)
    assert torch.equal(cache.find("a" * 64), features)


def test_what_is_no_number_is_used_and_not_kept(cache):
    features = torch.full((2, 3), float("nan"))
    assert cache.keep("a" * 64, features) is features
    assert cache.find("a" * 64) is None


@pytest.mark.parametrize("action", ["find", "keep"])
def test_a_store_that_fails_costs_one_warning_and_no_score(cache, monkeypatch, caplog, action):
    def fail(*arguments):
        raise FeatureError("the disk is full")

    monkeypatch.setattr(cache.store, "read" if action == "find" else "write", fail)
    features = torch.zeros(2, 3)
    with caplog.at_level(logging.WARNING, "evalmuse_hf"):
        for _ in range(2):
            assert cache.find("a" * 64) is None
            assert torch.equal(cache.keep("a" * 64, features), features)
    assert caplog.messages == ["No more features are kept: the disk is full"]


def test_space_is_needed_only_for_pictures_that_are_not_kept(cache, pictures, monkeypatch):
    usage = namedtuple("usage", "total used free")
    names = [pictures / f"{number}.png" for number in range(3)]
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, 2**26 + 50))  # room for two
    cache.reserve([*names[:2], *names[:2]])
    with pytest.raises(FeatureError, match="The features of 3 pictures of 24 B need 72 B"):
        cache.reserve(names)
    cache.keep(cache.identify(names[0]), torch.zeros(2, 3))
    cache.reserve([*names, 5])


def test_a_limit_ends_the_growth_and_what_is_there_is_used(tmp_path, caplog):
    store = FeatureStore(tmp_path / "cache", key="x", shape=(2, 3))
    used = folder_bytes(tmp_path / "cache")
    cache = FeatureCache(store, max_bytes=used + 2 * store.bytes_per_picture)
    for name in "abc":
        cache.keep(name * 64, torch.ones(2, 3))
    assert [name * 64 in cache for name in "abc"] == [True, True, False]
    assert "bytes that were allowed" in caplog.text
    assert cache.find("c" * 64) is None
    assert torch.equal(cache.find("a" * 64), torch.ones(2, 3))
    again = FeatureCache(FeatureStore(tmp_path / "cache", key="x", shape=(2, 3)), max_bytes=used + 30)
    again.keep("d" * 64, torch.ones(2, 3))
    assert "d" * 64 not in again


def test_a_limit_below_one_picture_is_refused(tmp_path):
    store = FeatureStore(tmp_path, key="x", shape=(2, 3))
    with pytest.raises(FeatureError, match="A feature cache of 23 bytes holds no picture, whose features take 24"):
        FeatureCache(store, max_bytes=23)


def test_a_folder_has_the_size_of_its_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"123")
    assert folder_bytes(tmp_path) == 3
    assert folder_bytes(tmp_path / "absent") == 0
