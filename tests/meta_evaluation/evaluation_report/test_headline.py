from evalmuse_hf.meta_evaluation.evaluation import evaluate
from evalmuse_hf.meta_evaluation.evaluation_report.headline import (
    accuracy_yardstick,
    best_reference,
    figures,
    summary_sentence,
    yardstick,
)


def test_the_finding_stands_beside_what_is_trivial_and_what_is_possible(record):
    sentence = summary_sentence(record, scorer="tiny")
    best = max(record["references"][kind]["srcc"]["value"] for kind in ("prompt_oracle", "generator_mean", "both"))
    assert f"SRCC of {record['overall']['srcc']['value']:.2f} (95 % interval" in sentence
    assert f"without a look at the picture, reaches {best:.2f}" in sentence
    assert f"caps every scorer near {record['ceilings']['overall']['srcc']['value']:.2f}." in sentence
    assert "Among the pictures of one prompt, where only looking helps, it is " in sentence
    assert best_reference(record, "srcc")[1] == best


def test_a_scorer_below_what_needs_no_picture_is_told_so(record):
    record["overall"]["srcc"]["value"] = 0.1
    assert "Knowing prompt and generator, without a look at the picture, does better: " in summary_sentence(
        record, scorer="tiny"
    )


def test_a_reference_row_whose_difference_may_be_noise_cannot_be_told_from_the_scorer(record):
    record["references"]["both"]["difference"].update(low=-0.1, high=0.1)
    assert ", without a look at the picture, cannot be told from it: " in summary_sentence(record, scorer="tiny")


def test_without_reference_rows_and_ceilings_the_finding_stands_alone(rows, scores):
    record = evaluate(scores, rows, n_resamples=0, parts=()).record
    sentence = summary_sentence(record, scorer="tiny")
    assert sentence.startswith(
        f"tiny orders the pictures as people do with an SRCC of {record['overall']['srcc']['value']:.2f}. "
    )
    assert best_reference(record, "srcc") is None
    assert yardstick(record, scorer="tiny") is None


def test_a_scorer_without_agreement_says_why(rows, scores):
    record = evaluate([{**row, "overall_score": 3.0} for row in scores], rows, n_resamples=0, parts=()).record
    assert summary_sentence(record, scorer="tiny") == "There is no agreement to report for tiny: constant predictions."
    assert figures(record)[0][1:] == (None, "constant predictions")


def test_the_yardstick_runs_from_trivial_to_the_ceiling(record):
    forest = yardstick(record, scorer="tiny")
    assert forest.labels == (
        "knows the generator",
        "knows the prompt",
        "knows both",
        "one person's ratings",
        "tiny",
    )
    assert forest.series[0].values[-1] == record["overall"]["srcc"]["value"]
    assert forest.reference == record["ceilings"]["overall"]["srcc"]["value"]


def test_accuracy_stands_twice_between_the_majority_and_the_ceiling(record):
    forest = accuracy_yardstick(record, scorer="tiny")
    assert forest.labels == ("majority of the category", "all, unscored = wrong", "scored elements")
    assert forest.series[0].values[1] == record["elements"]["unscored_as_wrong"]["micro"]["value"]


def test_each_figure_names_interval_trivial_ceiling_and_number(record):
    name, value, detail = figures(record)[0]
    assert (name, value) == ("SRCC, all pairs", record["overall"]["srcc"]["value"])
    assert [part.split(":")[0] for part in detail.split(" · ")] == ["95 %", "trivial", "ceiling", "n = 120"]
