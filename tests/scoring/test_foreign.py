import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest
from PIL import Image

from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.scoring import ScorerError, foreign, load_scorer

NAN = float("nan")


class Brightness:
    """Scores a picture by its mean, whatever was asked for."""

    name = "brightness:own"

    def __init__(self, *, model, device, batch_size, **options):
        self.given = (model, device, batch_size, options)

    def score(self, *, images, prompts, elements=None):
        means = [sum(image.convert("L").tobytes()) / (image.width * image.height) for image in images]
        return [PairScore(mean, ()) for mean in means]


@pytest.fixture
def plugins(monkeypatch):
    """Entry points in memory: a name may be added with the object that it stands for."""
    module = ModuleType("a_foreign_package")
    monkeypatch.setitem(sys.modules, "a_foreign_package", module)
    points = []

    def find(*, group, name=None):
        assert group == "evalmuse_hf.scorers"
        return [point for point in points if name in (None, point.name)]

    def add(name, value, *, attribute=None):
        attribute = attribute or name
        setattr(module, attribute, value)
        points.append(EntryPoint(name, f"a_foreign_package:{attribute}", "evalmuse_hf.scorers"))

    monkeypatch.setattr(foreign, "entry_points", find)
    return add


def test_a_scorer_of_another_package_is_opened_by_its_name(plugins):
    plugins("brightness", Brightness)
    scorer = load_scorer("brightness", model="anything", device="cpu", batch_size=3, gamma=2)
    assert scorer.scorer.given == ("anything", "cpu", 3, {"gamma": 2})
    (score,) = scorer.score(images=[Image.new("RGB", (4, 4), "white")], prompts=["a"])
    assert (score.overall, scorer.name, scorer.model) == (255.0, "brightness:own", None)


def test_an_unknown_name_lists_ours_and_theirs(plugins):
    plugins("brightness", Brightness)
    with pytest.raises(ScorerError, match=r"There is no scorer 'x'; choose one of fga_blip2, .*, brightness\."):
        load_scorer("x")


def test_our_names_cannot_be_taken(plugins):
    plugins("fga_blip2", Brightness)
    assert load_scorer("fga_blip2", model="mini", device="cpu").name == "fga_blip2:mini"


def test_a_name_of_two_packages_and_a_broken_one_are_one_sentence(plugins):
    plugins("twice", Brightness, attribute="one")
    plugins("twice", Brightness, attribute="two")
    with pytest.raises(ScorerError, match=r"brought by .*:one\) and .*:two\); exactly one"):
        load_scorer("twice")
    plugins("broken", lambda **options: 1 / 0)
    with pytest.raises(ScorerError, match=r"Scorer 'broken' of .* cannot be opened \(ZeroDivisionError: division"):
        load_scorer("broken")


@pytest.mark.parametrize(
    "results, message",
    [
        ([], "gave 0 results for 1 rows"),
        ([0.5], "row 0: expected a PairScore, got float"),
        ([PairScore(NAN, (), "ok")], "row 0: the score is nan and the status 'ok'"),
        ([PairScore(float("inf"), (), "odd")], "row 0: the score is inf"),
        ([PairScore(1.0, ())], "row 0: expected 1 element scores, got 0"),
        ([PairScore(1.0, (ElementScore("a", None, NAN, "ok"),))], "row 0: the score is nan"),
    ],
)
def test_results_are_checked(results, message):
    class Fixed:
        def score(self, **given):
            return results

    elements = [["a"]] if "element" in message or (results and getattr(results[0], "elements", ())) else None
    with pytest.raises(ScorerError, match=message):
        foreign.CheckedScorer(Fixed(), name="x").score(images=["a"], prompts=["a"], elements=elements)


def test_nan_with_a_reason_passes():
    class Fixed:
        def score(self, **given):
            return [PairScore(NAN, (), "too_dark", "It is night.")]

    (score,) = foreign.CheckedScorer(Fixed(), name="x").score(images=["a"], prompts=["a"])
    assert score.status == "too_dark"


def test_the_judges_of_this_package_come_the_same_way():
    assert {"level_judge", "vie_score"} <= set(foreign.foreign_names())
