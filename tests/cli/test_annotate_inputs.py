import pytest

from evalmuse_hf.cli.annotate_inputs import check_lists, spell_options


def test_lists_that_can_be_read_are_let_through(tmp_path):
    (tmp_path / "a.csv").write_text("image,prompt\n0.png,a cat\n")
    (tmp_path / "empty.jsonl").write_text("")
    check_lists([tmp_path / "a.csv", tmp_path / "empty.jsonl"])


@pytest.mark.parametrize(
    "name, words",
    [
        ("release", r"is a folder; give the list itself, such as .*release/pairs\.jsonl"),
        ("train_list.json", r"row per picture; give one that ends in \.jsonl, .* columns image and prompt"),
        ("broken.jsonl", r"line 1 of broken\.jsonl"),
        ("none.csv", r"There is no file .*none\.csv"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_give(tmp_path, name, words):
    (tmp_path / "release").mkdir()
    (tmp_path / "train_list.json").write_text("[]")
    (tmp_path / "broken.jsonl").write_text("{")
    with pytest.raises(ValueError, match=words):
        check_lists([tmp_path / name])


def test_fields_are_called_by_their_options():
    assert (
        spell_options("`max_gold_overall_error` must be a number, got -1.")
        == "--max-gold-error must be a number, got -1."
    )
    assert spell_options("`max_per_rater` must be 1, or None for no limit.") == "--max-per-rater must be 1, or 'off'."
