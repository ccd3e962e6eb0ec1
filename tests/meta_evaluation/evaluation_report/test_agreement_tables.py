from evalmuse_hf.meta_evaluation.evaluation import evaluate
from evalmuse_hf.meta_evaluation.evaluation_parts.systems import NO_GENERATORS
from evalmuse_hf.meta_evaluation.evaluation_report.agreement_tables import (
    comparison_table,
    detectable_sentence,
    overall_table,
    raters_sentence,
    reference_table,
    subset_tables,
    system_plot,
    system_table,
)


def column(table, name):
    place = table.header.index(name)
    return {row[0]: row[place] for row in table.rows}


def test_every_statistic_of_the_overall_score_has_a_line_with_its_resamples(record):
    table = overall_table(record)
    assert column(table, "value")["SRCC"] == record["overall"]["srcc"]["value"]
    assert column(table, "ceiling")["PLCC"] == record["ceilings"]["overall"]["plcc"]["value"]
    assert column(table, "one person")["KRCC (tau-b)"] == record["ceilings"]["human_as_scorer"]["krcc"]["value"]
    assert set(column(table, "resamples").values()) == {20}
    assert column(table, "value")["SRCC between prompts"] == record["between_prompt"]["srcc"]["value"]


def test_an_undefined_statistic_shows_its_cause_in_the_place_of_an_interval(rows, scores):
    record = evaluate([{**row, "overall_score": 3.0} for row in scores], rows, n_resamples=0, parts=()).record
    assert column(overall_table(record), "95 % interval")["SRCC"] == "constant predictions"


def test_left_out_and_constant_prompts_are_named_in_the_note(rows, scores):
    for place in range(4):
        rows[place]["overall_score"] = 3.0
        scores[4 + place]["overall_score"] = 2.0
    note = overall_table(evaluate(scores, rows, n_resamples=0, parts=()).record).note
    assert "1 prompts are left out" in note
    assert "1 prompts with constant scores count 0" in note


def test_reference_rows_show_the_paired_difference(record):
    table = reference_table(record, scorer="tiny")
    assert len(table.rows) == 3
    difference = record["references"]["both"]["difference"]
    shown = column(table, "scorer less predictor")["knows both"]
    assert shown == f"{difference['value']:.3f} [{difference['low']:.3f}, {difference['high']:.3f}]"
    assert column(table, "p")["knows both"] == f"{difference['p_value']:.3f}"
    assert column(table, "p (Holm)")["knows both"] == f"{difference['p_holm']:.3f}"
    assert difference["p_holm"] >= difference["p_value"]


def test_the_papers_tables_hold_all_real_synthetic_and_types(record):
    whole, types = subset_tables(record)
    assert [row[0] for row in whole.rows] == ["all", "real", "synthetic"]
    assert [row[0] for row in types.rows] == ["naive_object_counts"]
    accuracy, krcc = record["elements"]["micro"], record["subsets"]["source"]["real"]["krcc"]
    assert column(whole, "element accuracy")["all"].startswith(f"{accuracy['value']:.3f} [{accuracy['low']:.3f}, ")
    assert column(whole, "KRCC")["real"] == f"{krcc['value']:.3f} [{krcc['low']:.3f}, {krcc['high']:.3f}]"


def test_subsets_stand_beside_what_is_trivial_and_what_is_possible(record):
    whole, types = subset_tables(record)
    real = record["subsets"]["source"]["real"]
    assert column(whole, "prompt oracle")["all"] == record["references"]["prompt_oracle"]["srcc"]["value"]
    assert column(whole, "prompt oracle")["real"] == real["prompt_oracle"]["value"]
    assert column(whole, "ceiling")["real"] == real["ceiling"]["value"] > real["prompt_oracle"]["value"]
    kind = record["subsets"]["synthetic_type"]["naive_object_counts"]
    assert column(types, "majority class")["naive_object_counts"] == kind["majority_class"]["value"]
    assert (
        column(overall_table(record), "trivial")["SRCC within prompts"]
        == (record["references"]["generator_mean"]["within_prompt"]["value"])
    )


def test_what_so_many_prompts_could_show_is_a_sentence_with_the_row_it_rests_on(record):
    difference = record["references"]["prompt_oracle"]["difference"]
    sentence = detectable_sentence(record)
    assert f"With these 30 prompts a true SRCC difference of {difference['detectable']:.3f}" in sentence
    assert "as the prompt oracle would be found in 4 of 5 studies" in sentence
    assert sentence in reference_table(record, scorer="tiny").note
    assert detectable_sentence({}) == ""


def test_the_interval_over_raters_names_their_number_and_that_it_is_rough():
    raters = {"value": 0.5, "low": 0.4, "high": 0.6, "n_raters": 2, "status": "rough: 2 raters, fewer than 5"}
    record = {"ceilings": {"prompt_rater": {"srcc": raters}}}
    assert raters_sentence(record) == (
        "Drawing prompts and raters, SRCC is 0.500 [0.400, 0.600] (2 raters; rough: 2 raters, fewer than 5)."
    )
    assert raters_sentence({}) == ""


def test_scores_that_tie_by_rounding_alone_have_no_tie_tolerance(record):
    record["pairwise"]["all"]["epsilon"] = 2.3e-12
    assert column(comparison_table(record), "tie below")["any two pictures"] == "none"


def test_comparisons_are_counted_by_grouping(record):
    table = comparison_table(record)
    assert column(table, "comparisons")["two pictures of one prompt"] == 180
    assert column(table, "share right")["any two pictures"] == record["pairwise"]["all"]["value"]


def test_generators_are_a_table_and_a_plot(record):
    table = system_table(record)
    assert column(table, "value")["KRCC of the means"] == record["system"]["krcc"]["value"]
    assert "of the same prompts" in table.note
    assert system_plot(record).labels == ("A", "B", "C", "D")


def test_what_was_not_computed_has_no_table(rows, scores):
    record = evaluate(scores, rows, n_resamples=0, parts=()).record
    assert (reference_table(record, scorer="tiny"), comparison_table(record), system_table(record)) == (None,) * 3
    assert subset_tables(record) == ()
    assert system_plot(record) is None


def test_generators_that_cannot_be_ordered_are_a_table_with_the_cause(rows, scores):
    record = evaluate(scores, [{**row, "generator": None} for row in rows], n_resamples=0, parts=("system",)).record
    assert system_table(record).rows == (("none", NO_GENERATORS),)
