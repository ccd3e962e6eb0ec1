import numpy as np
import pytest

from evalmuse_hf.stats.generator_cells import generator_cells

NAN = float("nan")


def test_pictures_of_one_prompt_by_one_generator_are_averaged():
    cells = generator_cells({"scores": [1.0, 3.0, 5.0, 7.0]}, ["A", "A", "B", "A"], ["cat", "cat", "cat", "dog"])
    assert cells.values[0].tolist() == [[2.0, 5.0], [7.0, 0.0]]
    assert cells.sizes.tolist() == [[2, 1], [1, 0]]
    assert (cells.n, cells.n_prompts, cells.generators, cells.prompts) == (4, 2, ("A", "B"), ("cat", "dog"))


def test_prompts_keep_their_names_when_rows_are_left_out():
    cells = generator_cells({"scores": [NAN, 2.0, 3.0]}, ["A", "A", "A"], ["late", "early", "late"], nan_policy="omit")
    assert dict(zip(cells.prompts, cells.values[0, :, 0].tolist(), strict=True)) == {"early": 2.0, "late": 3.0}
    assert cells.n_dropped == 1


def test_unbalanced_prompts_are_refused_with_the_generator_that_lacks_most():
    cells = generator_cells({"scores": np.ones(4)}, ["A", "A", "A", "B"], ["cat", "dog", "cow", "dog"])
    with pytest.raises(
        ValueError, match=r"1 of 2 generators lack .*'B' has no picture of 2 of 3 prompts, such as 'cat'"
    ):
        cells.require_balance()


def test_shared_prompts_are_those_of_all_generators():
    cells = generator_cells({"scores": np.arange(4.0)}, ["A", "A", "A", "B"], ["cat", "dog", "cow", "dog"]).shared()
    assert (cells.prompts, cells.values[0].tolist(), cells.n_left_out) == (("dog",), [[1.0, 3.0]], 2)
    cells.require_balance()


@pytest.mark.parametrize(
    "generators, prompts, message",
    [
        (["A"], ["cat", "dog"], "got 1 generators and 2 prompts"),
        (["A", None], ["cat", "dog"], "`generators` has no label at row 1"),
        (["A", "B"], ["cat", None], "`prompts` has no label at row 1"),
        (["A", "B", "C"], ["cat", "dog", "cow"], "`scores` has 2"),
    ],
)
def test_rows_without_labels_are_refused(generators, prompts, message):
    with pytest.raises(ValueError, match=message):
        generator_cells({"scores": [1.0, 2.0]}, generators, prompts)
