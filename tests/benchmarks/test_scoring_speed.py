import runpy
from pathlib import Path

import pytest

from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.models.fga_blip2 import FGABlip2Config

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "scoring_speed.py"))


def test_the_tower_of_official_sizes_takes_its_operations():
    # 39 layers of 677 positions: 2 * 677 * 1408 * (4 * 1408 + 2 * 6144) in the weights, 4 * 677^2 * 1408 in the
    # attention; and 676 patches of 14 x 14 pixels.
    expected = 39 * (2 * 677 * 1408 * (4 * 1408 + 2 * 6144) + 4 * 677**2 * 1408) + 2 * 676 * 588 * 1408
    assert BENCHMARK["tower_flops"](FGABlip2Config()) == expected


@pytest.mark.parametrize("threads", [1, 2, 16])
def test_every_split_uses_all_threads(threads):
    found = BENCHMARK["splits"](threads)
    assert found[0] == (threads, 0)
    assert all(network >= 1 and network + workers == threads for network, workers in found)


def test_pictures_have_different_contents_and_can_be_opened(tmp_path):
    from PIL import Image

    paths = BENCHMARK["draw_pictures"](tmp_path, 20, side=32)
    assert len({content_hash(Path(path).read_bytes()) for path in paths}) == 20
    assert {Image.open(path).convert("RGB").size for path in paths} == {(32, 32)}


def test_the_naive_loop_and_the_engine_give_the_same_scores(tmp_path):
    model, processor = BENCHMARK["build"]("small", layers=1, width=64, device="cpu")
    pictures = BENCHMARK["draw_pictures"](tmp_path, 3, side=64)
    pairs = [(picture, prompt) for prompt in BENCHMARK["write_prompts"](2) for picture in pictures]
    naive = BENCHMARK["naive_side"](model, processor)

    class Options:
        batch_size = None

    with BENCHMARK["engine_side"](Options, model, processor, workers=0) as engine:
        seconds, difference = BENCHMARK["time_in_turn"]([(naive, pairs), (engine, pairs)], 1)
    assert min(seconds) > 0
    assert difference < 1e-5
    assert len(set(naive.score(pairs))) == 6


def test_a_bar_is_judged_and_what_needs_cuda_says_so(capsys):
    assert BENCHMARK["met"](9.0, 8.0) == "bar 8: met"
    assert BENCHMARK["met"](7.9, 8.0) == "bar 8: NOT met"

    class Options:
        device = "cpu"

    BENCHMARK["run_gpu"](Options, None)
    assert "not run" in capsys.readouterr().out
