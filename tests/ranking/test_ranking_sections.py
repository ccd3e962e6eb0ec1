from dataclasses import replace

from evalmuse_hf.ranking.ranking_sections import (
    correction_section,
    differences_section,
    means_section,
    preferences_section,
)


def cells(section, table=0):
    """The rows of a table as mappings."""
    found = section.tables[table]
    return [dict(zip(found.header, found.spelled(row), strict=True)) for row in found.rows]


def test_the_means_have_letters_both_scales_and_what_is_missing(full_ranking):
    first, second, _ = cells(means_section(full_ranking))
    assert first == {
        "rank": "1", "generator": "SDXL", "mean": "3.50", "95 % interval": "3.38 to 3.62", "letters": "a",
        "0 to 1": "0.625", "preferred": "1", "pictures": "200", "unscored": "0",
    }  # fmt: skip
    assert second["unscored"] == "1"


def test_a_column_without_anything_is_left_out(bare_ranking):
    section = means_section(bare_ranking)
    assert section.tables[0].header == ("rank", "generator", "mean", "95 % interval", "pictures")
    assert cells(section)[0]["95 % interval"] == "–"
    assert section.text == ()


def test_the_plot_of_the_means_shows_intervals_and_letters(full_ranking):
    plot = means_section(full_ranking).tables[0].plot
    assert plot.labels == ("1  SDXL", "2  Mine", "3  LCM-PixArt")
    assert plot.notes == ("a", "b", "b")
    assert (plot.series[0].lows[0], plot.series[0].highs[0]) == (3.375, 3.625)


def test_neighbours_say_how_many_prompts_would_separate_them(full_ranking):
    section = differences_section(full_ranking)
    first, second = cells(section)
    assert (first["first"], first["second"], first["more than noise"], first["p"]) == (
        "SDXL",
        "Mine",
        "yes",
        "< 0.001",
    )
    assert (second["more than noise"], second["p"], second["prompts needed"]) == ("no", "0.310", "2,345")
    assert section.text[0].startswith("2 of 3 pairs of generators are told apart.")


def test_how_two_are_compared_is_said(full_ranking):
    shared, adjusted = (
        differences_section(replace(full_ranking, balance=balance)).text[0] for balance in ("shared", "adjusted")
    )
    assert "compared prompt by prompt, which" in shared
    assert "compared prompt by prompt, also by way of third ones, which" in adjusted


def test_what_nobody_could_collect_is_not_a_number(full_ranking):
    last = full_ranking.differences[-1]
    for needed, difference, said in (
        (None, 0.0, "–"),
        (None, 0.01, "over a million"),
        (5_000_000, 0.01, "over a million"),
    ):
        pair = replace(last, n_prompts_needed=needed, difference=difference)
        ranking = replace(full_ranking, differences=(pair,))
        assert cells(differences_section(ranking))[0]["prompts needed"] == said


def test_the_matrix_is_signed_and_marks_noise(full_ranking):
    (heat,) = differences_section(full_ranking).plots
    assert heat.values == ((None, 0.5, 0.5625), (-0.5, None, 0.0625), (-0.5625, -0.0625, None))
    assert heat.noise == ((False, False, False), (False, False, True), (False, True, False))
    assert "p after Holm 0.310" in heat.details[2][1]


def test_a_test_that_could_not_be_made_is_no_difference(full_ranking):
    nan = float("nan")
    pair = replace(full_ranking.differences[0], p_value=nan, adjusted_p_value=nan, low=None, high=None)
    section = differences_section(replace(full_ranking, differences=(pair, *full_ranking.differences[1:])))
    assert cells(section)[0]["more than noise"] == "–"
    assert cells(section)[0]["p"] == "–"
    assert section.plots[0].noise[0][1]


def test_a_matrix_that_nobody_can_read_is_left_out(full_ranking):
    many = replace(full_ranking, rows=full_ranking.rows * 20)
    assert differences_section(many).plots == ()


def test_preferences_stand_in_their_own_order(full_ranking):
    rows = (
        replace(full_ranking.rows[0], preference=replace(full_ranking.rows[0].preference, rank=3)),
        *full_ranking.rows[1:],
    )
    section = preferences_section(replace(full_ranking, rows=rows))
    assert [row["generator"] for row in cells(section)] == ["Mine", "SDXL", "LCM-PixArt"]
    assert section.tables[0].plot.reference == 0.0
    assert any("tau-b 1.000" in sentence for sentence in section.text)


def test_the_corrected_ranking_shows_people_and_scorer_beside(full_ranking):
    section = correction_section(full_ranking)
    best = cells(section)[0]
    assert (best["generator"], best["corrected"], best["people alone"], best["scorer"]) == (
        *("LCM-PixArt", "3.50", "3.60"),
        "2.94",
    )
    assert (best["scorer less people"], best["rated pictures"]) == ("-0.56", "40")
    assert [series.name for series in section.tables[0].plot.series] == ["corrected", "people alone", "scorer alone"]


def test_parts_that_were_not_computed_are_left_out(bare_ranking):
    assert differences_section(bare_ranking) is None
    assert preferences_section(bare_ranking) is None
    assert correction_section(bare_ranking) is None


def test_pairs_that_could_not_be_tested_are_not_counted_as_not_told_apart(full_ranking):
    nan = float("nan")
    pairs = tuple(replace(pair, p_value=nan, adjusted_p_value=nan) for pair in full_ranking.differences)
    section = differences_section(replace(full_ranking, differences=pairs))
    assert section.text[0].startswith("No pair could be tested.")
