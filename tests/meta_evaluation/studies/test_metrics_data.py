import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.meta_evaluation.studies.metrics_data import (
    EMBEDDED,
    draw_embedded,
    has_pictures,
    open_data,
    refuse_scale_of_nothing,
)
from evalmuse_hf.meta_evaluation.studies.metrics_options import DataChoice, MetricsOptions


def test_a_published_file_comes_with_its_scores(tifa_file):
    data = open_data(DataChoice(str(tifa_file)), MetricsOptions())
    assert (data.facts.name, data.n_prompts, len(data.rows), data.n_left_out) == ("tifa160", 30, 120, 0)
    assert {name: len(rows) for name, rows in data.scores.items()} == {"CLIPScore": 120, "TIFA-mPLUG": 120}
    assert data.pictures is None
    assert data.ratings.tolist() == [row["overall_score"] for row in data.rows]
    assert data.groups[:4] == ["coco_000"] * 4


def test_fewer_prompts_come_whole_by_the_seed(tifa_file):
    choice = DataChoice(str(tifa_file), "tifa160")
    first, again, other = (open_data(choice, MetricsOptions(seed=seed), n_prompts=5) for seed in (1, 1, 2))
    assert (first.n_prompts, len(first.rows), first.n_left_out) == (5, 20, 100)
    assert {len(rows) for rows in first.scores.values()} == {20}
    assert first.rows == again.rows
    assert first.rows != other.rows
    assert open_data(choice, MetricsOptions(), n_prompts=99).n_prompts == 30


def test_a_data_set_without_ratings_is_one_sentence(tmp_path):
    (tmp_path / "own.csv").write_text("image,prompt,overall_score\na.png,a cat,\n")
    with pytest.raises(ValueError, match="is rated; choose another split"):
        open_data(DataChoice(str(tmp_path / "own.csv"), "csv"), MetricsOptions())


def test_ratings_of_ones_own_may_be_on_another_scale(tmp_path):
    (tmp_path / "own.csv").write_text("image,prompt,overall_score\na.png,a cat,70\nb.png,a dog,20\n")
    choice = DataChoice(str(tmp_path / "own.csv"))
    data = open_data(choice, MetricsOptions(scale=(0.0, 100.0)))
    assert (data.facts.rating_scale, data.ratings.tolist()) == ((0.0, 100.0), [70.0, 20.0])
    with pytest.raises(ValueError, match="off the scale of 1 to 5"):
        open_data(choice, MetricsOptions())


def test_a_scale_that_no_data_set_takes_is_refused(tifa_file):
    options = MetricsOptions(scale=(0.0, 100.0), datasets=[DataChoice(str(tifa_file))])
    with pytest.raises(ValueError, match="no data set is of kind 'csv'"):
        refuse_scale_of_nothing(options)
    refuse_scale_of_nothing(replace(options, scale=None))
    assert open_data(options.datasets[0], options).facts.rating_scale == (1, 5)


def test_pictures_come_from_a_folder(tifa_file, tmp_path):
    names = [record["image_path"] for record in json.loads(tifa_file.read_text("utf-8")).values()]
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in names:
        Image.new("RGB", (2, 2)).save(folder / name)
    options = MetricsOptions(images=str(folder))
    choice = DataChoice(str(tifa_file))
    assert has_pictures(choice, options)
    assert not has_pictures(choice, MetricsOptions())
    data = open_data(choice, options)
    assert data.pictures([3, 0]) == [str(folder / names[3]), str(folder / names[0])]
    (folder / names[7]).unlink()
    with pytest.raises(ValueError, match=r"there is no file .*, nor 0 others of 120"):
        open_data(choice, options)


def test_drawn_prompts_have_pictures_ratings_and_elements(tmp_path):
    data = draw_embedded(tmp_path, MetricsOptions(), n_prompts=2)
    assert (data.facts, data.n_prompts, len(data.rows)) == (EMBEDDED, 2, 10)
    first, last = data.pictures([0, 9])
    assert np.asarray(first.convert("RGB")).shape == np.asarray(last.convert("RGB")).shape
    assert all(row["elements"] and row["overall_score"] is not None for row in data.rows)
    assert replace(data.rated.facts) == EMBEDDED
    assert has_pictures(DataChoice(str(tmp_path / "raw"), "evalmuse"), MetricsOptions())
