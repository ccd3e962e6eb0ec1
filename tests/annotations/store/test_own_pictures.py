from contextlib import closing

import pytest

from evalmuse_hf.annotations.errors import NotAllowedError
from evalmuse_hf.annotations.store.assignment import next_task
from evalmuse_hf.annotations.store.own_pictures import own_picture

from ..campaign import make_store


def test_a_rater_finds_the_pictures_of_the_own_items_only(tmp_path):
    campaign = make_store(tmp_path / "store.sqlite", n_items=3, n_raters=2)
    with closing(campaign.store) as store:
        ann, bob = campaign.rater_ids
        task = next_task(store, ann)
        assert own_picture(store, ann, task.assignment_id) == task.item.image_path
        for rater_id, assignment_id in ((bob, task.assignment_id), (ann, 999), (999, task.assignment_id)):
            with pytest.raises(NotAllowedError, match="not given to you") as caught:
                own_picture(store, rater_id, assignment_id)
            assert (caught.value.http_status, caught.value.status) == (403, "not_yours")
