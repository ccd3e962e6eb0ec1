"""What a rater has answered lately."""

from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.history import own_history
from evalmuse_hf.annotations.store.inspection import return_batch
from evalmuse_hf.annotations.store.ratings import revise, submit
from tests.annotations.campaign import Clock, answer_to, make_store, rate_next


def test_the_last_answers_come_first_as_corrected_last_and_nobody_elses(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=5, clock=Clock())
    rater_id = campaign.rater_ids[0]
    tasks = []
    for overall in (1, 2, 3):
        task = next_task(campaign.store, rater_id)
        campaign.clock.pass_minutes(1)
        done = submit(campaign.store, rater_id, task.assignment_id, answer_to(task, overall))
        tasks.append(task)
    rate_next(campaign, 1, 5)
    revise(campaign.store, rater_id, tasks[0].assignment_id, answer_to(tasks[0], 4), revision=1)
    entries = own_history(campaign.store, rater_id)
    assert [(entry.assignment_id, entry.overall) for entry in entries] == [
        (tasks[0].assignment_id, 4),
        (tasks[2].assignment_id, 3),
        (tasks[1].assignment_id, 2),
    ]
    assert (entries[0].item_id, entries[0].image_path) == (tasks[0].item.item_id, tasks[0].item.image_path)
    assert (entries[0].prompt, entries[0].rated_at) == (tasks[0].item.prompt.text, campaign.clock())
    assert len(own_history(campaign.store, rater_id, limit=2)) == 2
    return_batch(campaign.store, [done.rating_id], inspector="me", reason="too fast")
    assert [entry.overall for entry in own_history(campaign.store, rater_id)] == [4, 2]
