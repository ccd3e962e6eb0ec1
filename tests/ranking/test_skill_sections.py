from dataclasses import replace

import pytest

from evalmuse_hf.ranking.records import CategoryMean
from evalmuse_hf.ranking.skill_sections import choose_profiles, skills_section


def test_every_skill_says_on_how_much_it_rests(full_ranking):
    basis, means = skills_section(full_ranking).tables
    assert basis.rows[0] == ("color", "SDXL", 0.875, "0.84 to 0.91", 120, 90)
    assert basis.rows[2] == ("counting", "SDXL", 0.4375, "–", "11 to 13", 9)
    assert means.rows[1] == (2, "Mine", "0.750 ±0.031", "0.750 ±0.250", "0.375")


def test_skills_stand_in_the_order_of_the_paper_and_unknown_ones_last(full_ranking):
    row = replace(full_ranking.rows[0], categories={"own": CategoryMean(0.5, 1), **full_ranking.rows[0].categories})
    section = skills_section(replace(full_ranking, rows=(row, *full_ranking.rows[1:])))
    assert [line[0] for line in section.tables[0].rows] == ["color", "food", "counting", "own"]
    assert section.tables[1].rows[1][-1] == "–"


def test_a_wide_table_is_cut_into_parts(full_ranking):
    many = {f"skill {number:02}": CategoryMean(0.5, 1) for number in range(8)}
    rows = tuple(replace(row, categories=many) for row in full_ranking.rows)
    tables = skills_section(replace(full_ranking, rows=rows)).tables
    assert [len(table.header) for table in tables] == [6, 8, 4]


def test_the_radar_shows_the_best_or_who_is_asked_for(full_ranking):
    radar = skills_section(full_ranking, ["Mine", "SDXL"]).tables[0].plot
    assert [series.name for series in radar.series] == ["2  Mine", "1  SDXL"]
    assert radar.axes == ("color", "food", "counting")
    assert radar.series[1].values == (0.875, 0.75, 0.4375)
    many = replace(full_ranking, rows=full_ranking.rows * 3)
    assert len(choose_profiles(full_ranking)) == 3
    assert len(choose_profiles(many)) == 4


@pytest.mark.parametrize("lowest, centre", [(0.31, 0.25), (0.5, 0.25), (0.51, 0.5), (0.1, 0.0), (0.0, 0.0)])
def test_the_centre_of_the_radar_is_said_if_it_is_not_zero(full_ranking, lowest, centre):
    rows = tuple(
        replace(row, categories={name: CategoryMean(lowest, 9) for name in ("color", "food", "shape")})
        for row in full_ranking.rows
    )
    radar = skills_section(replace(full_ranking, rows=rows)).tables[0].plot
    assert radar.low == centre
    assert ("centre" in radar.title) == (centre > 0)


def test_two_skills_are_no_radar(full_ranking):
    rows = tuple(
        replace(row, categories={name: CategoryMean(0.5, 9) for name in ("color", "food")})
        for row in full_ranking.rows
    )
    assert skills_section(replace(full_ranking, rows=rows)).tables[0].plot is None


def test_without_elements_there_are_no_skills(bare_ranking):
    assert skills_section(bare_ranking) is None


def test_a_wrong_choice_is_one_sentence(full_ranking):
    with pytest.raises(ValueError, match="No generator is called 'SDX'; the scores name SDXL, Mine, LCM-PixArt"):
        choose_profiles(full_ranking, ["SDX"])
    many = replace(
        full_ranking, rows=tuple(replace(full_ranking.rows[0], generator=f"G{number}") for number in range(7))
    )
    with pytest.raises(ValueError, match="A radar shows 6 generators at most, got 7"):
        choose_profiles(many, [f"G{number}" for number in range(7)])
