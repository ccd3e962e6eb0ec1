import json
from collections import Counter

import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.consistency_design import draw_design, fingerprint_items, read_promise
from evalmuse_hf.meta_evaluation.studies.consistency_ratings import NEW, OLD, StudyItem, StudyRating


def campaign(n_prompts=40, n_pictures=3):
    rng = np.random.default_rng(0)
    items, ratings = [], []
    for number in range(n_prompts * n_pictures):
        prompt = number // n_pictures
        source = "synthetic" if prompt % 4 == 0 else "real"
        items.append(
            StudyItem(
                key=str(number),
                prompt_id=f"p{prompt:02d}",
                generator=f"G{number % n_pictures}",
                source=source,
                synthetic_type="counts" if source == "synthetic" else None,
                categories=("object", "color"),
            )
        )
        for rater in rng.choice(8, 3, replace=False):
            votes = tuple(int(vote) for vote in rng.integers(0, 2, 2))
            ratings.append(
                StudyRating(
                    item=str(number), phase=OLD, overall=int(rng.integers(1, 6)), elements=votes, rater=f"r{rater}"
                )
            )
    return items, ratings


def test_whole_prompts_are_drawn_and_as_many_as_asked_for():
    items, ratings = campaign()
    design = draw_design(items, ratings, share=0.11, seed=0)
    assert len(design.prompt_ids) == 5  # 4.4, rounded up
    assert [item.key for item in design.items] == [item.key for item in items if item.prompt_id in design.prompt_ids]
    assert (design.n_items, design.n_prompts) == (120, 40)
    assert len(draw_design(items, ratings, share=1, seed=0).items) == 120


def test_the_seed_and_the_finished_items_decide_the_draw_and_nothing_else():
    items, ratings = campaign()
    design = draw_design(items, ratings, share=0.2, seed=3)
    turned = draw_design(items[::-1], ratings[::-1], share=0.2, seed=3)
    assert turned.prompt_ids == design.prompt_ids
    assert turned.population == design.population
    assert draw_design(items, ratings, share=0.2, seed=4).prompt_ids != design.prompt_ids
    fewer = draw_design(items[:-1], ratings, share=0.2, seed=3)
    assert fewer.population != design.population


def test_every_prompt_is_drawn_equally_often():
    items, _ = campaign(n_prompts=10, n_pictures=1)
    counts = Counter(
        prompt for seed in range(200) for prompt in draw_design(items, [], share=0.3, seed=seed).prompt_ids
    )
    assert sum(counts.values()) == 600
    assert min(counts.values()) > 35  # 60 each; a standard deviation is 6.5
    assert max(counts.values()) < 85


def test_the_sample_is_counted_beside_what_it_was_drawn_from():
    items, ratings = campaign()
    design = draw_design(items, ratings, share=0.25, seed=1)
    counts = {(count.trait, count.name): (count.population, count.sample) for count in design.counts}
    assert counts["generator", "G0"] == (40, 10)
    assert counts["category", "color"] == (120, 30)
    synthetic = sum(item.source == "synthetic" for item in design.items)
    assert counts["source", "synthetic"] == counts["synthetic type", "counts"] == (30, synthetic)


def test_the_record_holds_what_a_repetition_needs_and_gives_the_promise_back(tmp_path):
    items, ratings = campaign()
    design = draw_design(items, ratings, share=0.2, seed=3, per_item=2, n_raters=8)
    record = json.loads(json.dumps(design.record(), allow_nan=False))
    again = draw_design(
        items,
        ratings,
        share=record["share"],
        seed=record["seed"],
        per_item=record["per_item"],
        n_raters=record["n_raters"],
    )
    assert [item.key for item in again.items] == record["items"]
    assert again == design
    path = tmp_path / "design.json"
    assert read_promise(path) is None
    path.write_text(json.dumps(record), "utf-8")
    promise = read_promise(path)
    assert promise.precision == design.precision
    assert promise.items == {item.key for item in design.items}
    assert (promise.seed, promise.population, promise.round_name) == (3, fingerprint_items(items), None)
    promise.check(what="this", is_of=True)
    with pytest.raises(ValueError, match="is the design of another draw than this; name the folder"):
        promise.check(what="this", is_of=False)
    path.write_text('{"study": "variance"}', "utf-8")
    with pytest.raises(ValueError, match="is not a design"):
        read_promise(path)


def test_only_ratings_of_the_first_round_say_what_to_expect():
    items, ratings = campaign()
    more = [*ratings, *(StudyRating(item=item.key, phase=NEW, overall=1, elements=(0, 0)) for item in items)]
    assert (
        draw_design(items, more, share=0.5, seed=0).precision
        == draw_design(items, ratings, share=0.5, seed=0).precision
    )


def test_few_prompts_are_warned_of_and_nonsense_is_refused():
    items, ratings = campaign()
    assert "10 prompts are drawn" in draw_design(items, ratings, share=0.25, seed=0).warnings[0]
    assert not draw_design(items, ratings, share=0.75, seed=0).warnings
    (warning,) = draw_design(items, ratings, share=0.75, seed=0, per_item=2).warnings
    assert "The first round has 3 ratings of an item, and 2 are asked for" in warning
    for share in (0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="expected more than 0 and at most 1"):
            draw_design(items, ratings, share=share, seed=0)
    with pytest.raises(ValueError, match="0 raters an item"):
        draw_design(items, ratings, share=0.5, seed=0, per_item=0)
    with pytest.raises(ValueError, match="1 prompts have finished items"):
        draw_design(items[:3], ratings, share=0.5, seed=0)
