import argparse
import io
import json
import shutil
import tarfile
from collections import namedtuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from evalmuse_hf.models.fga_blip2 import FGABlip2ForAlignment
from evalmuse_hf.scoring import ListError, read_scores
from evalmuse_hf.scoring import __main__ as program
from evalmuse_hf.scoring.arguments import add_arguments
from evalmuse_hf.scoring.command import MistakeError, run_command


@pytest.fixture
def run(model_folder):
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    def run(*words):
        words = ["--model", str(model_folder), "--device", "cpu", *map(str, words)]
        return run_command(parser.parse_args(words), progress=False)

    return run


@pytest.fixture
def pairs(pictures):
    path = pictures / "pairs.jsonl"
    lines = [json.dumps({"image": name, "prompt": "a red cat", "elements": ["red"]}) for name in ("0.png", "no.png")]
    path.write_text("\n".join([*lines, "{", ""]))
    return path


def test_a_list_goes_to_the_file_and_the_rest_to_the_note(run, pairs, tmp_path):
    output = run(pairs, "--out", tmp_path / "scores.parquet")
    assert output.result == str(tmp_path / "scores.parquet")
    assert output.note.startswith("Scored 1 of 3 rows with fga_blip2:tiny; 1 image_error; 1 row_error. The first: ")
    assert (output.status, output.n_failed) == (0, 2)
    assert [row["status"] for row in read_scores(tmp_path / "scores.parquet").rows] == [
        "ok",
        "image_error",
        "row_error",
    ]


def test_a_list_of_which_nothing_is_scored_ends_with_status_1(run, pictures, tmp_path):
    (pictures / "bad.jsonl").write_text('{"image": "no.png", "prompt": "a cat"}\n')
    output = run(pictures / "bad.jsonl", "--out", tmp_path / "scores.parquet")
    assert (output.status, output.n_failed) == (1, 1)
    assert "1 image_error. The first: line 1 of bad.jsonl: Cannot read picture" in output.note
    assert len(read_scores(tmp_path / "scores.parquet").rows) == 1


def test_without_a_file_the_scores_are_json_lines(run, pairs):
    rows = [json.loads(line) for line in run(pairs).result.splitlines()]
    assert [row["status"] for row in rows] == ["ok", "image_error", "row_error"]
    assert rows[2]["message"].startswith("line 3 of pairs.jsonl is not JSON")


def test_one_picture_is_a_table_or_an_object(run, pictures):
    words = ["--image", pictures / "0.png", "--prompt", "a red cat", "--element", "red (color)", "--element", "dog"]
    lines = run(*words).result.splitlines()
    assert lines[0].startswith("overall  ")
    assert lines[2] == "element    -    dog  (unmatched)"
    record = json.loads(run(*words, "--json").result)
    assert f"{record['overall_score']:.2f}" in lines[0]
    assert record["elements"][1]["score"] is None
    assert record["provenance"]["scorer"] == "fga_blip2:tiny"


def test_one_picture_that_cannot_be_read_is_a_mistake(run, pictures):
    output = run("--image", pictures / "empty.png", "--prompt", "a cat")
    assert output.status == 2
    assert output.result == ""
    assert output.note.startswith("Cannot read picture ")
    assert "empty.png" in output.note


def test_what_an_element_without_a_score_lacks_is_said_beside_the_table(run, pictures):
    words = ["--image", pictures / "0.png", "--prompt", "a red cat", "--element", "red"]
    assert run(*words).note == ""
    note = run(*words, "--element", "dog", "--element", "tree").note
    assert note.startswith("'dog', 'tree': not among the words of the prompt, so without a score (unmatched;")


@pytest.mark.parametrize("name", ["nope.png", "."])
def test_one_picture_that_is_not_there_is_found_before_a_model_is_loaded(run, pictures, monkeypatch, name):
    monkeypatch.setattr("evalmuse_hf.scoring.command.load_scorer", None)
    with pytest.raises(MistakeError, match=r"There is no file at .*; check the path given as --image"):
        run("--image", pictures / name, "--prompt", "a cat")


def test_that_a_model_is_loaded_is_said_before_and_only_if_nothing_is_wrong(pictures, pairs, monkeypatch):
    happened = []

    def load_scorer(*_, **__):
        happened.append("loaded")
        raise MistakeError("no model")

    monkeypatch.setattr("evalmuse_hf.scoring.command.load_scorer", load_scorer)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    picture = ["--image", str(pictures / "0.png"), "--prompt", "a cat"]
    for words, expected in [
        (picture, ["said", "loaded"]),
        ([str(pairs)], ["said", "loaded"]),
        (["no.png.csv"], []),
    ]:
        happened.clear()
        with pytest.raises((MistakeError, ListError)):
            run_command(parser.parse_args(words), on_loading=lambda: happened.append("said"))
        assert happened == expected


def test_one_prompt_that_no_model_reads_is_not_called_a_row(run, pictures):
    note = run("--image", pictures / "0.png", "--prompt", "!!").note
    assert note.endswith("; give another --prompt.")


def test_a_second_run_takes_its_features_from_the_cache(run, pairs, tmp_path, monkeypatch):
    words = [pairs, "--feature-cache", tmp_path / "cache"]
    first = run(*words).result
    assert first == run(pairs).result
    monkeypatch.setattr("evalmuse_hf.models.fga_blip2.FGABlip2ForAlignment.encode_images", None)
    assert run(*words).result == first


def test_a_feature_cache_that_cannot_hold_the_pictures_is_a_mistake(run, pairs, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, 0))
    with pytest.raises(MistakeError, match="The features of 1 pictures of 640 B need 640 B, and the disk"):
        run(pairs, "--feature-cache", tmp_path / "cache")


def test_mistakes_are_found_before_anything_is_loaded(pictures):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(MistakeError, match="give a LIST"):
        run_command(parser.parse_args([]))
    with pytest.raises(ValueError, match=r"Cannot tell how to write scores\.txt"):
        run_command(parser.parse_args(["pairs.jsonl", "--out", "scores.txt"]))


def test_the_module_scores_like_the_command(model_folder, pairs, capsys):
    assert program.main([str(pairs), "--model", str(model_folder), "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out.splitlines()[0])["status"] == "ok"
    assert captured.err.startswith("Scored 1 of 3 rows")


def test_the_module_ends_with_status_1_if_nothing_is_scored(model_folder, pictures, capsys):
    (pictures / "bad.jsonl").write_text('{"image": "no.png", "prompt": "a cat"}\n')
    assert program.main([str(pictures / "bad.jsonl"), "--model", str(model_folder), "--device", "cpu"]) == 1
    assert "Scored 0 of 1 rows" in capsys.readouterr().err


def test_the_module_answers_a_mistake_in_one_sentence(tmp_path, capsys):
    assert program.main([str(tmp_path / "absent.csv")]) == 2
    captured = capsys.readouterr().err
    assert captured.startswith("python -m evalmuse_hf.scoring: There is no list at")
    assert captured.count("\n") == 1


def test_a_score_with_a_remark_is_a_score(pictures, blip2_folder, tmp_path):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = ["--scorer", "blip2_itm", "--model", str(blip2_folder), "--device", "cpu"]
    picture, prompt = str(pictures / "0.png"), "red cat " * 40
    single = run_command(parser.parse_args(["--image", picture, "--prompt", prompt, *options]), progress=False)
    assert (single.status, single.result.startswith("overall  0.")) == (0, True)
    assert single.note == "The prompt is longer than the 40 tokens that the model reads, and is cut."
    path = tmp_path / "pairs.jsonl"
    rows = [
        {"image": picture, "prompt": prompt},
        {"image": "no.png", "prompt": "a"},
        {"image": picture, "prompt": "a"},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    listed = run_command(parser.parse_args([str(path), *options]), progress=False)
    assert listed.note.startswith(
        "Scored 2 of 3 rows with blip2_itm:tiny-blip2 (1 truncated); 1 image_error. The first: "
    )
    assert "no.png" in listed.note
    assert (listed.status, listed.n_failed) == (0, 1)


def test_a_name_without_an_ending_is_a_folder_of_shards(run, pairs, tmp_path):
    run(pairs, "--out", tmp_path / "one.parquet")
    assert run(pairs, "--out", tmp_path / "many", "--shard-rows", 2).result == str(tmp_path / "many")
    assert len(list((tmp_path / "many").glob("part-*.parquet"))) == 2
    assert read_scores(tmp_path / "many") == read_scores(tmp_path / "one.parquet")
    again = run(pairs, "--out", tmp_path / "many")
    assert again.note.startswith("3 rows had been scored before. Scored 1 of 3 rows with fga_blip2:tiny; ")


def test_a_folder_without_scores_or_with_a_damaged_shard_is_one_sentence(run, pairs, tmp_path):
    with pytest.raises(ListError, match="holds no scores; write them with"):
        read_scores(tmp_path)
    run(pairs, "--out", tmp_path / "many")
    next((tmp_path / "many").glob("part-*.parquet")).write_bytes(b"PAR1")
    with pytest.raises(ListError, match=r"A shard in .*many is damaged"):
        read_scores(tmp_path / "many")


def test_ctrl_c_says_that_the_same_command_goes_on(run, pairs, tmp_path, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("evalmuse_hf.models.fga_blip2.FGABlip2ForAlignment.encode_images", interrupt)
        for words, kept in ((["--out", tmp_path / "s.csv"], True), ([], False)):
            output = run(pairs, *words)
            assert (output.status, output.result) == (130, "")
            assert output.note.startswith("interrupted before it had finished.")
            assert ("the same command goes on from there" in output.note) is kept
    assert run(pairs, "--out", tmp_path / "s.csv").note.startswith("Scored 1 of 3 rows")


def test_other_columns_can_hold_pictures_and_prompts(run, pictures, tmp_path):
    path = pictures / "pairs.csv"
    path.write_text("file,text,prompt\n0.png,a red cat,other\n")
    run(path, "--image-column", "file", "--prompt-column", "text", "--out", tmp_path / "s.jsonl")
    (row,) = read_scores(tmp_path / "s.jsonl").rows
    assert (row["image"], row["prompt"], row["status"]) == ("0.png", "a red cat", "ok")


def test_several_files_are_one_list(run, pairs, pictures, tmp_path):
    shutil.copy(pairs, pictures / "pairs-1.jsonl")
    run(str(pictures / "pairs*.jsonl"), "--out", tmp_path / "s.jsonl")
    assert len(read_scores(tmp_path / "s.jsonl").rows) == 6


def test_half_precision_deterministic_and_limited_features_work_together(run, pairs, tmp_path):
    full = json.loads(run(pairs).result.splitlines()[0])["overall_score"]
    words = [
        "--dtype",
        "bfloat16",
        "--deterministic",
        "--feature-cache",
        tmp_path / "c",
        "--feature-cache-limit",
        "1kB",
    ]
    half = json.loads(run(pairs, *words).result.splitlines()[0])["overall_score"]
    assert half == pytest.approx(full, abs=0.05)
    assert half != full
    with pytest.raises(MistakeError, match="A feature cache of 100 bytes holds no picture, whose features take 640"):
        run(pairs, "--feature-cache", tmp_path / "c", "--feature-cache-limit", "100")
    with pytest.raises(ValueError, match="Expected a size"):
        run(pairs, "--feature-cache", tmp_path / "c", "--feature-cache-limit", "much")


def test_without_pyarrow_a_list_is_scored_in_memory(run, pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.scoring.command.find_spec", lambda name: None)
    assert run(pairs, "--out", tmp_path / "s.jsonl").result == str(tmp_path / "s.jsonl")
    assert len(read_scores(tmp_path / "s.jsonl").rows) == 3
    assert not (tmp_path / "s.jsonl.parts").exists()


def test_several_processes_need_a_file(run, pairs, monkeypatch):
    class Two:
        size, rank = 2, 0

    monkeypatch.setattr("evalmuse_hf.scoring.command.Team", lambda device: Two())
    with pytest.raises(MistakeError, match="give --out FILE"):
        run(pairs)


def test_the_tower_of_another_scorer_is_not_compiled(pictures, blip2_folder):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = [
        "--image",
        str(pictures / "0.png"),
        "--prompt",
        "a",
        "--scorer",
        "blip2_itm",
        "--model",
        str(blip2_folder),
    ]
    with pytest.raises(MistakeError, match="--compile is for fga_blip2 only"):
        run_command(parser.parse_args([*words, "--compile", "--device", "cpu"]))


def test_tar_shards_and_a_data_set_are_scored_like_the_list_of_their_pictures(run, pictures, tmp_path):
    rows = [{"image": f"{number}.png", "prompt": f"a red cat {'and a dog' * number}"} for number in range(3)]
    (pictures / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run(pictures / "pairs.jsonl", "--out", tmp_path / "list.jsonl")
    for number, row in enumerate(rows):
        with tarfile.open(tmp_path / f"shard-{number}.tar", "w") as tar:
            tar.add(pictures / row["image"], arcname=f"{number}.png")
            text = row["prompt"].encode()
            member = tarfile.TarInfo(f"{number}.txt")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    run(str(tmp_path / "shard-{0..2}.tar"), "--out", tmp_path / "tars.jsonl")
    folder = tmp_path / "dataset"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("---\nconfigs:\n- config_name: default\n  data_files: data/*.parquet\n---\n")
    column = pa.array([{"bytes": (pictures / row["image"]).read_bytes(), "path": row["image"]} for row in rows])
    table = pa.table({"image": column, "prompt": [row["prompt"] for row in rows]})
    pq.write_table(table, folder / "data" / "train.parquet")
    run(folder, "--split", "train", "--out", tmp_path / "set.jsonl")
    expected = [row["overall_score"] for row in read_scores(tmp_path / "list.jsonl").rows]
    assert len(set(expected)) == 3
    for name in ("tars", "set"):
        found = read_scores(tmp_path / f"{name}.jsonl").rows
        assert [row["overall_score"] for row in found] == pytest.approx(expected, abs=1e-6)
        assert not any("bytes" in row for row in found)


@pytest.mark.parametrize(
    "what, out", [("pairs.jsonl", "pairs.jsonl"), (".", "s.jsonl"), (".", "."), ("*.jsonl", "s.jsonl")]
)
def test_the_input_is_never_the_output(run, pairs, pictures, what, out):
    content = pairs.read_bytes()
    with pytest.raises(MistakeError, match="a part of what is scored; give another place"):
        run(str(pictures / what), "--out", pictures / out)
    assert pairs.read_bytes() == content


def test_deterministic_scoring_cuts_its_batches_the_same_way_whatever_came_before(
    run, pictures, tmp_path, monkeypatch
):
    rng = np.random.default_rng(0)
    for number in range(20):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(pictures / f"many-{number}.png")
    rows = [{"image": f"many-{number % 20}.png", "prompt": "a red cat"} for number in range(40)]
    path = pictures / "many.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    sizes = []
    encode = FGABlip2ForAlignment.encode_images

    def count(self, pixel_values):
        sizes.append(len(pixel_values))
        return encode(self, pixel_values)

    monkeypatch.setattr(FGABlip2ForAlignment, "encode_images", count)
    run(path, "--out", tmp_path / "s.jsonl", "--shard-rows", 20, "--deterministic")
    assert sizes == [16, 4, 16, 4]
    sizes.clear()
    run(path, "--out", tmp_path / "s.jsonl", "--shard-rows", 20)
    assert sum(sizes) == 20  # what is remembered reaches into the next shard
