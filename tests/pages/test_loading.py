import pytest

from evalmuse_hf.pages import loading
from evalmuse_hf.scoring import ScorerError


def test_names_are_labels_and_what_stands_behind_the_colon_is_the_model(monkeypatch):
    loaded = []
    monkeypatch.setattr(loading, "load_scorer", lambda name, *, model, device: loaded.append((name, model, device)))
    scorers = loading.load_page_scorers(["fga_blip2", "vqa_score:owner/a:b"], device="cpu")
    assert scorers.labels == ("fga_blip2", "vqa_score:owner/a:b")
    assert loaded == [("fga_blip2", None, "cpu"), ("vqa_score", "owner/a:b", "cpu")]


def test_without_names_the_packaged_ones_are_loaded(monkeypatch):
    monkeypatch.setattr(loading, "load_scorer", lambda name, *, model, device: (name, model))
    scorers = loading.load_page_scorers([])
    assert scorers.labels == ("fga_blip2:mini", "pn_vqa:mini")
    assert scorers.find() == ("fga_blip2", "mini")


def test_two_scorers_of_one_name_are_refused_before_anything_is_loaded():
    with pytest.raises(ScorerError, match="must be different"):
        loading.load_page_scorers(["nonsense", "nonsense"])


@pytest.mark.parametrize(
    "name, advice",
    [
        ("fga_blip2", "use `--scorer fga_blip2:mini` for drawings"),
        ("pn_vqa", "use `--scorer pn_vqa:mini` for drawings"),
        ("nonsense:mini", "choose one of fga_blip2"),
        ("clip_score:mini", "give a folder or a Hub id"),
    ],
)
def test_a_scorer_that_cannot_be_had_is_named_with_what_to_write_instead(name, advice):
    with pytest.raises(ScorerError, match=f"^Scorer '{name}' cannot be loaded: ") as caught:
        loading.load_page_scorers([name])
    assert advice in str(caught.value)
    assert "--model" not in str(caught.value)
