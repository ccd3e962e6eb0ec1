import json

import pytest

from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground.endpoints import Endpoints
from evalmuse_hf.pages.playground.proposals import PageSplitter, Proposer
from evalmuse_hf.pages.scorers import PageScorers
from tests.pages.playground.stand_ins import Brightness, Words

LIMITS = PageLimits(max_elements=3)


@pytest.fixture
def endpoints():
    scorers = PageScorers({"one": Brightness("fga_blip2:mini"), "two": Brightness("clip_score")})
    return Endpoints(scorers, Proposer(PageSplitter(Words(), None), LIMITS), limits=LIMITS)


def test_a_score_is_spelled_as_by_the_scoring_api(endpoints, uploads):
    assert endpoints.score(uploads[1], "a cat", ["cat (animal)"], "two") == {
        "overall_score": 1.0,
        "status": "ok",
        "message": "It is bright.",
        "elements": [{"text": "cat", "category": "animal/human", "score": 0.3, "status": "ok"}],
    }


@pytest.mark.parametrize(
    "values, status, sentence",
    [
        (("given", 7, None, ""), "prompt_error", "The prompt must be a text."),
        (("given", " ", None, ""), "prompt_error", "The prompt is empty."),
        (("given", "a cat", ["a", "b", "c", "d"], ""), "element_error", "There are 4 elements; 3 are allowed"),
        (("given", "a cat", None, "OWNER/MODEL"), "scorer_error", "This server has no scorer 'OWNER/MODEL'"),
        ((None, "a cat", None, ""), "image_error", "There is no picture yet"),
        (("/etc/passwd", "a cat", None, ""), "image_error", "no uploaded file"),
    ],
)
def test_what_is_wrong_is_a_status_and_a_sentence(endpoints, uploads, values, status, sentence):
    picture, *rest = values
    answer = endpoints.score(uploads[0] if picture == "given" else picture, *rest)
    assert (answer["overall_score"], answer["status"]) == (None, status)
    assert sentence in answer["message"]


def test_two_pictures_give_a_difference_if_both_have_scores(endpoints, uploads):
    assert endpoints.compare(*uploads, "a cat", None, "")["difference"] == 1.0
    missing = endpoints.compare(uploads[0], None, "a cat", None, "")
    assert (missing["difference"], missing["second"]["status"]) == (None, "image_error")


def test_elements_are_proposed_with_who_proposed_them(endpoints):
    assert endpoints.propose("a cat") == {
        "elements": ["a", "cat"],
        "message": "Proposed by words:1.",
        "splitter": "words:1",
    }
    assert "must be a text" in endpoints.propose(None)["message"]


def test_scorers_without_maps_say_so(endpoints, uploads):
    assert endpoints.maps(uploads[0], "a cat", ["cat"], "")["message"].startswith("This scorer has no maps")
    assert endpoints.maps(None, "a cat", ["cat"], "")["message"].startswith("There is no picture yet")


def test_the_server_says_what_it_has(endpoints):
    about = json.loads(json.dumps(endpoints.about()))
    assert [(one["label"], one["scale"], one["judges"][:8]) for one in about["scorers"]] == [
        ("one", [1.0, 5.0], "drawings"),
        ("two", None, "pictures"),
    ]
    assert about["limits"]["max_elements"] == 3
