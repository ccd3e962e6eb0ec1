from pathlib import Path

import pytest

from tests.packaging import space_folders
from tests.packaging.running_app import AppError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _plain_paths(monkeypatch):
    """What a picture is wrapped in is the client's own business, and its import takes seconds."""
    monkeypatch.setattr(space_folders, "_handle", str)


class Client:
    """Gives back what it is told, and records what it is asked."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def predict(self, *given, api_name):
        self.asked.append((api_name, given[1:]))
        return self.answer


@pytest.mark.parametrize("kind", ["metrics", "spaces"])
def test_every_folder_of_the_checkout_is_asked_something(kind):
    for folder in (ROOT / kind).iterdir():
        if (folder / "app.py").is_file():
            assert callable(space_folders.describe_folder(f"{kind}/{folder.name}").ask)


def test_only_the_page_for_raters_is_given_a_store(tmp_path):
    store = tmp_path / "store.sqlite"
    assert (
        store.name
        in space_folders.describe_folder("spaces/annotate", store=store).variables["EVALMUSE_ANNOTATE_STORE"]
    )
    assert space_folders.describe_folder("spaces/api", store=store).variables == {}


@pytest.mark.parametrize(
    "name, answer",
    [
        ("metrics/fga_blip2", {"problem": "There is no model."}),
        ("metrics/clip_score", {"status": "ok", "score": 1.0}),
        ("metrics/element_accuracy", {"problem": "Not a number."}),
        ("spaces/api", {"status": "score_error", "overall_score": None, "elements": []}),
        ("spaces/playground", {"status": "ok", "overall_score": 0.5, "elements": [{}, {}]}),
        ("spaces/leaderboard", []),
    ],
)
def test_a_wrong_answer_is_found(name, answer):
    with pytest.raises(AppError):
        space_folders.describe_folder(name).ask(Client(answer), Path("square.png"))


@pytest.mark.parametrize(
    "name, answer, endpoint",
    [
        ("metrics/fga_blip2", {"status": "ok", "score": 4.0}, "/score"),
        ("metrics/clip_score", {"problem": "There is no packaged model."}, "/score"),
        ("metrics/element_accuracy", {"accuracy": 1.0}, "/compare"),
        ("spaces/api", {"status": "ok", "overall_score": 4.0, "elements": [{}, {}]}, "/score"),
        ("spaces/playground", {"status": "ok", "overall_score": 1.0, "elements": [{}, {}]}, "/score"),
        ("spaces/leaderboard", [{"kind": "ranking"}], "/records"),
    ],
)
def test_a_right_answer_is_taken(name, answer, endpoint):
    client = Client(answer)
    space_folders.describe_folder(name).ask(client, Path("square.png"))
    assert {asked for asked, _ in client.asked} == {endpoint}
