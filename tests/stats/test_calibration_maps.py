import json

import numpy as np
import pytest
from scipy.special import logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from evalmuse_hf.stats import cross_validated_calibration, fit_isotonic, fit_platt, read_calibration_map

NAN = float("nan")
RNG = np.random.default_rng(0)
SCORES = np.round(RNG.uniform(size=300), 2)
SHARES = np.round(np.clip(SCORES**2 + RNG.normal(scale=0.3, size=300), 0, 1) * 3) / 3
GROUPS = [row // 5 for row in range(300)]


def test_platts_map_is_the_logistic_regression_of_scikit_learn_on_his_targets():
    n_yes, n_no = SHARES.sum(), (1 - SHARES).sum()
    targets = SHARES * (n_yes + 1) / (n_yes + 2) + (1 - SHARES) / (n_no + 2)
    # A target t is a yes of weight t and a no of weight 1 - t.
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(
        np.r_[SCORES, SCORES][:, None], np.r_[np.ones(300), np.zeros(300)], sample_weight=np.r_[targets, 1 - targets]
    )
    fitted = fit_platt(predictions=SCORES, yes_shares=SHARES)
    # The optimiser of scikit-learn stops at a gradient, about 1e-5 from the optimum.
    assert fitted.slope == pytest.approx(reference.coef_[0, 0], rel=1e-4)
    assert fitted.intercept == pytest.approx(reference.intercept_[0], rel=1e-4)


def test_platts_map_solves_its_equations():
    fitted = fit_platt(predictions=SCORES, yes_shares=SHARES)
    n_yes, n_no = SHARES.sum(), (1 - SHARES).sum()
    targets = SHARES * (n_yes + 1) / (n_yes + 2) + (1 - SHARES) / (n_no + 2)
    residuals = fitted(SCORES) - targets
    assert [residuals.sum(), residuals @ SCORES] == pytest.approx([0, 0], abs=1e-8)


@pytest.mark.parametrize("scale, shift", [(1e4, 0.0), (1e-4, 1e3)], ids=["large", "far from zero"])
def test_platts_map_does_not_depend_on_the_scale_of_the_scores(scale, shift):
    plain = fit_platt(predictions=SCORES, yes_shares=SHARES)(SCORES)
    moved = SCORES * scale + shift
    assert fit_platt(predictions=moved, yes_shares=SHARES)(moved) == pytest.approx(plain, abs=1e-6)


def test_separated_classes_have_a_finite_slope():
    fitted = fit_platt(predictions=[0.1, 0.2, 0.8, 0.9], yes_shares=[0, 0, 1, 1])
    # The targets are 1/4 and 3/4, whose likelihood has its maximum at a finite slope.
    assert 0 < fitted.slope < 10
    assert fitted([0.15, 0.85]) == pytest.approx([0.25, 0.75], abs=0.01)


def test_constant_scores_map_to_the_smoothed_mean():
    fitted = fit_platt(predictions=[0.5] * 4, yes_shares=[1, 1, 1, 0])
    # Targets 4/5 for a yes and 1/3 for a no: (3 * 4/5 + 1/3) / 4.
    assert fitted.slope == 0
    assert fitted.intercept == pytest.approx(logit((3 * 0.8 + 1 / 3) / 4), abs=1e-12)


def test_the_isotonic_map_is_that_of_scikit_learn_also_between_and_beyond_the_scores():
    reference = IsotonicRegression(out_of_bounds="clip").fit(SCORES, SHARES)
    fitted = fit_isotonic(predictions=SCORES, yes_shares=SHARES)
    points = np.linspace(-0.5, 1.5, 777)
    assert fitted(points) == pytest.approx(reference.predict(points), abs=1e-12)
    assert len(fitted.inputs) < len(np.unique(SCORES))


@pytest.mark.parametrize("scores, shares", [([0.5], [1.0]), ([0.5, 0.5], [1.0, 0.0])], ids=["one row", "constant"])
def test_an_isotonic_map_of_one_score_is_flat(scores, shares):
    assert fit_isotonic(predictions=scores, yes_shares=shares)([0.1, 0.9]) == pytest.approx([np.mean(shares)] * 2)


@pytest.mark.parametrize("fit", [fit_platt, fit_isotonic])
def test_a_map_survives_json_and_keeps_nan(fit):
    fitted = fit(predictions=SCORES, yes_shares=SHARES)
    again = read_calibration_map(json.loads(json.dumps(fitted.record())))
    assert again == fitted
    assert np.isnan(again([NAN, 0.5])).tolist() == [True, False]


@pytest.mark.parametrize(
    "record, message",
    [
        ({"method": "spline"}, "`method` must be one of"),
        ({"method": "isotonic", "inputs": [0.1, 0.1], "outputs": [0, 1]}, "`inputs` rising"),
        ({"method": "isotonic", "inputs": [0.1, 0.2], "outputs": [1, 0]}, "never falling"),
        ({"method": "isotonic", "inputs": [], "outputs": []}, "at least one"),
    ],
)
def test_a_damaged_map_is_refused(record, message):
    with pytest.raises(ValueError, match=message):
        read_calibration_map(record)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_scores_are_mapped_by_what_was_fitted_to_other_prompts(method):
    mapped = cross_validated_calibration(
        predictions=SCORES, yes_shares=SHARES, groups=GROUPS, method=method, n_folds=3, rng=1
    )
    # Other ratings of a prompt change the maps of the other prompts and leave its own alone.
    rows = np.asarray(GROUPS) == 7
    changed = np.where(rows, 1 - SHARES, SHARES)
    again = cross_validated_calibration(
        predictions=SCORES, yes_shares=changed, groups=GROUPS, method=method, n_folds=3, rng=1
    )
    assert mapped[rows].tolist() == again[rows].tolist()
    assert (mapped[~rows] != again[~rows]).any()


def test_every_category_has_its_own_map_and_a_category_of_two_elements_uses_that_of_all():
    categories = ["inverted"] * 149 + ["rare"] * 2 + ["straight"] * 149
    shares = np.where(np.arange(300) < 150, 1 - SCORES, SCORES)
    groups = [row % 60 for row in range(300)]
    mapped = cross_validated_calibration(
        predictions=SCORES, yes_shares=shares, groups=groups, method="platt", by=categories
    )
    plain = cross_validated_calibration(predictions=SCORES, yes_shares=shares, groups=groups, method="platt")
    assert np.corrcoef(mapped[:149], SCORES[:149])[0, 1] < -0.9
    assert np.corrcoef(mapped[151:], SCORES[151:])[0, 1] > 0.9
    assert mapped[149:151].tolist() == plain[149:151].tolist()


def test_rows_without_score_or_rating_teach_nothing():
    scores, shares = SCORES.copy(), SHARES.copy()
    scores[0], shares[-5:] = NAN, NAN  # the last prompt has no ratings at all
    mapped = cross_validated_calibration(predictions=scores, yes_shares=shares, groups=GROUPS, method="isotonic")
    assert np.isnan(mapped).tolist() == [True] + [False] * 299
    expected = fit_isotonic(predictions=scores[1:-5], yes_shares=shares[1:-5])(SCORES[-5:])
    assert mapped[-5:].tolist() == expected.tolist()


def test_no_method_returns_the_scores():
    mapped = cross_validated_calibration(predictions=SCORES, yes_shares=SHARES, groups=GROUPS, method="none")
    assert mapped.tolist() == SCORES.tolist()


def test_one_prompt_cannot_be_calibrated(caplog):
    mapped = cross_validated_calibration(predictions=[0.1, 0.9], yes_shares=[0, 1], groups=["p", "p"])
    assert np.isnan(mapped).all()
    assert "at least 2 groups with scores and ratings are needed, got 1" in caplog.text


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"yes_shares": [0, 3]}, r"`yes_shares` has 1 of 2 values outside \[0, 1\], first 3 at row 1"),
        ({"predictions": [0.1, float("inf")]}, "`predictions` has 1 infinite"),
        ({"groups": ["a"]}, "`groups` has 1"),
        ({"by": ["color"]}, "one category per row in `by`, got 1 for 2"),
        ({"method": "spline"}, "`method` must be one of"),
        ({"n_folds": 1}, "`n_folds` must be at least 2"),
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {"predictions": [0.1, 0.9], "yes_shares": [0, 1], "groups": ["a", "b"]}
    with pytest.raises(ValueError, match=message):
        cross_validated_calibration(**{**arguments, **changes})


def test_a_map_needs_rows():
    with pytest.raises(ValueError, match="needs rows with scores and ratings"):
        fit_platt(predictions=[], yes_shares=[])
