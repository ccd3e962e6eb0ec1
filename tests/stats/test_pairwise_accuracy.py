import sys
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kendalltau

from evalmuse_hf.stats import pairwise_accuracy

NAN = float("nan")
RNG = np.random.default_rng(0)
N_PROMPTS, SIZE = 12, 5
N = N_PROMPTS * SIZE
PROMPTS = np.repeat(np.arange(N_PROMPTS), SIZE)
GENERATORS = np.concatenate([RNG.permutation(7)[:SIZE] for _ in range(N_PROMPTS)])
TRUTH = RNG.normal(size=N) + np.repeat(RNG.normal(size=N_PROMPTS), SIZE)
RATINGS = np.round(np.clip(3 + TRUTH, 1, 5) * 3) / 3
SCORES = TRUTH + RNG.normal(scale=0.5, size=N)
DATA = {
    "predictions": SCORES,
    "references": RATINGS,
    "prompts": PROMPTS.tolist(),
    "generators": GENERATORS.tolist(),
}


def comparisons(grouping):
    """The comparisons of a grouping, by group."""
    table = {}
    for i, j in combinations(range(N), 2):
        if grouping == "all":
            table.setdefault(0, []).append((i, j))
        elif grouping == "prompt" and PROMPTS[i] == PROMPTS[j]:
            table.setdefault(PROMPTS[i], []).append((i, j))
        elif grouping == "generator" and GENERATORS[i] == GENERATORS[j] and PROMPTS[i] != PROMPTS[j]:
            table.setdefault(GENERATORS[i], []).append((i, j))
    return table


def accuracy(table, threshold_of, weight=lambda i, j: 1.0, strict=False):
    """Mean over groups of the share of right comparisons, one by one."""
    shares = []
    for pairs in table.values():
        right = counted = 0.0
        for i, j in pairs:
            gap = SCORES[i] - SCORES[j]
            predicted = 0 if abs(gap) <= threshold_of(i, j) else np.sign(gap)
            actual = np.sign(np.round(RATINGS[i] - RATINGS[j], 9))
            if strict and actual == 0:
                continue
            right += weight(i, j) * (predicted == actual)
            counted += weight(i, j)
        if counted:
            shares.append(right / counted)
    return np.mean(shares)


@pytest.mark.parametrize("grouping", ["all", "prompt", "generator"])
def test_strict_accuracy_is_that_of_comparisons_one_by_one(grouping):
    result = pairwise_accuracy(**DATA, grouping=grouping, calibrate_ties=False)
    table = comparisons(grouping)
    pairs = [pair for group in table.values() for pair in group]
    n_tied = sum(abs(RATINGS[i] - RATINGS[j]) < 1e-9 for i, j in pairs)
    assert result.statistic == pytest.approx(accuracy(table, lambda i, j: 0, strict=True), abs=1e-12)
    assert (result.n_tied_references, result.n_left_out) == (n_tied, n_tied)
    assert result.n_comparisons == len(pairs) - n_tied
    assert np.isnan(result.epsilon)
    assert result.epsilons == ()


@pytest.mark.parametrize("grouping", ["all", "prompt", "generator"])
def test_calibrated_accuracy_uses_the_threshold_that_is_best_on_the_other_folds(grouping):
    """Two searches for the best threshold: ours, and one over all differences that occur, fold by fold."""
    result = pairwise_accuracy(**DATA, grouping=grouping, n_folds=3)
    table = comparisons(grouping)
    # The folds of the function, found out by what it uses: a permutation with a fixed seed, dealt in turn.
    order = np.random.default_rng(0).permutation(N_PROMPTS)
    fold = np.empty(N_PROMPTS, dtype=int)
    fold[order] = np.arange(N_PROMPTS) % 3
    gaps = np.unique(np.abs(SCORES[:, None] - SCORES).round(12))
    candidates = np.r_[0, (gaps[1:] + gaps[:-1]) / 2]
    best = {}
    for one in range(3):
        for other in range(one, one + 1 if grouping == "prompt" else 3):
            seen = {
                group: [(i, j) for i, j in pairs if not {fold[PROMPTS[i]], fold[PROMPTS[j]]} & {one, other}]
                for group, pairs in table.items()
            }
            values = _accuracies(seen, candidates)
            best[one, other] = candidates[np.flatnonzero(values >= values.max() - 1e-12)[0]]

    def threshold_of(i, j):
        return best[tuple(sorted((fold[PROMPTS[i]], fold[PROMPTS[j]])))]

    assert result.statistic == pytest.approx(accuracy(table, threshold_of), abs=1e-12)
    assert len(result.epsilons) == len(best)
    assert result.epsilon == pytest.approx(np.mean(result.epsilons))
    assert result.n_comparisons == sum(map(len, table.values()))
    assert result.n_left_out == 0


def _accuracies(table, candidates):
    shares = []
    for pairs in filter(None, table.values()):
        first, second = np.array(pairs).T
        gaps = SCORES[first] - SCORES[second]
        actual = np.sign(np.round(RATINGS[first] - RATINGS[second], 9))
        predicted = np.where(np.abs(gaps) <= candidates[:, None] + 1e-15, 0, np.sign(gaps))
        shares.append((predicted == actual).mean(axis=1))
    return np.mean(shares, axis=0)


@pytest.mark.parametrize("grouping", ["all", "prompt", "generator"])
@pytest.mark.parametrize("calibrate_ties", [True, False], ids=["calibrated", "strict"])
def test_intervals_draw_whole_prompts_and_keep_the_thresholds(grouping, calibrate_ties):
    options = {"grouping": grouping, "calibrate_ties": calibrate_ties, "n_folds": 3}
    result = pairwise_accuracy(**DATA, **options, n_resamples=12, rng=5)
    order = np.random.default_rng(0).permutation(N_PROMPTS)
    fold = np.empty(N_PROMPTS, dtype=int)
    fold[order] = np.arange(N_PROMPTS) % 3
    keys = [(one, other) for one in range(3) for other in range(one, one + 1 if grouping == "prompt" else 3)]
    used = dict(zip(keys, result.epsilons or [0.0] * len(keys), strict=True))
    table = comparisons(grouping)
    values = []
    for drawn in np.random.default_rng(5).multinomial(N_PROMPTS, np.full(N_PROMPTS, 1 / N_PROMPTS), size=12):

        def weight(i, j, drawn=drawn):
            return drawn[PROMPTS[i]] * (drawn[PROMPTS[j]] if PROMPTS[i] != PROMPTS[j] else 1)

        def threshold_of(i, j):
            return used[tuple(sorted((fold[PROMPTS[i]], fold[PROMPTS[j]])))]

        if grouping == "prompt":  # a prompt drawn twice counts twice among the prompts
            shares = [accuracy({0: pairs}, threshold_of, strict=not calibrate_ties) for pairs in table.values()]
            values.append(np.average(shares, weights=drawn))
        else:
            values.append(accuracy(table, threshold_of, weight, strict=not calibrate_ties))
    assert result.confidence_interval == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=1e-12)


def test_strict_accuracy_without_ties_is_kendalls_tau():
    references = TRUTH + RNG.normal(size=N)
    result = pairwise_accuracy(
        predictions=SCORES, references=references, prompts=PROMPTS.tolist(), calibrate_ties=False
    )
    assert 2 * result.statistic - 1 == pytest.approx(kendalltau(SCORES, references).statistic, abs=1e-12)


def test_a_monotone_map_of_the_references_and_a_linear_one_of_the_predictions_change_nothing():
    plain = pairwise_accuracy(**DATA)
    moved = pairwise_accuracy(**{**DATA, "references": RATINGS**3, "predictions": 7 * SCORES - 100})
    assert moved.statistic == plain.statistic
    assert moved.epsilons == pytest.approx(7 * np.array(plain.epsilons), rel=1e-6, abs=1e-9)


def test_the_statistic_does_not_depend_on_the_generator_of_the_bootstrap():
    first, second = (pairwise_accuracy(**DATA, n_resamples=20, rng=seed) for seed in (0, 1))
    assert first.statistic == second.statistic
    assert first.confidence_interval != second.confidence_interval


def test_calibration_rewards_a_scorer_that_sees_the_ties_of_people():
    rng = np.random.default_rng(1)
    levels = rng.integers(1, 4, size=N).astype(float)
    data = {"references": levels, "predictions": levels + rng.uniform(-0.2, 0.2, size=N), "prompts": PROMPTS.tolist()}
    result = pairwise_accuracy(**data)
    assert result.statistic == 1.0
    assert 0.3 < result.epsilon < 0.7


def test_a_sample_of_comparisons_tunes_nearly_as_well(monkeypatch):
    whole = pairwise_accuracy(**DATA).statistic
    # The package has a function of the name of the module.
    monkeypatch.setattr(sys.modules[pairwise_accuracy.__module__], "MAX_COMPARISONS", 600)
    sampled = pairwise_accuracy(**DATA)
    assert sampled.statistic == pytest.approx(whole, abs=0.05)
    assert sampled == pairwise_accuracy(**DATA)


@pytest.mark.parametrize("grouping", ["all", "prompt", "generator"])
@pytest.mark.parametrize("calibrate_ties", [True, False], ids=["calibrated", "strict"])
def test_full_agreement_is_one(grouping, calibrate_ties):
    data = {**DATA, "predictions": RATINGS}
    result = pairwise_accuracy(**data, grouping=grouping, calibrate_ties=calibrate_ties, n_resamples=20, rng=0)
    assert (result.statistic, result.confidence_interval) == (1.0, None)


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"predictions": [0.5] * N}, "constant predictions"),
        ({"references": [3.0] * N}, "constant references"),
        ({"prompts": ["p"] * N}, "fewer than 3 prompts to tune ties on"),
        ({"prompts": ["p"] * N, "grouping": "prompt"}, "fewer than 2 prompts to tune ties on"),
        ({"prompts": list(range(N)), "grouping": "prompt"}, "no prompt has 2 pictures to compare"),
        ({"generators": list(range(N)), "grouping": "generator"}, "no generator has pictures of 2 prompts to compare"),
        ({"predictions": [NAN] * N}, "no rows"),
    ],
    ids=["constant scores", "all ties", "one prompt", "one prompt by prompt", "single pictures", "singles", "empty"],
)
def test_what_cannot_be_compared_is_nan_with_a_reason(caplog, changes, status):
    result = pairwise_accuracy(**{**DATA, **changes}, nan_policy="omit", n_resamples=10)
    assert np.isnan(result.statistic)
    assert (result.status, result.confidence_interval, result.epsilons) == (status, None, ())
    assert f"The pairwise accuracy is undefined: {status}" in caplog.text


def test_every_prompt_can_be_a_fold_of_its_own():
    prompts = list(range(N // 2)) * 2  # thirty prompts of two pictures
    most = pairwise_accuracy(**{**DATA, "prompts": prompts}, grouping="prompt", n_folds=N)
    assert len(most.epsilons) == N // 2
    few = {key: values[:20] for key, values in DATA.items()}
    single = pairwise_accuracy(**{**few, "prompts": list(range(20))}, n_folds=20)
    assert len(single.epsilons) == 20 * 21 // 2


def test_one_prompt_needs_no_tuning_without_ties(caplog):
    result = pairwise_accuracy(**{**DATA, "prompts": ["p"] * N}, calibrate_ties=False, n_resamples=10)
    assert result.statistic == pairwise_accuracy(**DATA, calibrate_ties=False).statistic
    assert result.confidence_interval is None
    assert "at least 2 groups" in caplog.text


def test_nothing_left_to_tune_on_is_nan_with_a_reason():
    # Three prompts of one generator each: what is compared always involves two of the three folds.
    result = pairwise_accuracy(
        predictions=[0.1, 0.2, 0.3], references=[1, 2, 3], prompts=["p", "q", "r"], generators=["A"] * 3, n_folds=3
    )
    assert np.isnan(result.statistic)
    assert result.status == "no comparison of other prompts to tune ties on"


def test_prompts_without_a_comparison_are_left_out_and_counted():
    data = {key: [*values, values[0]] for key, values in DATA.items()}
    data["prompts"][-1] = "alone"
    result = pairwise_accuracy(**data, grouping="prompt")
    assert result.statistic == pairwise_accuracy(**DATA, grouping="prompt").statistic
    assert (result.n, result.n_groups, result.n_groups_dropped) == (N + 1, N_PROMPTS, 1)


def test_rows_with_nan_are_left_out_and_counted():
    predictions = np.where(np.arange(N) == 3, NAN, SCORES)
    result = pairwise_accuracy(**{**DATA, "predictions": predictions}, grouping="generator", nan_policy="omit")
    kept = {key: np.delete(values, 3) for key, values in DATA.items()}
    kept |= {key: kept[key].tolist() for key in ("prompts", "generators")}
    assert result.statistic == pairwise_accuracy(**kept, grouping="generator").statistic
    assert result.n_dropped == 1


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"grouping": "category"}, "`grouping` must be one of 'all', 'prompt', 'generator'"),
        ({"grouping": "generator", "generators": None}, "needs `generators`"),
        ({"n_folds": 2}, "`n_folds` must be at least 3 for grouping='all', got 2"),
        ({"n_folds": 1, "grouping": "prompt"}, "`n_folds` must be at least 2 for grouping='prompt', got 1"),
        ({"predictions": [float("inf")] * N}, "`predictions` has 60 infinite"),
        ({"references": [NAN] * N}, "`references` has 60 nan"),
        ({"prompts": ["p"]}, "`prompts` has 1"),
        ({"prompts": [None] * N}, "`prompts` has no label at row 0"),
        ({"generators": [None] * N, "grouping": "generator"}, "`generators` has no label at row 0"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        pairwise_accuracy(**{**DATA, **changes})
