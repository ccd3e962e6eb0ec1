import pytest

from evalmuse_hf.meta_evaluation import evaluate_scores
from evalmuse_hf.meta_evaluation.benchmarks.dsg import gated_score, is_yes, read_dsg


def questions(*rows):
    return [{"question_id": number, "dependency_id": parents, "answer": answer} for number, parents, answer in rows]


def test_rows_have_the_keys_of_tifa160_and_name_their_raters(dsg_folder):
    rated = read_dsg(dsg_folder)
    keys = [
        f"{prompt}_{name}.jpg" for prompt in ("drawn_1", "drawn_2") for name in ("mini_dalle", "stable_diffusion_v2_1")
    ]
    assert [row["image_path"] for row in rated.rows] == keys
    assert [row["prompt_id"] for row in rated.rows] == ["drawn_1", "drawn_1", "drawn_2", "drawn_2"]
    assert [row["prompt"] for row in rated.rows] == ["a red kite over a lake"] * 2 + [None] * 2
    assert rated.rows[0]["overall_ratings"] == [5, 2]
    assert rated.raters[keys[0]] == ("71", "72")
    assert (rated.rows[3]["overall_ratings"], rated.raters[keys[3]]) == ([5], ("71",))


def test_scores_are_gated_by_parents_and_ungated(dsg_folder):
    scores = read_dsg(dsg_folder).scores
    assert {*scores} == {"DSG-mPLUG", "DSG-mPLUG (ungated)"}
    # yes, yes, no: nothing hangs on the no. no, yes, yes: the second hangs on the no, the third on the second.
    assert [row["overall_score"] for row in scores["DSG-mPLUG"]] == pytest.approx([2 / 3, 1 / 3])
    assert [row["overall_score"] for row in scores["DSG-mPLUG (ungated)"]] == pytest.approx([2 / 3, 2 / 3])


def test_the_scores_can_be_judged_and_pictures_without_answers_are_counted(dsg_folder):
    rated = read_dsg(dsg_folder)
    assert "DSG-mPLUG answered for 2 of the 4 rated pictures." in rated.facts.notes
    record = evaluate_scores(rated.scores["DSG-mPLUG"], rated.rows, n_resamples=0)
    assert record["coverage"]["scored"] == 2


def test_the_folders_of_the_repository_are_searched(tmp_path, write_csv, dsg_ratings, dsg_answers):
    write_csv(tmp_path / "dsg" / "data" / "tifa160-likert-anns.csv", dsg_ratings)
    write_csv(tmp_path / "vqa_answers_release" / "own_dsg.csv", dsg_answers)
    rated = read_dsg(tmp_path)
    assert {*rated.scores} == {"DSG-own", "DSG-own (ungated)"}
    assert rated.rows[0]["prompt"] is None


def test_the_file_of_ratings_will_do(dsg_folder):
    assert len(read_dsg(dsg_folder / "tifa160-likert-anns.csv").rows) == 4


def test_answers_that_say_neither_yes_nor_no_count_as_no_and_are_quoted(dsg_folder, write_csv, dsg_answers):
    dsg_answers[0]["answer"] = "1000000"
    write_csv(dsg_folder / "mplug_dsg.csv", dsg_answers)
    rated = read_dsg(dsg_folder)
    assert rated.scores["DSG-mPLUG (ungated)"][0]["overall_score"] == pytest.approx(1 / 3)
    assert any("1 of the 6 answers of DSG-mPLUG begin with neither yes nor no" in note for note in rated.facts.notes)
    assert any(note.endswith("count as no: '1000000'.") for note in rated.facts.notes)
    dsg_answers[0]["answer"] = "1" + "0" * 40
    write_csv(dsg_folder / "mplug_dsg.csv", dsg_answers)
    assert any(note.endswith(f"no: '1{'0' * 19}...'.") for note in read_dsg(dsg_folder).facts.notes)


def test_a_parent_that_is_no_question_is_ignored_and_named(dsg_folder, write_csv, dsg_answers):
    dsg_answers[5]["dependency_id"] = "1, outside"  # its own parent is answered no
    write_csv(dsg_folder / "mplug_dsg.csv", dsg_answers)
    rated = read_dsg(dsg_folder)
    assert rated.scores["DSG-mPLUG"][1]["overall_score"] == 0.0
    assert rated.facts.notes[-1].endswith("are ignored: 'outside' of question 3 of tifa160_0.")


def test_the_published_script_can_be_reproduced(dsg_folder, write_csv, dsg_answers):
    dsg_answers[5]["dependency_id"] = "1, outside"
    write_csv(dsg_folder / "mplug_dsg.csv", dsg_answers)
    scores = read_dsg(dsg_folder, compat="official").scores
    # No gate where a parent is no number, and 0 for the two pictures of the prompt without answers.
    assert [row["overall_score"] for row in scores["DSG-mPLUG"]] == pytest.approx([2 / 3, 2 / 3, 0, 0])
    with pytest.raises(ValueError, match="`compat` is 'old'"):
        read_dsg(dsg_folder, compat="old")


@pytest.mark.parametrize(
    "answer, yes", [("yes", True), ("Yes.", True), ("yes 1000", True), ("no yes", False), ("", False)]
)
def test_the_first_word_decides(answer, yes):
    assert is_yes(answer) is yes


def test_a_question_whose_parent_is_missing_counts_nothing():
    asked = questions(("1", "0", "no"), ("2", "1", "yes"), ("3", "2, 4", "yes"), ("4", "0", "yes"))
    assert gated_score(asked, gate="none") == 0.75
    assert gated_score(asked, gate="parents") == 0.5
    assert gated_score(asked, gate="ancestors") == 0.25


def test_a_question_that_hangs_on_itself_ends():
    asked = questions(("1", "1", "yes"), ("2", "1,2", "no"))
    assert gated_score(asked, gate="ancestors") == 0.5
    with pytest.raises(ValueError, match="without questions"):
        gated_score([])


def test_a_rating_off_the_scale_names_picture_and_rater(tmp_path, write_csv, dsg_ratings):
    dsg_ratings[2]["answer"] = "9"
    path = write_csv(tmp_path / "tifa160-likert-anns.csv", dsg_ratings)
    with pytest.raises(ValueError, match="rating of tifa160_0 by sd2dot1 from rater 71 is '9', off the scale"):
        read_dsg(path)


def test_a_rater_who_rated_a_picture_twice_is_named(tmp_path, write_csv, dsg_ratings):
    path = write_csv(tmp_path / "tifa160-likert-anns.csv", [*dsg_ratings, dsg_ratings[0]])
    with pytest.raises(ValueError, match="from rater 71 stands there twice"):
        read_dsg(path)


def test_a_prompt_with_two_sources_is_refused(tmp_path, write_csv, dsg_ratings):
    dsg_ratings[0]["source_id"] = "drawn_9"
    path = write_csv(tmp_path / "tifa160-likert-anns.csv", dsg_ratings)
    with pytest.raises(ValueError, match="prompt 'tifa160_0' two sources, 'drawn_9' and 'drawn_1'"):
        read_dsg(path)


def test_a_question_that_is_answered_twice_is_refused(dsg_folder, write_csv, dsg_answers):
    write_csv(dsg_folder / "mplug_dsg.csv", [*dsg_answers, dsg_answers[0]])
    with pytest.raises(ValueError, match="answers question 1 of tifa160_0 by mini-dalle twice"):
        read_dsg(dsg_folder)


def test_a_folder_without_ratings_and_answers_without_columns_are_refused(tmp_path, dsg_folder, write_csv):
    with pytest.raises(ValueError, match="There is no file"):
        read_dsg(tmp_path / "nowhere")
    write_csv(dsg_folder / "mplug_dsg.csv", [{"item_id": "tifa160_0"}])
    with pytest.raises(ValueError, match=r"mplug_dsg.csv lacks the column 't2i_model'"):
        read_dsg(dsg_folder)
