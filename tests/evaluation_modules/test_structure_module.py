import pytest
from PIL import Image

from evalmuse_hf.evaluation_modules import StructureModule
from evalmuse_hf.models.scorer import ElementScore, PairScore


class Structure(StructureModule):
    """Structure."""

    scorer_name = "structure_vqa"


class Stub:
    """Knows what the raters will say of three pictures."""

    def score(self, *, images, prompts, elements):
        assert prompts == ["a picture"] * len(images)
        rows = [(0.9, 0.2, 0.1), (0.1, 0.8, 0.1), None]
        return [
            PairScore(float("nan"), (), "image_error", "No.")
            if row is None
            else PairScore(max(row), tuple(ElementScore("x", None, value, "ok") for value in row))
            for row in rows[: len(images)]
        ]


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.evaluation_modules.scoring_module.load_scorer", lambda name, **options: Stub())
    return Structure(cache_dir=str(tmp_path))


def test_the_detection_is_counted_by_hand(module):
    pictures = [Image.new("RGB", (4, 4))] * 3
    result = module.compute(images=pictures, human=[1.0, 0.0, 1.0], animal=[1.0, 1.0, None])
    assert result["scores"][:2] == [0.9, 0.8]
    assert result["statuses"] == ["ok", "ok", "image_error"]
    assert sorted(result["detection"]) == ["animal", "human", "overall"]
    human, animal, overall = (result["detection"][kind] for kind in ("human", "animal", "overall"))
    assert (human["precision"], human["recall"], human["f1"], human["n_dropped"]) == (1, 1, 1, 1)
    assert (animal["precision"], animal["recall"], animal["prevalence"]) == (1, 0.5, 1)
    assert overall["f1"] == pytest.approx(2 * 2 / (2 + 3))
    assert overall["always_yes_f1"] == pytest.approx(2 * 0.75 / 1.75)


def test_without_ratings_there_are_scores_alone(module):
    result = module.compute(images=[Image.new("RGB", (4, 4))])
    assert (result["scores"], result["element_scores"], result["detection"]) == ([0.9], [[0.9, 0.2, 0.1]], {})
