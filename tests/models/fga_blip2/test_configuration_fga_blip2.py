import json

import pytest
from transformers import AutoConfig

from evalmuse_hf.models.fga_blip2 import FGABlip2Config


def test_defaults_are_the_sizes_of_the_released_checkpoint():
    config = FGABlip2Config()
    vision, qformer = config.vision_config, config.qformer_config
    assert (vision.image_size, vision.hidden_size, vision.num_hidden_layers) == (364, 1408, 39)
    assert (qformer.vocab_size, qformer.hidden_size, qformer.num_hidden_layers) == (30523, 768, 12)
    assert (config.num_query_tokens, config.vision_post_layernorm_eps, vision.layer_norm_eps) == (32, 1e-5, 1e-6)
    assert config.mask_head_sizes == (256, 128, 64, 16)


def test_text_input_of_the_qformer_cannot_be_switched_off():
    assert FGABlip2Config(qformer_config={"use_qformer_text_input": False}).qformer_config.use_qformer_text_input


@pytest.mark.parametrize("image_size", [28, 224], ids=["unusual size", "default size of BLIP-2"])
def test_save_and_load_keep_every_field(tmp_path, image_size):
    config = FGABlip2Config(
        vision_config={"image_size": image_size, "hidden_size": 32},
        qformer_config={"vocab_size": 30522, "cross_attention_frequency": 1},
        num_query_tokens=3,
        mask_head_sizes=(8, 4),
        vision_post_layernorm_eps=1e-4,
        initializer="width",
        initializer_factor=0.5,
    )
    config.save_pretrained(tmp_path)
    loaded = AutoConfig.from_pretrained(tmp_path)
    assert isinstance(loaded, FGABlip2Config)
    assert json.loads(loaded.to_json_string()) == json.loads(config.to_json_string())
    assert loaded.vision_config.image_size == image_size


def test_the_saved_file_describes_no_language_model(tmp_path):
    FGABlip2Config().save_pretrained(tmp_path)
    assert "opt" not in (tmp_path / "config.json").read_text("utf-8")


@pytest.mark.parametrize(
    "initializer, expected", [("official", (0.02, 0.02)), ("width", (1 / 8, 1 / 6))], ids=["official", "width"]
)
def test_initializer_sets_the_deviation_of_both_encoders(initializer, expected):
    config = FGABlip2Config(
        vision_config={"hidden_size": 64}, qformer_config={"hidden_size": 36}, initializer=initializer
    )
    ranges = (config.vision_config.initializer_range, config.qformer_config.initializer_range)
    assert ranges == pytest.approx(expected)
    assert config.initializer_range == config.qformer_config.initializer_range


@pytest.mark.parametrize(
    "options, message",
    [
        ({"initializer": "zeros"}, "`initializer` must be one of official, width, got 'zeros'"),
        ({"num_query_tokens": 0}, "`num_query_tokens` must be at least 1"),
        ({"mask_head_sizes": ()}, "`mask_head_sizes` must be positive widths"),
        ({"initializer_factor": 0.0}, "`initializer_factor` must be more than 0"),
        ({"image_token_index": 5}, "`image_token_index` must be None"),
    ],
    ids=["unknown initializer", "no queries", "no mask head", "no deviation", "image tokens"],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        FGABlip2Config(**options)
