import runpy
from pathlib import Path

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "trainable_parameters.py"))


def test_the_official_count_is_explained_to_the_last_weight():
    """The parts were counted from the official modules by hand: LM head 622,651, projections 2 x 196,864, temp 1."""
    parts = BENCHMARK["explain"]()
    assert list(parts.values()) == [185_928_163, 622_651, 393_728, 1]
    assert sum(parts.values()) == BENCHMARK["OFFICIAL_COUNT"]


def test_adapters_of_the_official_sizes_are_those_of_the_formula():
    """Rank 8, width 768: 12 layers of self-attention, 6 of cross-attention whose keys and values read 1408."""
    attention = 12 * 4 * 8 * (768 + 768) + 6 * 8 * (2 * (768 + 768) + 2 * (768 + 1408))
    whole = 1_538 + 239_073 + 2_816  # match head, mask head, layer norm
    tower = 39 * 8 * ((1408 + 3 * 1408) + (1408 + 1408))
    rows = BENCHMARK["count"]("official", rank=8)
    assert [row.trained for row in rows[2:]] == [attention + whole, attention + whole + tower]
    assert rows[0].trained == rows[0].total == 1_172_468_963
    assert rows[2].written == 4 * rows[2].trained


def test_the_table_on_the_page_is_what_the_command_prints():
    rows = [row for name in ("mini", "official") for row in BENCHMARK["count"](name, rank=8)]
    printed = f"{BENCHMARK['describe'](rows)}\n\n{BENCHMARK['describe_official'](BENCHMARK['explain']())}\n"
    page = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text("utf-8")
    assert f"```text\n{printed}```" in page
