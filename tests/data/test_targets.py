import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from transformers import BertTokenizer, BlipImageProcessorPil

from evalmuse_hf.data import official_locations, token_targets
from evalmuse_hf.models.fga_blip2 import FGABlip2Processor
from evalmuse_hf.schema import Element


def located(*positions: int, text: str = "words") -> SimpleNamespace:
    return SimpleNamespace(positions=positions, spans=SimpleNamespace(text=text))


def test_elements_that_share_a_token_average_there():
    targets = token_targets([located(1, 2), located(2, 3)], [1.0, 0.5], length=5)
    assert targets.token_target.tolist() == [0, 1, 0.75, 0.5, 0]
    assert targets.token_mask.tolist() == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("overall_score, expected", [(1.0, 0.0), (3.0, 0.5), (5.0, 1.0)])
def test_cls_learns_the_overall_score_as_a_share_of_its_scale(overall_score, expected):
    targets = token_targets([], [], length=3, overall_score=overall_score)
    assert targets.token_target.tolist() == [expected, 0, 0]
    assert targets.token_mask.tolist() == [1, 0, 0]


def test_cls_may_be_left_alone():
    for options in ({"cls_target": False, "overall_score": 3.0}, {"overall_score": math.nan}):
        targets = token_targets([located(1)], [1.0], length=3, **options)
        assert targets.token_mask.tolist() == [0, 1, 0]
        assert targets.token_target.tolist() == [0, 1, 0]


def test_an_unplaced_element_is_named_and_an_unrated_one_is_ignored():
    locations = [located(text="absent"), located(text="unrated"), located(2, text="rated no")]
    targets = token_targets(locations, [1.0, math.nan, 0.0], length=4)
    assert targets.unplaced == ("absent",)
    assert targets.token_mask.tolist() == [0, 0, 1, 0]


def test_tokens_beyond_the_length_are_cut():
    targets = token_targets([located(1, 5), located(6, text="far")], [1.0, 1.0], length=3)
    assert targets.token_mask.tolist() == [0, 1, 0]
    assert targets.unplaced == ("far",)


def test_scores_and_elements_must_be_as_many():
    with pytest.raises(ValueError, match="got 1 scores for 2 elements"):
        token_targets([located(1), located(2)], [1.0], length=3)


# Element scores of the golden batch, read off its `token_score` by hand; "cat" shares its token with "a cat":
# (.255 + .635) / 2 = .445.
GOLDEN_SCORES = {
    0: [0.797, 0.468, 0.303, 0.278],
    8: [0.255, 0.635],
    13: [0.505, 0.553, 0.996, 0.793, 0.622, 0.989, 0.215, 0.9],  # the last one, a banana, is not in the prompt
    22: [0.160, 0.613, 0.044],
}


def test_the_official_training_batch_is_reproduced(golden: Path):
    folder = golden / "fga_blip2_tiny"
    words = (folder / "vocab.txt").read_text("utf-8").split("\n")
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(words) if word})
    processor = FGABlip2Processor(BlipImageProcessorPil(size={"height": 56, "width": 56}), tokenizer)
    cases = json.loads((folder / "cases.json").read_text("utf-8"))
    batch = json.loads((folder / "training_batch.json").read_text("utf-8"))
    for row, index in enumerate(batch["case_indices"]):
        texts = [Element.parse(key).text for key in cases[index]["elements"]]
        (locations,) = processor.locate([cases[index]["prompt"]], [texts])
        targets = token_targets(locations, GOLDEN_SCORES[index], length=32, overall_score=batch["score"][row])
        np.testing.assert_array_equal(targets.token_mask, batch["mask"][row])
        np.testing.assert_allclose(targets.token_target, batch["token_score"][row], atol=1e-6)  # float32


def test_official_places_are_those_of_the_raw_prompt():
    """By hand: [CLS] a red cat . on the cat [SEP] are places 0 to 8, and the model reads no full stop."""
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] a red cat . on the ##s".split()  # noqa: SIM905
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(words)})
    elements = ["red cat", "cat", "on the", "dog", "the dog"]
    locations = official_locations("A red cat. On the cats", elements, tokenizer=tokenizer)
    assert [location.positions for location in locations] == [(2, 3), (3,), (5, 6), (), ()]
    targets = token_targets(locations, [1.0, 0.5, 0.25, 1.0, math.nan], length=6, overall_score=2.0)
    assert targets.token_mask.tolist() == [1, 0, 1, 1, 0, 1]
    assert targets.token_target.tolist() == [0.25, 0, 1, 0.75, 0, 0.25]
    assert targets.unplaced == ("dog",)
