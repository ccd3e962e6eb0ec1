import struct

import pytest

from evalmuse_hf.meta_evaluation.benchmarks.richhf import read_richhf, recognises


def rows():
    return [
        {
            **{"filename": f"{split}/{number}.png", "artifact_score": 0.5, "misalignment_score": score},
            **{"aesthetics_score": 0.25, "overall_score": 0.75, "prompt_misalignment_label": "1 1 0"},
            **{"prompt": prompt},
        }
        for number, (split, score, prompt) in enumerate(
            [("test", 0.25, "an owl"), ("test", 1.0, "An  owl"), ("train", 0.0, "a kite")]
        )
    ]


def without_prompts():
    return [{column: value for column, value in row.items() if column != "prompt"} for row in rows()]


def as_example(row):
    """A record as the release holds it."""

    def field(number, content):
        low, high = len(content) & 0x7F, len(content) >> 7
        return bytes([number << 3 | 2, *([low | 0x80, high] if high else [low])]) + content

    def feature(name, value):
        kind, content = (1, value.encode()) if isinstance(value, str) else (2, struct.pack("<f", value))
        return field(1, field(1, name.encode()) + field(2, field(kind, field(1, content))))

    message = field(1, b"".join(feature(name, value) for name, value in row.items()))
    return struct.pack("<QI", len(message), 0) + message + b"\0\0\0\0"


def test_the_score_of_alignment_is_the_overall_score_and_higher_is_better(tmp_path, write_csv):
    rated = read_richhf(write_csv(tmp_path / "scores.csv", rows()))
    assert [row["image_path"] for row in rated.rows] == ["test/0.png", "test/1.png"]
    assert [row["overall_score"] for row in rated.rows] == [0.25, 1.0]
    assert len({row["prompt_id"] for row in rated.rows}) == 1
    assert rated.facts.rating_scale == (0.0, 1.0)


def test_another_split_and_another_score_can_be_asked_for(tmp_path, write_csv):
    rated = read_richhf(write_csv(tmp_path / "scores.csv", rows()), split="train", rating="overall")
    assert [(row["image_path"], row["overall_score"]) for row in rated.rows] == [("train/2.png", 0.75)]


def test_names_without_a_split_are_all_kept(tmp_path, write_csv):
    named = [{**row, "filename": f"{number}.png"} for number, row in enumerate(rows())]
    assert len(read_richhf(write_csv(tmp_path / "scores.csv", named)).rows) == 3


def test_columns_may_be_spelled_as_in_copies(tmp_path, write_csv):
    copied = [
        {"Filename": row["filename"], "Misalignment score": row["misalignment_score"], "caption": row["prompt"]}
        for row in rows()
    ]
    assert recognises(copied[0])
    assert not recognises(["filename", "score"])
    assert len(read_richhf(write_csv(tmp_path / "scores.csv", copied)).rows) == 2


def test_the_files_of_the_release_are_read_with_prompts_from_elsewhere(tmp_path, write_csv):
    (tmp_path / "test.tfrecord").write_bytes(b"".join(map(as_example, without_prompts()[:2])))
    prompts = write_csv(tmp_path / "prompts.csv", [{"filename": "0.png", "prompt": "an owl"}])
    rated = read_richhf(tmp_path, prompts=prompts)
    assert [row["overall_score"] for row in rated.rows] == [0.25, 1.0]
    assert [row["prompt"] for row in rated.rows] == ["an owl", None]
    assert rated.facts.notes[-1] == "1 of 2 pictures have no known prompt: test/1.png."


def test_scores_without_any_prompt_are_refused(tmp_path, write_csv):
    path = write_csv(tmp_path / "scores.csv", without_prompts())
    with pytest.raises(ValueError, match=r"scores.csv holds no prompts, .* or as prompts=FILE"):
        read_richhf(path)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"rating": "beauty"}, "`rating` is 'beauty', expected one of misalignment, artifact, aesthetics, overall"),
        ({"split": "val"}, "`split` is 'val', expected one of train, dev, test"),
    ],
)
def test_unknown_options_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        read_richhf(tmp_path, **options)


def test_bad_tables_are_refused(tmp_path, write_csv):
    with pytest.raises(ValueError, match=r"There is no file .*test.tfrecord"):
        read_richhf(tmp_path)
    with pytest.raises(ValueError, match="lacks the column 'misalignment_score'"):
        read_richhf(write_csv(tmp_path / "scores.csv", [{"filename": "1.png", "prompt": "a"}]))
    table = rows()
    table[0]["misalignment_score"] = 3
    with pytest.raises(
        ValueError, match=r"`misalignment_score` of picture 'test/0.png' is '3', off the scale of 0 to 1"
    ):
        read_richhf(write_csv(tmp_path / "scores.csv", table))
    with pytest.raises(ValueError, match=r"has picture 'test/1.png' twice"):
        read_richhf(write_csv(tmp_path / "scores.csv", [rows()[1], rows()[1]]))


def test_a_name_without_a_split_among_names_with_one_is_refused(tmp_path, write_csv):
    mixed = [*rows(), {**rows()[0], "filename": "validation/9.png"}]
    with pytest.raises(ValueError, match=r"has picture 'validation/9.png', whose file name begins with none of"):
        read_richhf(write_csv(tmp_path / "scores.csv", mixed))


def test_names_that_say_no_split_are_taken_as_asked_and_said_so(tmp_path, write_csv):
    named = [{**row, "filename": f"{number}.png"} for number, row in enumerate(rows())]
    notes = read_richhf(write_csv(tmp_path / "scores.csv", named)).facts.notes
    assert "No file name says its split, so all 3 rows are taken as test." in notes


def test_two_prompts_of_one_name_are_refused(tmp_path, write_csv):
    scores = write_csv(tmp_path / "scores.csv", without_prompts())
    listed = [{"filename": f"{folder}/0.png", "prompt": f"a kite {folder}"} for folder in ("a", "b")]
    prompts = write_csv(tmp_path / "prompts.csv", listed)
    with pytest.raises(ValueError, match=r"two pictures '0.png' of different prompts"):
        read_richhf(scores, prompts=prompts)
