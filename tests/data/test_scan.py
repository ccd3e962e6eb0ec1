import pytest

from evalmuse_hf.data import ReleaseError
from evalmuse_hf.data.raw_release import open_release
from evalmuse_hf.data.scan import scan_splits, split_sources


@pytest.fixture
def scan(tmp_path):
    def run(raw, **options):
        return scan_splits(split_sources(open_release(raw, scratch=tmp_path)), **options)

    return run


def dropped(scanned) -> list[tuple[str, int, str]]:
    return [(problem.file, problem.row, problem.reason) for problem in scanned.problems]


def test_records_of_one_prompt_form_a_group_in_the_order_of_their_first(write_raw, record, scan):
    dog = {"prompt": "a dog", "prompt_id": "2"}
    train = [record(), record(**dog, img_path="A/2.png"), record(img_path="A/1.png")]
    scanned = scan(write_raw(train=train))["train"]
    assert [(group.identity, [places.record.row for places in group.places]) for group in scanned.groups] == [
        ("two red cats on a sofa.", [0, 2]),
        ("a dog", [1]),
    ]
    assert scanned.n_records == scanned.n_rated == 3


def test_a_place_leads_back_to_its_record(raw, scan):
    scanned = scan(raw)["test"]
    located = [scanned.source.read(places) for places in scanned.groups[0].places]
    assert [(entry.pair.overall_ratings, entry.file, entry.row) for entry in located] == [
        ((2, 2, 5, 1, 2, 3), "eval.json", 0),
        (None, "test.json", 1),
    ]


def test_two_records_for_one_picture_are_found_also_across_the_splits(write_raw, record, scan):
    train = [record(), record(), record(img_path="A/9.png", prompt_id="9", prompt="a bird")]
    test = [record(img_path="A/9.png", prompt_id="7", prompt="a dog")]
    scanned = scan(write_raw(train=train, test=test))
    assert dropped(scanned["train"]) == [
        ("train_list.json", 1, "duplicate_img_path"),
        ("train_list.json", 2, "duplicate_img_path"),
    ]


def test_the_prompt_of_most_records_with_an_id_is_the_right_one(write_raw, record, scan):
    prompts = ["a cat", "a dog", "a dog"]
    train = [record(prompt_id="5", prompt=prompt, img_path=f"A/{row}.png") for row, prompt in enumerate(prompts)]
    scanned = scan(write_raw(train=train))["train"]
    assert dropped(scanned) == [("train_list.json", 0, "prompt_id_conflict")]
    assert "'a cat' where most records with id '5' have 'a dog'" in scanned.problems[0].message


def test_an_id_stands_for_one_prompt_in_all_splits(write_raw, record, scan):
    train = [record(prompt_id="5", prompt="a cat", img_path=f"A/{row}.png") for row in range(2)]
    raw = write_raw(train=train, test=[record(prompt_id="5", prompt="a dog", img_path="B/1.png")])
    assert dropped(scan(raw)["test"]) == [("test.json", 0, "prompt_id_conflict")]


def test_ratings_of_one_picture_count_once(write_raw, record, scan):
    raw = write_raw(test=[record(total_score=None)], eval_=[record(total_score=[4]), record(total_score=[1])])
    scanned = scan(raw)["test"]
    assert dropped(scanned) == [("eval.json", 1, "duplicate_img_path")]
    assert scanned.source.read(scanned.groups[0].places[0]).pair.overall_ratings == (4,)


@pytest.mark.parametrize("field", ["prompt", "prompt_id"])
def test_ratings_given_for_another_prompt_are_not_taken(write_raw, record, scan, field):
    raw = write_raw(test=[record(total_score=None)], eval_=[record(**{field: "a dog"})])
    scanned = scan(raw)["test"]
    assert dropped(scanned) == [("eval.json", 0, "prompt_id_conflict")]
    assert f"expected the `{field}` of the test record" in scanned.problems[0].message


def test_one_prompt_may_have_several_ids(write_raw, record, scan):
    train = [record(prompt_id=str(row), img_path=f"A/{row}.png") for row in range(3)]
    (group,) = scan(write_raw(train=train))["train"].groups
    assert len(group.places) == 3


def test_a_training_record_of_a_tested_prompt_is_dropped(write_raw, record, scan):
    raw = write_raw(train=[record()], test=[record(prompt=" two red  cats on a sofa.\n", img_path="B/1.png")])
    assert dropped(scan(raw)["train"]) == [("train_list.json", 0, "prompt_in_test")]


def test_a_picture_that_is_not_there_is_a_problem_unless_nobody_asks(write_raw, record, scan):
    raw = write_raw(train=[record(), record(img_path="A/1.png")], undrawn=("SDXL/00001.png",))
    assert dropped(scan(raw)["train"]) == [("train_list.json", 0, "missing_picture")]
    assert dropped(scan(raw, look_for_pictures=False)["train"]) == []


def test_labels_without_a_test_file_are_the_test_split(write_raw, record, scan):
    scanned = scan(write_raw(eval_=[record()]))
    assert list(scanned) == ["test"]
    assert scanned["test"].n_rated == 1


def test_strict_raises_for_the_first_problem(write_raw, record, scan):
    raw = write_raw(train=[record(), record(img_path="A/1.png", total_score=["x"])])
    with pytest.raises(
        ReleaseError, match=r"train_list.json, record 1, `total_score`: .*; correct it, or build without"
    ):
        scan(raw, strict=True)


def test_the_processed_file_is_read_where_the_released_one_is_not(write_raw, record, scan):
    raw = write_raw(train=[record(total_score=3.5, element_score={"cats (animal)": 0.25}, var=float("nan"))])
    (raw / "train_list.json").rename(raw / "train.json")
    scanned = scan(raw)["train"]
    pair = scanned.source.read(scanned.groups[0].places[0]).pair
    assert (pair.overall_ratings, pair.overall_score, pair.element_scores) == (None, 3.5, (0.25,))


def test_an_object_in_place_of_a_list_is_the_wrong_file(write_raw, record, scan):
    raw = write_raw(train=[record()])
    (raw / "train_list.json").write_text('{"error": "Not found"}', "utf-8")
    with pytest.raises(
        ReleaseError, match=r"train_list.json must hold a JSON list of records, got an object that begins with 'error'"
    ):
        scan(raw)
