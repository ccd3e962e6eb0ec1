import math
from dataclasses import replace

from evalmuse_hf.meta_evaluation.studies.metrics_plots import agreement_plot, matrix_plot


def test_the_forest_holds_scorers_reference_rows_and_people(comparison):
    plot = agreement_plot(comparison, "srcc")
    best = comparison.matrix.names[0]
    assert plot.labels[-1] == "one rater, by the others"
    assert plot.labels[4:7] == ("prompt oracle", "generator mean", "prompt and generator")
    assert "good*" in plot.labels
    scorers, others = plot.series
    assert len(scorers.values) == len(others.lows) == len(plot.labels) == len(plot.notes)
    assert scorers.values[0] == comparison.matrix.values[best]
    assert scorers.values[4:] == (None,) * 4
    assert others.values[:4] == (None,) * 4
    assert plot.notes[0] == f"{scorers.values[0]:.3f} a"
    assert plot.reference == comparison.people.ceilings["srcc"]


def test_the_forest_takes_the_whole_width_and_marks_who_scored_too_few(comparison):
    last = comparison.matrix.names[-1]
    plot = agreement_plot(replace(comparison, matrix=replace(comparison.matrix, left_out=(last,))), "srcc")
    assert plot.wide
    assert plot.notes[3].endswith("too few pictures")


def test_an_untested_cell_says_so(comparison):
    cells = tuple(replace(cell, adjusted_p_value=math.nan) for cell in comparison.matrix.cells)
    plot = matrix_plot(replace(comparison, matrix=replace(comparison.matrix, cells=cells)), "srcc")
    assert plot.details[0][2].endswith("; not tested")


def test_other_statistics_have_no_single_rater(comparison):
    assert "one rater, by the others" not in agreement_plot(comparison, "krcc").labels


def test_the_matrix_marks_noise_and_explains_every_cell(comparison):
    plot = matrix_plot(comparison, "srcc")
    assert plot.rows == plot.columns == comparison.matrix.names
    assert plot.values[0][0] is None
    assert plot.values[0][2] == -plot.values[2][0] > 0
    assert (plot.noise[0][0], plot.noise[0][1], plot.noise[0][2]) == (False, True, False)
    assert "for all pairs; p after Holm" in plot.details[0][2]
    assert plot.details[1][1] == ""
