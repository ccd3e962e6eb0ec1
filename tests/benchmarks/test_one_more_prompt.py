import runpy
from pathlib import Path

import torch

from evalmuse_hf.models.fga_blip2 import FGABlip2Config

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "one_more_prompt.py"))


def test_the_ratio_is_that_of_one_prompt_of_a_batch(capsys):
    BENCHMARK["report"]({"tower": [2.0, 4.0, 3.0], "batch": [1.5, 1.4, 9.0]}, n_prompts=50, layers=39, dtype="float32")
    *_, last = capsys.readouterr().out.splitlines()
    assert last.split() == ["one", "more", "prompt", "1.00%", "of", "the", "first", "(bar", "2%:", "met)"]


def test_a_smaller_tower_is_not_judged(capsys):
    BENCHMARK["report"]({"tower": [1.0], "batch": [64.0]}, n_prompts=64, layers=1, dtype="float32")
    assert "not judged" in capsys.readouterr().out


def test_weights_without_a_slow_start_are_whole(monkeypatch):
    tiny = FGABlip2Config(
        vision_config={"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2},
        qformer_config={"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
        num_query_tokens=2,
    )
    build = BENCHMARK["build"]
    monkeypatch.setitem(build.__globals__, "FGABlip2Config", lambda **_: tiny)
    model = build(layers=1, device="cpu")
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())
    assert all(parameter.device.type == "cpu" for parameter in model.parameters())
    for name, buffer in model.named_buffers():
        assert torch.equal(buffer, torch.arange(buffer.shape[1])[None]), name
    assert model.qformer.layernorm.weight.eq(1).all()
