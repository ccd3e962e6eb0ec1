from evalmuse_hf.meta_evaluation.evaluation import evaluate
from evalmuse_hf.meta_evaluation.evaluation_report.element_tables import (
    accuracy_table,
    calibration_plot,
    calibration_table,
    category_plot,
    category_table,
    threshold_table,
)


def column(table, name):
    place = table.header.index(name)
    return {row[0]: row[place] for row in table.rows}


def test_accuracy_stands_twice_beside_the_majority_and_the_ceiling(record):
    table = accuracy_table(record)
    elements = record["elements"]
    assert column(table, "value")["accuracy, scored elements"] == elements["micro"]["value"]
    assert column(table, "value")["accuracy, unscored = wrong"] == elements["unscored_as_wrong"]["micro"]["value"]
    assert column(table, "majority class")["balanced accuracy"] is not None
    assert column(table, "ceiling")["accuracy, scored elements"] == record["ceilings"]["accuracy"]["micro"]["value"]
    assert "AUROC" in column(table, "value")


def test_every_category_has_a_line_and_a_mark(record):
    table, plot = category_table(record), category_plot(record, scorer="tiny")
    assert [row[0] for row in table.rows] == list(plot.labels) == ["color", "animal/human"]
    entry = record["elements"]["by_category"]["color"]
    assert column(table, "people say yes")["color"] == entry["n_yes"] / entry["micro"]["n"]
    assert [series.name for series in plot.series] == ["tiny", "majority class", "noise ceiling"]


def test_accuracy_above_the_ceiling_is_explained(record):
    record["elements"]["by_category"]["color"]["micro"]["value"] = 1.0
    assert "does not hold there" in category_table(record).note
    record["elements"]["by_category"]["color"]["micro"]["value"] = 0.5
    record["elements"]["by_category"]["animal/human"]["micro"]["value"] = 0.5
    assert category_table(record).note == ""


def test_calibration_is_shown_as_scored_and_after_each_map(record):
    table = calibration_table(record)
    assert list(column(table, "Brier")) == [
        *("as scored", "after Platt's map", "after an isotonic map", "always the mean share")
    ]
    assert column(table, "ECE by chance")["as scored"] == record["calibration"]["ece_expected"]
    curves = calibration_plot(record).curves
    assert curves[0].predicted == tuple(cell["score"] for cell in record["calibration"]["bins"])


def test_thresholds_show_what_they_gain_and_why_one_was_kept(record):
    table = threshold_table(record)
    assert list(column(table, "threshold")) == ["all", "color", "animal/human"]
    assert column(table, "with its own")["all"] == record["thresholds"]["tuned"]["value"]
    record["thresholds"]["by_category"]["color"]["status"] = "too few elements"
    kept = threshold_table(record)
    assert (column(kept, "threshold")["color"], column(kept, "kept 0.5 because")["color"]) == (
        None,
        "too few elements",
    )


def test_scores_off_the_scale_have_a_cause_and_no_plot(rows, scores):
    scores[0]["elements"][0]["score"] = 3.0
    record = evaluate(scores, rows, n_resamples=0, parts=("calibration", "thresholds")).record
    assert calibration_table(record).rows == (("none", "element scores are not in [0, 1]"),)
    assert calibration_plot(record) is None
    assert threshold_table(record) is None
    assert category_plot(record, scorer="tiny") is None


def test_data_without_elements_has_no_categories(rows, scores):
    record = evaluate(scores, [{**row, "elements": []} for row in rows], n_resamples=0, parts=()).record
    assert category_table(record) is None
    assert calibration_table(record) is None
