import json
from dataclasses import replace

import pytest

from evalmuse_hf.ranking.published import compare_with_published, find_published, generator_key, read_published_ranking
from evalmuse_hf.schema import CATEGORIES

# Sums over the 22 printed lines, added up apart from the file: a digit that changes shows.
PRINTED_SUMS = {
    "attribute": 17.016, "location": 15.529, "color": 11.236, "object": 13.465, "material": 10.922,
    "animal/human": 11.966, "food": 14.034, "shape": 14.112, "activity": 11.502, "spatial": 13.603,
    "counting": 6.027, "other": 11.977,
}  # fmt: skip
# The folders of the release, and the two models that only the ranking has.
RELEASED = (
    *("SD_v1.2", "SD_v1.5", "SD_v2.1", "SDXL", "SSD1B", "PixArt-alpha", "PixArt-Sigma"),
    *("IF", "Kandinsky3", "Playground_v2.5", "SDXL-Turbo", "SDXL-Lightning", "LCM-SDXL", "LCM-SSD1B"),
    *("LCM-PixArt", "SD3", "HunyuanDiT", "Kolors", "Midjourney_v6.1", "Dreamina_v2.0Pro"),
)


def test_every_printed_digit_is_there():
    rows = read_published_ranking().rows
    assert len(rows) == 22
    assert round(sum(row.mean for row in rows), 2) == 65.44
    assert round(sum(row.normalised for row in rows), 4) == 10.854
    assert list(PRINTED_SUMS) == list(CATEGORIES)
    for skill, total in PRINTED_SUMS.items():
        assert round(sum(row.skills[skill] for row in rows), 3) == total
    assert all(list(row.skills) == list(CATEGORIES) for row in rows)


def test_the_two_published_scales_are_the_same_numbers():
    assert all(round(1 + 4 * row.normalised, 2) == row.mean for row in read_published_ranking().rows)


def test_lines_are_those_of_the_paper():
    best, worst = read_published_ranking().rows[0], read_published_ranking().rows[-1]
    assert (best.generator, best.rank, best.mean, best.normalised) == ("Dreamina v2.0Pro", 1, 3.74, 0.6843)
    assert (worst.generator, worst.rank, worst.mean, worst.normalised) == ("SD v1.2", 22, 2.25, 0.3117)
    assert tuple(worst.skills.values()) == (
        *(0.659, 0.515, 0.315, 0.471, 0.377, 0.393, 0.498, 0.547, 0.349, 0.493, 0.181),
        0.422,
    )


def test_ranks_follow_the_mean_that_has_more_digits():
    rows = {row.generator: row for row in read_published_ranking().rows}
    assert rows["HunyuanDiT"].mean == rows["Kandinsky3"].mean
    assert (rows["HunyuanDiT"].rank, rows["Kandinsky3"].rank) == (8, 9)


def test_every_folder_of_the_release_is_found_and_no_two_are_the_same():
    found = [find_published(name) for name in [*RELEASED, "DALLE 3", "FLUX 1.1"]]
    assert None not in found
    assert len({row.generator for row in found}) == 22


@pytest.mark.parametrize(
    "name, printed",
    [
        ("LCM-PixArt", "PixArt-δ"),
        ("PixArt-delta", "PixArt-δ"),
        ("PIXART_Σ", "PixArt-Σ"),
        ("DALL·E 3", "DALLE 3"),
        ("DeepFloyd-IF", "IF"),
        ("stable-diffusion-v1-5", "SD v1.5"),
        ("Dreamina 2.0pro", "Dreamina v2.0Pro"),
    ],
)
def test_other_names_of_a_model_are_known(name, printed):
    assert find_published(name).generator == printed


@pytest.mark.parametrize("name", ["", "SD", "SDXL-Lightning-4step", "my model"])
def test_a_similar_name_is_not_taken_for_the_model(name):
    assert find_published(name) is None


def test_no_two_models_share_a_name():
    rows = read_published_ranking().rows
    names = [generator_key(name) for row in rows for name in {*map(generator_key, (row.generator, *row.aliases))}]
    assert len(set(names)) == len(names)


def test_ranks_are_counted_among_the_generators_that_both_have(full_ranking):
    comparison = compare_with_published(full_ranking)
    assert [(match.generator, match.rank, match.published_rank) for match in comparison.matches] == [
        ("SDXL", 1, 1),
        ("LCM-PixArt", 2, 2),
    ]
    assert comparison.agreement is None  # two generators agree by chance


def test_agreement_is_kendalls_tau(full_ranking):
    rows = tuple(
        replace(full_ranking.rows[0], generator=name, mean=mean, rank=place)
        for place, (name, mean) in enumerate([("SDXL", 3.0), ("DALLE 3", 2.5), ("SD_v1.5", 2.0)], start=1)
    )
    # Of the pairs, SDXL against DALLE 3 is the other way round: (2 - 1) / 3.
    assert compare_with_published(replace(full_ranking, rows=rows)).agreement == pytest.approx(1 / 3)
    equal = tuple(replace(row, mean=2.0) for row in rows)
    assert compare_with_published(replace(full_ranking, rows=equal)).agreement is None


def test_without_a_known_generator_there_is_nothing_to_compare(bare_ranking):
    assert compare_with_published(bare_ranking) is None


def test_both_are_json(full_ranking):
    for record in (read_published_ranking().record(), compare_with_published(full_ranking).record()):
        read = json.loads(json.dumps(record, allow_nan=False))
        assert [line["generator"] for line in read["generators"]] == [
            line["generator"] for line in record["generators"]
        ]
    assert read_published_ranking().record()["format"] == 1
