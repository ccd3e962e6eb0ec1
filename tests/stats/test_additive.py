import numpy as np
import pytest

from evalmuse_hf.stats import adjusted_means


def test_unequal_prompts_are_allowed_for():
    # y = 3 + a + b with a = (+1, -1, 0) and b = (+.5, -.5): the cells that are missing do not matter.
    cells = {("A", "x"): 4.5, ("A", "y"): 3.5, ("B", "y"): 1.5, ("C", "x"): 3.5, ("C", "y"): 2.5}
    levels, blocks = zip(*cells, strict=True)
    fit = adjusted_means(values=list(cells.values()), levels=levels, blocks=blocks)
    assert fit.means == pytest.approx({"A": 4.0, "B": 2.0, "C": 3.0}, abs=1e-9)
    assert (fit.n, fit.n_blocks, fit.status) == (5, 2, "ok")


def test_it_is_the_dense_least_squares_fit_with_effects_that_sum_to_zero():
    rng = np.random.default_rng(0)
    levels, blocks, values = rng.integers(0, 5, 60), rng.integers(0, 12, 60), rng.normal(3, 1, 60)

    def effects(codes, n):  # sum-to-zero coding: the last effect is minus the sum of the others
        return np.vstack([np.eye(n - 1), -np.ones(n - 1)])[codes]

    design = np.column_stack([np.ones(60), effects(levels, 5), effects(blocks, 12)])
    solution = np.linalg.lstsq(design, values, rcond=None)[0]
    expected = solution[0] + np.append(solution[1:5], -solution[1:5].sum())
    fit = adjusted_means(values=values, levels=levels.tolist(), blocks=blocks.tolist())
    assert [fit.means[level] for level in range(5)] == pytest.approx(expected.tolist(), abs=1e-9)


def test_with_every_cell_once_the_means_are_the_plain_means():
    values = np.arange(12.0).reshape(3, 4) ** 2
    levels, blocks = np.indices(values.shape)
    fit = adjusted_means(values=values.ravel(), levels=levels.ravel().tolist(), blocks=blocks.ravel().tolist())
    assert list(fit.means.values()) == pytest.approx(values.mean(axis=1).tolist())


@pytest.mark.parametrize(
    "values, levels, blocks, status",
    [
        ([], [], [], "no rows"),
        ([1.0, 2.0], ["A", "B"], ["x", "y"], "some levels share no blocks with the others"),
    ],
    ids=["no rows", "nothing compares the two"],
)
def test_undefined_means_are_left_out_with_a_reason(values, levels, blocks, status):
    fit = adjusted_means(values=values, levels=levels, blocks=blocks)
    assert (fit.means, fit.status) == ({}, status)


def test_a_label_of_both_sides_is_not_mixed_up():
    fit = adjusted_means(values=[1.0, 2.0, 3.0, 4.0], levels=["a", "b", "a", "b"], blocks=["a", "a", "b", "b"])
    assert fit.means == pytest.approx({"a": 2.0, "b": 3.0})


def test_inputs_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="inputs of one length"):
        adjusted_means(values=[1.0, 2.0], levels=["a"], blocks=["x", "y"])
