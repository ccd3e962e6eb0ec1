"""Reading the log."""

from evalmuse_hf.annotations.records import GoldAnswer, RoundSettings
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.inspection import accept, return_batch
from evalmuse_hf.annotations.store.rating_log import last_answer, rating_rows, read_ratings, return_reason
from evalmuse_hf.annotations.store.ratings import revise, submit
from evalmuse_hf.annotations.store.rounds import close_round, open_round
from evalmuse_hf.annotations.store.tables import ratings
from evalmuse_hf.annotations.submissions import parse_submission
from tests.annotations.campaign import ALL_STANDINGS, answer_to, make_store, payload_of, rate_next


def test_standings_follow_corrections_and_the_last_inspection(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3)
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    revise(campaign.store, rater_id, task.assignment_id, answer_to(task), revision=1)
    other = rate_next(campaign, 1)

    def standings():
        return [row.standing for row in read_ratings(campaign.store, standings=ALL_STANDINGS)]

    assert standings() == ["revised", "counted", "counted"]
    return_batch(campaign.store, [2, other.rating_id], inspector="me", reason="too fast")
    assert standings() == ["revised", "returned", "returned"]
    accept(campaign.store, [other.rating_id], inspector="me", reason="was fine")
    assert standings() == ["revised", "returned", "counted"]
    assert rate_next(campaign, 0).rating_id == 4
    assert standings() == ["revised", "returned", "counted", "counted"]
    assert [row.rating_id for row in read_ratings(campaign.store, standings=("returned",))] == [2]


def test_rounds_and_gold_answers_can_be_told_apart(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    close_round(campaign.store, campaign.round.round_id)
    gold = {campaign.item_ids[0]: GoldAnswer(overall=3.0)}
    pilot = open_round(
        campaign.store,
        name="pilot",
        kind="pilot",
        gold=gold,
        items=campaign.item_ids,
        settings=RoundSettings(min_gold_items=1, min_gold_elements=0.0),
    )
    for _ in range(2):
        rate_next(campaign, 0)
    rate_next(campaign, 1)
    all_rows = read_ratings(campaign.store, gold=None)
    assert len(all_rows) == 3
    assert {row.round_kind for row in all_rows} == {"pilot"}
    in_pilot = read_ratings(campaign.store, rounds=[pilot.round_id], gold=None)
    assert in_pilot == all_rows
    assert read_ratings(campaign.store, rounds=[campaign.round.round_id], gold=None) == []
    golden, plain = read_ratings(campaign.store, gold=True), read_ratings(campaign.store)
    assert {row.item_id for row in golden} == {campaign.item_ids[0]}
    assert sorted([*golden, *plain], key=lambda row: row.rating_id) == all_rows


def test_the_last_answer_has_the_form_in_which_a_page_sends_it(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite")
    task = next_task(campaign.store, campaign.rater_ids[0])
    problems = [{"label": "object", "box": [0.0, 0.25, 0.5, 1.0]}, {"label": "human-face", "box": None}]
    sent = payload_of(task.item.element_ids, 2, value=0, comment="no", problems=problems, split_wrong=True)
    submission = parse_submission(sent, element_ids=task.item.element_ids)
    with campaign.store.read() as connection:
        assert last_answer(connection, task.assignment_id) is None
    submit(campaign.store, campaign.rater_ids[0], task.assignment_id, submission)
    with campaign.store.read() as connection:
        answer = last_answer(connection, task.assignment_id)
        assert answer == {name: sent[name] for name in answer}
        assert set(sent) - set(answer) == {"submission_id", "duration_s", "client"}
        (row,) = rating_rows(connection, ratings.c.rating_id == 1)
    assert (row.overall, row.problems) == (2, submission.problems)


def test_a_verdict_is_that_of_the_last_inspection_and_a_correction_has_none(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    rater_id = campaign.rater_ids[0]
    task = next_task(campaign.store, rater_id)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    other = rate_next(campaign, 1)

    def verdicts():
        return [row.verdict for row in read_ratings(campaign.store, standings=ALL_STANDINGS)]

    assert verdicts() == [None, None]
    accept(campaign.store, [1], inspector="me")
    return_batch(campaign.store, [other.rating_id], inspector="me", reason="too fast")
    assert verdicts() == ["accepted", "returned"]
    accept(campaign.store, [other.rating_id], inspector="me", reason="was fine")
    revise(campaign.store, rater_id, task.assignment_id, answer_to(task, 5), revision=1)
    assert verdicts() == ["accepted", "accepted", None]


def test_the_reason_of_a_return_is_that_of_the_last_inspection(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=2)
    done = rate_next(campaign, 0)

    def reason():
        with campaign.store.read() as connection:
            return return_reason(connection, 1)

    assert reason() == ""
    for why in ("too fast", "still too fast"):
        return_batch(campaign.store, [done.rating_id], inspector="me", reason=why)
        assert reason() == why
        accept(campaign.store, [done.rating_id], inspector="me", reason="was fine")
        assert reason() == ""
