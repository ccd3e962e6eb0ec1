import pytest
from PIL import Image

from evalmuse_hf.scoring import ScorerError, load_scorer


def test_a_judge_opens_like_any_other_scorer_and_names_its_model():
    scorer = load_scorer("level_judge", model="mini", device="cpu", levels=["no", "yes"])
    assert scorer.name == "level_judge:mini"
    (score,) = scorer.score(images=[Image.new("RGB", (64, 64), "red")], prompts=["a red circle"])
    assert score.status in ("ok", "low_mass")
    assert 1 <= score.overall <= 2


def test_a_model_that_says_no_json_is_unparsable():
    scorer = load_scorer("vie_score", model="mini", device="cpu", part="semantics", max_new_tokens=3)
    (score,) = scorer.score(images=[Image.new("RGB", (64, 64), "red")], prompts=["a red circle"])
    assert (score.status, score.overall != score.overall) == ("unparsable", True)


def test_mistakes_are_one_sentence(tmp_path):
    with pytest.raises(ScorerError, match=r"cannot be opened .*`part` must be"):
        load_scorer("vie_score", model="mini", part="x")
    with pytest.raises(ScorerError, match="There is no model folder at"):
        load_scorer("vie_score", model=tmp_path / "none")
