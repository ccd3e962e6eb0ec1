"""Answers come in: once, complete, and only from who was given the item."""

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from evalmuse_hf.annotations.errors import AnnotationError, ConflictError, NotAllowedError
from evalmuse_hf.annotations.records import Box, RoundSettings, StructuralProblem
from evalmuse_hf.annotations.store import tables
from evalmuse_hf.annotations.store.assignment import next_task, skip, task_of
from evalmuse_hf.annotations.store.guidelines import add_guidelines
from evalmuse_hf.annotations.store.raters import give_consent, set_active
from evalmuse_hf.annotations.store.ratings import read_ratings, revise, submit
from evalmuse_hf.annotations.store.rounds import close_round
from tests.annotations.campaign import ALL_STANDINGS, Clock, answer_to, at_once, check_invariants, make_store


@pytest.fixture
def campaign(tmp_path):
    return make_store(tmp_path / "store.sqlite", clock=Clock())


def first_task(campaign, rater=0):
    return campaign.rater_ids[rater], next_task(campaign.store, campaign.rater_ids[rater])


def conflict(status, work):
    with pytest.raises(ConflictError) as caught:
        work()
    assert (caught.value.status, caught.value.http_status) == (status, 409)


def test_an_answer_is_stored_as_it_was_given(campaign):
    rater_id, task = first_task(campaign)
    problems = (
        StructuralProblem(label="human-hand", box=Box(left=0.1, top=0.2, right=0.3, bottom=1 / 3)),
        StructuralProblem(label="animal"),
    )
    said = answer_to(
        task, 2, value=0, sure=False, problems=problems, comment="'); DROP TABLE x; -- <b>", split_wrong=True
    )
    done = submit(campaign.store, rater_id, task.assignment_id, said)
    (row,) = read_ratings(campaign.store)
    assert (row.rating_id, row.assignment_id, row.item_id) == (done.rating_id, task.assignment_id, task.item.item_id)
    assert (row.rater, row.rated_at, row.guideline_version) == (
        "rater_000",
        campaign.clock(),
        campaign.round.guideline_version,
    )
    for name in (
        "overall",
        "elements",
        "problems",
        "comment",
        "split_wrong",
        "prompt_meaningless",
        "duration_s",
        "client",
    ):
        assert getattr(row, name) == getattr(said, name), name
    check_invariants(campaign.store)


def test_the_same_submission_again_changes_nothing_and_is_acknowledged(campaign):
    rater_id, task = first_task(campaign)
    said = answer_to(task)
    first = submit(campaign.store, rater_id, task.assignment_id, said)
    again = submit(campaign.store, rater_id, task.assignment_id, replace(said, duration_s=99.0, client="other"))
    assert (first.repeated, again.repeated, again.rating_id) == (False, True, first.rating_id)
    assert len(read_ratings(campaign.store)) == 1


def test_the_same_submission_twenty_times_at_once_is_one_rating(campaign):
    rater_id, task = first_task(campaign)
    said = answer_to(task)
    done = at_once(*[lambda: submit(campaign.store, rater_id, task.assignment_id, said)] * 20)
    assert sorted(ack.repeated for ack in done) == [False] + [True] * 19
    assert len({ack.rating_id for ack in done}) == 1
    check_invariants(campaign.store)


def test_two_tabs_that_answer_at_once_store_one_answer(campaign):
    rater_id, task = first_task(campaign)
    one, five = answer_to(task, 1), answer_to(task, 5)
    done = at_once(*[partial(submit, campaign.store, rater_id, task.assignment_id, said) for said in (one, five)])
    (refused,) = [error for error in done if isinstance(error, ConflictError)]
    assert refused.status == "already_answered"
    assert len(read_ratings(campaign.store)) == 1


def test_a_submission_number_is_good_for_one_answer(campaign):
    rater_id, task = first_task(campaign)
    said = answer_to(task)
    submit(campaign.store, rater_id, task.assignment_id, said)
    other, second = first_task(campaign, 1)
    again = answer_to(second, submission_id=said.submission_id)
    conflict("replayed", lambda: submit(campaign.store, rater_id, task.assignment_id, replace(said, overall=5)))
    conflict("replayed", lambda: submit(campaign.store, other, second.assignment_id, again))
    assert [row.overall for row in read_ratings(campaign.store)] == [3]


def test_a_second_answer_is_refused_unless_it_is_a_correction(campaign):
    rater_id, task = first_task(campaign)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    conflict("already_answered", lambda: submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 5)))


def test_a_correction_counts_and_what_it_corrects_stays_in_the_log(campaign):
    rater_id, task = first_task(campaign)
    first = submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 1))
    campaign.clock.pass_minutes(5)
    shown = task_of(campaign.store, rater_id, task.assignment_id)
    second = revise(campaign.store, rater_id, task.assignment_id, answer_to(task, 4), revision=shown.revision)
    assert [(row.rating_id, row.overall) for row in read_ratings(campaign.store)] == [(second.rating_id, 4)]
    log = read_ratings(campaign.store, standings=ALL_STANDINGS)
    assert [(row.rating_id, row.revision, row.standing) for row in log] == [
        (first.rating_id, 0, "revised"),
        (second.rating_id, 1, "counted"),
    ]
    assert log[1].rated_at - log[0].rated_at == 300
    check_invariants(campaign.store)


def test_a_repeated_correction_is_one_correction(campaign):
    rater_id, task = first_task(campaign)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 1))
    better = answer_to(task, 4)
    works = [lambda: revise(campaign.store, rater_id, task.assignment_id, better, revision=1)] * 5
    assert sorted(ack.repeated for ack in at_once(*works)) == [False] + [True] * 4
    assert len(read_ratings(campaign.store, standings=ALL_STANDINGS)) == 2


def test_two_tabs_do_not_correct_each_other_unseen(campaign):
    rater_id, task = first_task(campaign)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 1))
    revise(campaign.store, rater_id, task.assignment_id, answer_to(task, 2), revision=1)
    conflict("other_tab", lambda: revise(campaign.store, rater_id, task.assignment_id, answer_to(task, 3), revision=1))
    assert [row.overall for row in read_ratings(campaign.store)] == [2]


def test_a_closed_round_takes_no_corrections(campaign):
    rater_id, task = first_task(campaign)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task, 1))
    close_round(campaign.store, campaign.round.round_id)
    conflict(
        "closed_round", lambda: revise(campaign.store, rater_id, task.assignment_id, answer_to(task, 2), revision=1)
    )


def test_an_answer_of_another_rater_is_refused(campaign):
    _, task = first_task(campaign)
    with pytest.raises(NotAllowedError) as caught:
        submit(campaign.store, campaign.rater_ids[1], task.assignment_id, answer_to(task))
    assert caught.value.http_status == 403
    assert read_ratings(campaign.store) == []


def test_a_disabled_rater_stores_nothing(campaign):
    rater_id, task = first_task(campaign)
    set_active(campaign.store, "rater_000", False)
    with pytest.raises(NotAllowedError, match="disabled"):
        submit(campaign.store, rater_id, task.assignment_id, answer_to(task))


def test_an_answer_is_about_the_elements_of_its_prompt(campaign):
    rater_id, task = first_task(campaign)
    whole = answer_to(task)
    foreign = tuple(replace(answer, element_id=answer.element_id + 100) for answer in whole.elements)
    for elements in (whole.elements[:1], (), foreign, whole.elements + whole.elements[:1]):
        with pytest.raises(AnnotationError, match="elements"):
            submit(campaign.store, rater_id, task.assignment_id, replace(whole, elements=elements))
    assert read_ratings(campaign.store) == []


def test_a_skipped_item_takes_no_answer(campaign):
    rater_id, task = first_task(campaign)
    skip(campaign.store, rater_id, task.assignment_id, reason="cannot tell")
    conflict("skipped", lambda: submit(campaign.store, rater_id, task.assignment_id, answer_to(task)))


def test_an_answer_after_the_lease_counts_while_the_item_needs_it(campaign):
    rater_id, task = first_task(campaign)
    campaign.clock.pass_minutes(31)
    assert submit(campaign.store, rater_id, task.assignment_id, answer_to(task)).rating_id
    rater_id, task = first_task(campaign, 1)
    campaign.clock.pass_minutes(31)
    first_task(campaign, 2)  # whose request hands the lease on
    assert submit(campaign.store, rater_id, task.assignment_id, answer_to(task)).rating_id
    check_invariants(campaign.store)


def test_an_answer_after_the_lease_is_refused_once_others_have_the_item(tmp_path):
    settings = RoundSettings(ratings_per_item=1)
    campaign = make_store(tmp_path / "one.sqlite", n_items=1, clock=Clock(), settings=settings)
    rater_id, task = first_task(campaign)
    campaign.clock.pass_minutes(31)
    other, again = first_task(campaign, 1)
    conflict("expired_lease", lambda: submit(campaign.store, rater_id, task.assignment_id, answer_to(task)))
    submit(campaign.store, other, again.assignment_id, answer_to(again))
    conflict("expired_lease", lambda: submit(campaign.store, rater_id, task.assignment_id, answer_to(task)))
    check_invariants(campaign.store)


def test_a_late_answer_and_another_raters_request_at_once_leave_one_rating(tmp_path):
    settings = RoundSettings(ratings_per_item=1)
    for attempt in range(5):
        campaign = make_store(tmp_path / f"{attempt}.sqlite", n_items=1, clock=Clock(), settings=settings)
        rater_id, task = first_task(campaign)
        campaign.clock.pass_minutes(31)
        done = at_once(
            lambda campaign=campaign, rater_id=rater_id, task=task: submit(
                campaign.store, rater_id, task.assignment_id, answer_to(task)
            ),
            lambda campaign=campaign: next_task(campaign.store, campaign.rater_ids[1]),
        )
        late, other = done
        assert isinstance(late, ConflictError) == (other is not None)
        check_invariants(campaign.store)


def test_what_a_rating_was_made_under_is_what_its_rater_agreed_to_last(campaign):
    rater_id, task = first_task(campaign)
    add_guidelines(campaign.store, version="2", instructions="Look closely.", consent="I agree.")
    give_consent(campaign.store, rater_id, "2")
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task))
    (row,) = read_ratings(campaign.store)
    assert row.guideline_version == "2"


@pytest.mark.parametrize("table", ["ratings", "element_ratings", "structural_problems"])
def test_the_database_itself_refuses_to_change_or_delete_a_rating(campaign, table):
    rater_id, task = first_task(campaign)
    problems = (StructuralProblem(label="animal"),)
    submit(campaign.store, rater_id, task.assignment_id, answer_to(task, problems=problems))
    column = {"ratings": "overall = 1", "element_ratings": "value = 0", "structural_problems": "label = 'x'"}[table]
    for statement in (f"UPDATE {table} SET {column}", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError), campaign.store.begin() as connection:
            connection.execute(sa.text(statement))
    with campaign.store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.metadata.tables[table])).scalar() >= 1
