"""What a page may send, and the clear refusal of everything else."""

import json
import math

import pytest

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.annotations.records import Box, ElementAnswer, StructuralProblem
from evalmuse_hf.annotations.submissions import parse_draft, parse_reason, parse_submission
from tests.annotations.campaign import payload_of

IDS = (7, 3)


def refusal(payload, field):
    with pytest.raises(AnnotationError, match=field) as caught:
        parse_submission(payload, element_ids=IDS)
    assert caught.value.status == "bad_answer"
    assert caught.value.http_status == 422
    assert len(str(caught.value)) < 400
    return str(caught.value)


def test_a_complete_answer_is_read_in_the_order_of_the_prompt():
    payload = payload_of(
        reversed(IDS),
        4,
        split_wrong=True,
        prompt_meaningless=True,
        comment="two <b>cats</b>'); DROP TABLE ratings; --",
        problems=[{"label": "human-hand", "box": [0, 0.25, 0.5, 1]}, {"label": "object", "box": None}],
    )
    payload["elements"]["3"] = {"value": 0, "sure": False}
    answer = parse_submission(json.loads(json.dumps(payload)), element_ids=IDS)
    assert answer.elements == (ElementAnswer(element_id=7, value=1), ElementAnswer(element_id=3, value=0, sure=False))
    assert (answer.overall, answer.split_wrong, answer.prompt_meaningless) == (4, True, True)
    assert answer.problems == (
        StructuralProblem(label="human-hand", box=Box(left=0.0, top=0.25, right=0.5, bottom=1.0)),
        StructuralProblem(label="object"),
    )
    assert answer.comment == payload["comment"]
    assert answer.submission_id == payload["submission_id"]


def test_what_may_be_left_out_has_its_default():
    short = {name: payload_of(IDS)[name] for name in ("submission_id", "overall", "elements")}
    answer = parse_submission(short, element_ids=IDS)
    assert (answer.duration_s, answer.client, answer.comment, answer.problems) == (None, "", "", ())
    assert not answer.split_wrong
    assert not answer.prompt_meaningless


def test_a_prompt_without_elements_needs_none():
    assert parse_submission(payload_of(()), element_ids=()).elements == ()


def test_fields_that_are_no_part_of_an_answer_change_nothing():
    plain = payload_of(IDS)
    forged = {**plain, "rater_id": 1, "assignment_id": 99, "standing": "counted", "gold": False}
    assert parse_submission(forged, element_ids=IDS) == parse_submission(plain, element_ids=IDS)


@pytest.mark.parametrize("overall", [0, 6, 3.0, "3", True, None, [3], math.nan, 10**30])
def test_an_overall_rating_is_one_of_five_whole_numbers(overall):
    refusal(payload_of(IDS, overall), "`overall`")


@pytest.mark.parametrize("value", [2, -1, True, 0.0, "1", None])
def test_an_element_is_there_or_not(value):
    payload = payload_of(IDS)
    payload["elements"]["3"]["value"] = value
    refusal(payload, r"`elements\.3\.value`")


@pytest.mark.parametrize(
    "elements, words",
    [
        ({"7": {"value": 1}}, "lacks 1 of 2"),
        ({}, "lacks 2 of 2"),
        ({"7": {"value": 1}, "3": {"value": 1}, "9": {"value": 1}}, "does not have"),
        ({"7": 1, "3": 1}, r"`elements\.7`"),
        ({"7": {"value": 1, "sure": 1}, "3": {"value": 1}}, r"`elements\.7\.sure`"),
        ([1, 1], "`elements`"),
        (None, "`elements`"),
    ],
)
def test_every_element_of_the_prompt_and_no_other_has_an_answer(elements, words):
    refusal(payload_of(IDS, elements=elements), words)


@pytest.mark.parametrize("name", ["", "1234567", "a" * 101, "12345678\n", "'; DROP--", "å" * 9, 12345678, None])
def test_a_submission_number_is_short_and_plain(name):
    refusal(payload_of(IDS, submission_id=name), "`submission_id`")


@pytest.mark.parametrize(
    "box",
    [
        [0, 0, 1],
        [0, 0, 1, 1, 1],
        [0.5, 0, 0.5, 1],
        [0, 0.9, 1, 0.1],
        [-0.1, 0, 1, 1],
        [0, 0, 1.1, 1],
        [0, 0, math.nan, 1],
        [0, 0, math.inf, 1],
        [0, 0, 10**400, 1],
        [0, 0, "1", 1],
        [False, 0, True, 1],
        "0011",
        {"left": 0},
    ],
)
def test_a_box_lies_in_the_picture(box):
    refusal(payload_of(IDS, problems=[{"label": "animal", "box": box}]), r"`problems\[0\]\.box")


@pytest.mark.parametrize("label", ["Animal", "", "human_hand", None, 3, ["animal"], {}])
def test_a_structural_problem_has_a_known_label(label):
    refusal(payload_of(IDS, problems=[{"label": label, "box": None}]), r"`problems\[0\]\.label`")


def test_problems_are_a_list_of_at_most_fifty():
    problem = {"label": "animal", "box": None}
    assert len(parse_submission(payload_of(IDS, problems=[problem] * 50), element_ids=IDS).problems) == 50
    refusal(payload_of(IDS, problems=[problem] * 51), "`problems`")
    refusal(payload_of(IDS, problems="animal"), "`problems`")
    refusal(payload_of(IDS, problems=["animal"]), r"`problems\[0\]`")


@pytest.mark.parametrize("comment", ["a" * 2001, "nul \x00", "half \ud83d", 3, None, ["x"]])
def test_a_comment_is_text_that_every_database_stores(comment):
    refusal(payload_of(IDS, comment=comment), "`comment`")


def test_a_comment_of_the_longest_length_in_any_script_is_kept():
    assert len(parse_submission(payload_of(IDS, comment="猫😀" * 1000), element_ids=IDS).comment) == 2000


@pytest.mark.parametrize(
    "sent, kept", [(None, None), (0, 0.0), (12.5, 12.5), (-3, 0.0), (1e9, 86400.0), (math.inf, 86400.0)]
)
def test_a_duration_is_clipped_to_a_day(sent, kept):
    assert parse_submission(payload_of(IDS, duration_s=sent), element_ids=IDS).duration_s == kept


@pytest.mark.parametrize("duration", ["12", math.nan, True, [], {}])
def test_a_duration_that_is_no_number_is_refused(duration):
    refusal(payload_of(IDS, duration_s=duration), "`duration_s`")


def test_a_huge_duration_does_not_overflow():
    assert parse_submission(payload_of(IDS, duration_s=10**400), element_ids=IDS).duration_s == 86400.0


def test_the_name_of_a_client_is_cut():
    assert parse_submission(payload_of(IDS, client="x" * 300), element_ids=IDS).client == "x" * 100


@pytest.mark.parametrize("payload", [None, [], "text", 3])
def test_an_answer_is_a_json_object(payload):
    refusal(payload, "the answer")


def test_a_message_never_repeats_a_long_value():
    assert "xxxxx" not in refusal(payload_of(IDS, submission_id="x" * 50_000), "`submission_id`")


def test_a_draft_may_lack_anything():
    assert parse_draft({}, element_ids=IDS) == {}
    draft = {"overall": None, "elements": {"7": {"value": None, "sure": False}}, "comment": "so far", "other": 1}
    assert parse_draft(draft, element_ids=IDS) == {"elements": draft["elements"], "comment": "so far"}


@pytest.mark.parametrize(
    "draft",
    [
        {"overall": 6},
        {"elements": {"9": {"value": 1}}},
        {"elements": {"7": {"value": 2}}},
        {"elements": {"7": {"value": None, "sure": "no"}}},
        {"problems": [{"label": "cat"}]},
        {"comment": "x" * 2001},
        {"split_wrong": 1},
        [],
        None,
    ],
)
def test_what_is_in_a_draft_is_on_its_scale(draft):
    with pytest.raises(AnnotationError):
        parse_draft(draft, element_ids=IDS)


@pytest.mark.parametrize("extra", ["x" * 200_000, math.nan, {1, 2}])
def test_a_draft_is_short_json(extra):
    with pytest.raises(AnnotationError, match="draft"):
        parse_draft({"elements": {"7": {"value": 1, "sure": True, "note": extra}}}, element_ids=IDS)


def test_a_reason_says_something():
    assert parse_reason("  too dark ") == "too dark"
    for reason in ("", "  ", "x" * 501, None, "\x00"):
        with pytest.raises(AnnotationError, match="`reason`"):
            parse_reason(reason)
