import pytest
import scipy.stats
import torch

from evalmuse_hf.mini.checkpoints import find_checkpoint
from evalmuse_hf.mini.pairs import draw_pairs
from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision, tensor_cores, tower_precision
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

# Mean distance of an overall score (1 to 5) from float32 that we allow: five times what it is over 600 drawn pairs,
# 0.0020 and 0.00015. There half of the pairs move by less than 0.0001; a single one, between two answers, moves by
# 0.44 and 0.010, so that the largest distance of a few pairs says little.
MEAN_DISTANCES = {torch.bfloat16: 0.01, torch.float16: 0.00075}
HALVES = pytest.mark.parametrize("dtype", list(MEAN_DISTANCES), ids=["bfloat16", "float16"])


@pytest.fixture(scope="module")
def mini() -> FGABlip2Scorer:
    """The checkpoint that travels in the package."""
    folder = find_checkpoint("mini")
    model = FGABlip2ForAlignment.from_pretrained(folder)
    return FGABlip2Scorer(model, FGABlip2Processor.from_pretrained(folder), name="mini")


@pytest.fixture(scope="module")
def drawn():
    """48 pairs of 12 drawn pictures."""
    pool = draw_pool(12, seed=0, image_size=128)
    pairs = list(draw_pairs(pool, range(12), seed=0))
    return {"images": [pool.pixels[pair.row] for pair in pairs], "prompts": [pair.prompt for pair in pairs]}


@pytest.fixture(scope="module")
def in_float32(mini, drawn):
    return [score.overall for score in mini.score(**drawn)]


def dtypes(model, *, of_tower: bool) -> set[torch.dtype]:
    parts = ("vision_model.embeddings.", "vision_model.encoder.")
    tensors = [*model.named_parameters(), *((name, each) for name, each in model.named_buffers())]
    return {each.dtype for name, each in tensors if name.startswith(parts) is of_tower and each.is_floating_point()}


@HALVES
@pytest.mark.parametrize("before", [torch.float32, torch.bfloat16], ids=["from float32", "from bfloat16"])
def test_only_the_tower_changes_its_precision(tiny_model, dtype, before):
    tiny_model.to(before)
    set_tower_precision(tiny_model, dtype)
    assert dtypes(tiny_model, of_tower=True) == {dtype}
    assert dtypes(tiny_model, of_tower=False) == {torch.float32}
    assert tower_precision(tiny_model) == dtype


@HALVES
def test_the_tower_says_half_precision_and_the_heads_say_float32(tiny_model, dtype):
    set_tower_precision(tiny_model, dtype)
    pixels = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        image = tiny_model.encode_images(pixels)
        output = tiny_model(input_ids=torch.tensor([[2, 5, 3], [2, 6, 3]]), image_embeds=image)
    assert image.dtype == dtype
    assert {each.dtype for each in output.to_tuple()} == {torch.float32}


def test_a_model_is_in_float32_at_first(tiny_model):
    assert tower_precision(tiny_model) == torch.float32


@HALVES
def test_a_tower_that_comes_back_to_float32_keeps_the_rounded_weights(tiny_model, dtype):
    before = {name: weights.clone() for name, weights in tiny_model.state_dict().items()}
    set_tower_precision(tiny_model, dtype)
    set_tower_precision(tiny_model, torch.float32)
    assert dtypes(tiny_model, of_tower=True) == dtypes(tiny_model, of_tower=False) == {torch.float32}
    assert tower_precision(tiny_model) == torch.float32
    layer = "vision_model.encoder.layers.0.self_attn.qkv.weight"
    after = tiny_model.state_dict()
    assert torch.equal(after[layer], before[layer].to(dtype).float())
    assert not torch.equal(after[layer], before[layer])
    kept = [name for name in before if not name.startswith(("vision_model.embeddings.", "vision_model.encoder."))]
    assert all(torch.equal(after[name], before[name]) for name in kept)


@HALVES
def test_scores_stay_near_those_of_float32(mini, drawn, in_float32, dtype):
    weights = {name: each.clone() for name, each in mini.model.state_dict().items()}
    try:
        set_tower_precision(mini.model, dtype)
        scores = mini.score(**drawn)
    finally:
        set_tower_precision(mini.model, torch.float32)
        mini.model.load_state_dict(weights)
    assert {score.status for score in scores} == {"ok"}
    overall = [score.overall for score in scores]
    distances = [abs(half - full) for half, full in zip(overall, in_float32, strict=True)]
    order = scipy.stats.spearmanr(overall, in_float32).statistic
    print(f"{dtype}: mean {sum(distances) / 48:.5f}, largest {max(distances):.5f}, rank correlation {order:.6f}")
    assert 0 < sum(distances) / len(distances) < MEAN_DISTANCES[dtype]
    assert order > 0.999


def test_tensor_cores_are_allowed_meanwhile_only():
    flags = torch.backends.cuda.matmul
    before = flags.allow_tf32
    with tensor_cores(allowed=True):
        assert flags.allow_tf32
    with tensor_cores(allowed=False):
        assert flags.allow_tf32 == before
    with pytest.raises(RuntimeError, match="inside"), tensor_cores(allowed=True):
        raise RuntimeError("inside")
    assert flags.allow_tf32 == before
