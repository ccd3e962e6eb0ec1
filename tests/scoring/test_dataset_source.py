import builtins
import io
import itertools
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.schema import Element
from evalmuse_hf.scoring import ListError, dataset_source
from evalmuse_hf.scoring.dataset_source import DatasetSource
from evalmuse_hf.scoring.sources import PairSource, SourceError, open_source

HUB = Path(__file__).parents[1] / "hub"
STAND_IN = runpy.run_path(str(HUB / "stand_in.py"))
WRITE = runpy.run_path(str(HUB / "built_folder.py"))["write_built_folder"]
TIMEOUT = 300  # seconds; a child of a busy machine


def png(number=0):
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2), (number % 256, 0, 0)).save(buffer, "png")
    return buffer.getvalue()


def features(**more):
    return datasets.Features({"image": datasets.Image(), "prompt": datasets.Value("string"), **more})


def row(number):
    return {"image": {"bytes": png(number), "path": f"{number}.png"}, "prompt": f"a cat, {number}"}


def loaded(count):
    columns = {key: [row(number)[key] for number in range(count)] for key in ("image", "prompt")}
    return datasets.Dataset.from_dict(columns, features=features())


def shards(numbers):
    for first in numbers:
        for number in range(first, first + 5):
            yield row(number)


def stream(generator=shards, **options):
    options = {"gen_kwargs": {"numbers": [0, 10, 20]}, "features": features(), **options}
    return datasets.IterableDataset.from_generator(generator, **options)


def single(generator, **options):
    """A stream of one shard."""
    return stream(generator, gen_kwargs={"numbers": [0]}, **options)


def rows_of(source):
    return [row for part in range(source.n_parts) for row in source.rows(part)]


def refuse_decoding(monkeypatch):
    def refuse(self, value, **options):
        raise AssertionError("a picture was decoded")

    monkeypatch.setattr(datasets.Image, "decode_example", refuse)


def test_a_loaded_data_set_keeps_its_pictures_as_files(monkeypatch):
    monkeypatch.setattr(dataset_source, "ROWS_PER_PART", 4)
    source: PairSource = DatasetSource(loaded(10), name="cats")
    rows = rows_of(source)
    assert [len(list(source.rows(part))) for part in range(source.n_parts)] == [4, 4, 2]
    assert [found.image for found in rows] == [row(number)["image"] for number in range(10)]
    assert [found.values["image"] for found in rows] == [f"{number}.png" for number in range(10)]
    assert rows[5].place == "row 5 of cats"
    for part, start in itertools.product(range(3), range(6)):
        assert list(source.rows(part, start=start)) == list(source.rows(part))[start:]


def test_a_stream_has_a_part_for_each_shard():
    source = DatasetSource(stream(), name="cats", fingerprint="1")
    assert source.n_parts == 3
    numbers = [*range(5), *range(10, 15), *range(20, 25)]
    assert [found.prompt for found in rows_of(source)] == [f"a cat, {number}" for number in numbers]
    assert [found.place for found in source.rows(1, start=3)] == ["row 3 of part 1 of cats", "row 4 of part 1 of cats"]
    for part, start in itertools.product(range(3), range(7)):
        assert list(source.rows(part, start=start)) == list(source.rows(part))[start:]


def test_a_stream_is_read_as_it_is_asked_for():
    made = []

    def many(numbers):
        for number in range(10_000):
            made.append(number)
            yield row(number)

    source = DatasetSource(stream(many), fingerprint="1")
    assert not made
    assert len(list(itertools.islice(source.rows(0), 3))) == 3
    assert len(made) <= 10


def test_a_stream_may_be_read_as_a_whole():
    source = DatasetSource(stream().take(7), fingerprint="1", n_parts=1)
    assert [found.prompt for found in rows_of(source)] == [f"a cat, {n}" for n in (*range(5), 10, 11)]


@pytest.mark.parametrize("known", [True, False], ids=["declared", "undeclared"])
def test_pictures_may_be_pillow_images(known):
    def drawn(numbers):
        yield {"image": Image.new("RGB", (2, 2), (7, 0, 0)), "prompt": "a cat"}

    (found,) = DatasetSource(single(drawn, features=features() if known else None), fingerprint="1").rows(0)
    with Image.open(io.BytesIO(found.image["bytes"])) as image:
        assert image.getpixel((0, 0)) == (7, 0, 0)


@pytest.mark.parametrize(
    "image, expected",
    [
        (b"content", {"bytes": b"content", "path": None}),
        ("cats/0.png", os.path.join("FOLDER", "cats/0.png")),
        ({"bytes": None, "path": "0.png"}, os.path.join("FOLDER", "0.png")),
    ],
    ids=["bytes", "path", "struct"],
)
def test_undeclared_pictures_may_be_bytes_or_paths(tmp_path, image, expected):
    def plain(numbers):
        yield {"image": image, "prompt": "a cat"}

    (found,) = DatasetSource(single(plain, features=None), fingerprint="1", folder=tmp_path).rows(0)
    assert found.image == (expected.replace("FOLDER", str(tmp_path)) if isinstance(expected, str) else expected)


def test_an_array_is_a_picture():
    def plain(numbers):
        yield {"image": np.full((2, 2, 3), 9, np.uint8), "prompt": "a cat"}

    (found,) = DatasetSource(single(plain, features=None), fingerprint="1").rows(0)
    with Image.open(io.BytesIO(found.image["bytes"])) as image:
        assert image.getpixel((0, 0)) == (9, 9, 9)


@pytest.mark.parametrize("kind", ["loaded", "stream", "undeclared"])
def test_other_pictures_and_bytes_are_left_out_undecoded(monkeypatch, kind):
    more = {
        "seed": datasets.Value("int64"),
        "mask": datasets.Image(),
        "frames": datasets.List(datasets.Image()),
        "raw": datasets.Value("binary"),
        "notes": datasets.List({"text": datasets.Value("string")}),
    }
    one = {**row(1), "seed": 3, "mask": row(2)["image"], "raw": b"raw", "notes": [{"text": "n"}]}
    one["frames"] = [row(3)["image"]]
    if kind == "undeclared":
        del one["frames"], one["mask"]
        dataset = single(lambda numbers: iter([one]), features=None)
    elif kind == "stream":
        dataset = single(lambda numbers: iter([one]), features=features(**more))
    else:
        dataset = datasets.Dataset.from_list([one], features=features(**more))
    refuse_decoding(monkeypatch)
    (found,) = DatasetSource(dataset, fingerprint="1").rows(0)
    expected = {"image": "1.png", "prompt": "a cat, 1", "seed": 3, "notes": [{"text": "n"}]}
    assert dict(found.values) == expected
    assert found.image["bytes"] == png(1)


def test_elements_may_be_structs():
    element = {"text": "a cat", "category": "animal/human", "raw_category": "animal"}
    dataset = datasets.Dataset.from_list([{**row(0), "elements": [element]}])
    (found,) = DatasetSource(dataset).rows(0)
    assert found.elements == (Element("a cat", "animal/human", "animal"),)


def test_columns_of_other_names_are_taken():
    dataset = loaded(1).rename_columns({"image": "jpg", "prompt": "caption"})
    (found,) = DatasetSource(dataset, image_column="jpg", prompt_column="caption").rows(0)
    assert (found.prompt, found.values["image"]) == ("a cat, 0", "0.png")


def test_a_row_without_picture_or_prompt_is_a_problem_of_its_row_only():
    dataset = datasets.Dataset.from_list([row(0), {**row(1), "image": None}, {**row(2), "prompt": None}])
    rows = list(DatasetSource(dataset, name="cats").rows(0))
    problems = [None, "row 1 of cats has no `image`.", "row 2 of cats has no `prompt`."]
    assert [found.problem for found in rows] == problems


@pytest.mark.parametrize(
    "dataset, sentence",
    [
        (lambda: loaded(0), "There are no rows in cats"),
        (lambda: loaded(1).remove_columns("prompt"), "Column 'prompt' is missing from cats, which has image; rename"),
        (lambda: stream().remove_columns("image"), "Column 'image' is missing from cats"),
        (lambda: stream(lambda numbers: iter(()), features=None), "There are no rows in cats"),
        (
            lambda: stream(lambda numbers: iter([{"text": 1}]), features=None),
            "Columns 'image' and 'prompt' are",
        ),
        (lambda: stream(lambda numbers: iter([1 / 0]), features=None), "The first row of cats cannot be read"),
    ],
    ids=["empty", "no prompt", "no picture", "empty stream", "undeclared stream", "broken stream"],
)
def test_a_data_set_that_makes_no_sense_as_a_whole_is_refused_at_once(dataset, sentence):
    with pytest.raises(ListError, match=sentence):
        DatasetSource(dataset(), name="cats", fingerprint="1")


def test_a_stream_needs_a_fingerprint():
    with pytest.raises(ValueError, match="give `fingerprint`, such as a revision"):
        DatasetSource(stream())


def test_the_fingerprint_follows_content_and_columns():
    dataset = loaded(2).add_column("other", ["a", "b"])
    prints = {
        DatasetSource(dataset).fingerprint,
        DatasetSource(dataset, prompt_column="other").fingerprint,
        DatasetSource(loaded(3)).fingerprint,
        DatasetSource(stream(), fingerprint="1").fingerprint,
        DatasetSource(stream(), fingerprint="2").fingerprint,
    }
    assert len(prints) == 5
    assert DatasetSource(dataset).fingerprint in prints
    assert all(len(value) == 64 for value in prints)


@pytest.mark.parametrize("error", [ConnectionError("reset"), OSError("gone"), FileNotFoundError("none"), KeyError(1)])
def test_whatever_breaks_a_stream_is_one_sentence(error):
    def breaking(numbers):
        yield row(0)
        yield row(1)
        raise error

    source = DatasetSource(stream(breaking), name="cats", fingerprint="1")
    found = source.rows(2)
    assert [next(found).problem, next(found).problem] == [None, None]
    sentence = rf"Reading cats broke off at row 2 of part 2 \({type(error).__name__}: .*\); the same command goes on"
    with pytest.raises(SourceError, match=sentence):
        next(found)


def test_a_worker_of_a_loader_is_refused_where_it_would_get_a_share_only(monkeypatch):
    source = DatasetSource(stream(), fingerprint="1")
    monkeypatch.setattr("torch.utils.data.get_worker_info", lambda: "worker")
    with pytest.raises(SourceError, match="a stream is not to be read in a worker of a DataLoader"):
        next(source.rows(0))


def test_a_built_folder_is_streamed_from_any_current_folder(tmp_path, monkeypatch):
    folder = WRITE(tmp_path / "built")
    refuse_decoding(monkeypatch)
    source = open_source(folder)
    assert (source.name, source.n_parts) == ("built (train)", 3)
    rows = rows_of(source)
    assert [found.prompt for found in rows] == [f"pairs {s} {r} of 3" for s in range(3) for r in range(4)]
    assert rows[0].elements == (Element("pairs", "object", "object"),)
    assert rows[0].image["bytes"].startswith(b"\x89PNG")
    assert all(found.problem is None for found in rows)
    for start in range(6):
        assert list(source.rows(1, start=start)) == list(source.rows(1))[start:]
    # A file of that name in the current folder is not the picture.
    monkeypatch.chdir(tmp_path)
    Path(rows[0].image["path"]).write_text("another")
    again = open_source("built")
    assert again.fingerprint == source.fingerprint
    assert rows_of(again) == rows
    shard = next(folder.glob("data/*.parquet"))
    os.utime(shard, ns=(0, 7))
    assert open_source(folder).fingerprint != source.fingerprint


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"split": "test"}, "built has no split 'test'; it has train"),
        ({"config": "rows"}, "built has no configuration 'rows'; it has pairs and prompts"),
        ({"config": "prompts"}, r"Column 'image' is missing from built \(prompts, train\), which has prompt"),
        ({"prompt_column": "text"}, r"Column 'text' is missing from built \(train\), which has image_path, prompt_id"),
    ],
    ids=["split", "configuration", "no pictures", "column"],
)
def test_a_wrong_choice_is_told_in_one_sentence(tmp_path, options, sentence):
    with pytest.raises(ListError, match=sentence):
        open_source(WRITE(tmp_path / "built", n_shards=1), **options)


def test_a_folder_whose_card_says_nonsense_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("---\nconfigs:\n- config_name: a\n  data_files: none/*.parquet\n---\n")
    with pytest.raises(ListError, match=f"The data set {tmp_path.name} cannot be opened"):
        open_source(tmp_path)


def test_a_folder_of_pictures_with_metadata_is_streamed(tmp_path):
    for split in ("train", "test"):
        (tmp_path / "data" / split).mkdir(parents=True)
        lines = [json.dumps({"file_name": f"{n}.png", "prompt": f"{split} {n}"}) for n in range(3)]
        (tmp_path / "data" / split / "metadata.jsonl").write_text("\n".join(lines))
        for number in range(3):
            (tmp_path / "data" / split / f"{number}.png").write_bytes(png(number))
    with pytest.raises(ListError, match=r"has more than one split \((train, test|test, train)\); name one"):
        open_source(tmp_path)
    rows = rows_of(open_source(tmp_path, split="test"))
    assert [found.prompt for found in rows] == ["test 0", "test 1", "test 2"]
    assert [Path(found.image).read_bytes() for found in rows] == [png(number) for number in range(3)]


def test_what_save_to_disk_wrote_is_read(tmp_path):
    loaded(3).save_to_disk(tmp_path / "one")
    datasets.DatasetDict(train=loaded(2), test=loaded(4)).save_to_disk(tmp_path / "two")
    one, two = open_source(tmp_path / "one"), open_source(tmp_path / "two", split="test")
    assert (one.name, len(rows_of(one))) == ("one", 3)
    assert (two.name, len(rows_of(two))) == ("two (test)", 4)
    assert one.fingerprint == open_source(tmp_path / "one").fingerprint != two.fingerprint
    for options, sentence in (
        ({}, r"two has more than one split \(train, test\); name one"),
        ({"split": "dev"}, "two has no split 'dev'; it has train and test"),
        ({"split": "test", "config": "pairs"}, "has no configurations; leave `config` out"),
    ):
        with pytest.raises(ListError, match=sentence):
            open_source(tmp_path / "two", **options)
    with pytest.raises(ListError, match="one has no splits; leave `split` out"):
        open_source(tmp_path / "one", split="dev")
    (tmp_path / "one" / "state.json").write_text("{")
    with pytest.raises(ListError, match="one cannot be loaded"):
        open_source(tmp_path / "one")


def test_without_datasets_the_message_says_how_to_install_it(tmp_path, monkeypatch):
    folder = WRITE(tmp_path / "built", n_shards=1)
    original = builtins.__import__
    monkeypatch.delitem(sys.modules, "datasets")

    class Absent:
        def find_spec(self, name, path=None, target=None):
            if name == "datasets":
                raise ModuleNotFoundError("No module named 'datasets'", name="datasets")

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(ImportError, match="Reading a data set needs `datasets`: pip install"):
        open_source(folder)
    assert builtins.__import__ is original


def test_an_id_of_the_hub_that_cannot_be_reached_says_what_to_give_instead():
    with pytest.raises(ListError, match="'me/none' is no list or folder here and cannot be had from the Hub"):
        open_source("me/none")


@pytest.mark.parametrize(
    "path, expected",
    [
        ("hf://datasets/me/mine@abc/0.png", True),
        ("zip://0.png::hf://datasets/me/mine@abc/a.zip", True),
        ("hf://datasets/me/other@abc/0.png", False),
        ("https://example.com/0.png", False),
        ("filecache://x::hf://datasets/me/mine@abc/0.png", False),
        ("zip://0.png::http://example.com::hf://datasets/me/mine@abc/a.zip", False),
        ("/etc/passwd", False),
    ],
    ids=["file", "archive", "other data set", "web", "cache", "web in between", "local"],
)
def test_only_files_of_the_data_set_are_fetched(monkeypatch, path, expected):
    fetched = []
    monkeypatch.setattr(dataset_source, "_fetch", lambda path: fetched.append(path) or b"content")

    def named(numbers):
        yield {"image": path, "prompt": "a cat"}

    options = {"fingerprint": "1", "folder": None, "hub_files": "hf://datasets/me/mine@abc/"}
    (found,) = DatasetSource(single(named, features=None), name="mine", **options).rows(0)
    assert bool(fetched) == expected
    if expected:
        assert (found.image, found.values["image"]) == ({"bytes": b"content", "path": path}, path)
    else:
        assert found.problem.startswith(
            "`image` of row 0 of mine names a file outside the data set, which is not read"
        )


READ = """
import json, sys, time
import datasets

datasets.config.STREAMING_READ_MAX_RETRIES = datasets.config.STREAMING_OPEN_MAX_RETRIES = 1
time.sleep = lambda seconds: None  # between the attempts of every client
from evalmuse_hf.scoring import ListError
from evalmuse_hf.scoring.sources import open_source

for asked in json.loads(sys.argv[1]):
    found = {"rows": [], "error": None}
    breaks = asked.pop("breaks", False)
    try:
        source = open_source(**asked)
        found |= {"name": source.name, "n_parts": source.n_parts, "fingerprint": source.fingerprint}
        for part in range(source.n_parts):
            if part == 1 and breaks:
                print("break", flush=True)
                sys.stdin.readline()
            for row in source.rows(part):
                found["rows"].append([row.prompt, row.problem, row.image and row.image["bytes"].hex()])
    except ListError as error:
        found["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(found), flush=True)
"""


def publish(hub, folder, name):
    repository = STAND_IN["Repository"](commit="1" * 40)
    for path in folder.rglob("*"):
        if path.is_file():
            repository.files[path.relative_to(folder).as_posix()] = path.read_bytes()
    hub.repositories["datasets", name] = repository


def test_a_hub_is_streamed_at_one_revision_until_it_stops_answering(tmp_path):
    pictures = tmp_path / "pictures"
    (pictures / "train").mkdir(parents=True)
    (pictures / "train" / "metadata.jsonl").write_text('{"file_name": "0.png", "prompt": "a cat"}\n')
    (pictures / "train" / "0.png").write_bytes(png(7))
    asked = [{"what": "me/mine"}, {"what": "me/pictures"}, {"what": "me/mine", "split": "x"}, {"what": "me/none"}]
    program = [sys.executable, "-c", READ, json.dumps([*asked, {"what": "me/mine", "breaks": True}])]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with STAND_IN["HubStandIn"]() as hub:
        publish(hub, WRITE(tmp_path / "built"), "me/mine")
        publish(hub, pictures, "me/pictures")
        with subprocess.Popen(program, env=hub.environment(), text=True, **pipes) as child:
            lines = [child.stdout.readline() for _ in range(5)]
            hub.refusals = {"GET /": 500, "HEAD /": 500}
            out, err = child.communicate("go\n", timeout=TIMEOUT)
    assert child.returncode == 0, err
    assert lines.pop() == "break\n", err
    mine, pictured, split, none = map(json.loads, lines)
    assert (mine["name"], mine["n_parts"], mine["error"]) == ("me/mine (train)", 3, None)
    assert [row[0] for row in mine["rows"]] == [f"pairs {s} {r} of 3" for s in range(3) for r in range(4)]
    assert {row[1] for row in mine["rows"]} == {None}
    assert pictured["rows"] == [["a cat", None, png(7).hex()]], pictured
    assert split["error"] == "ListError: me/mine has no split 'x'; it has train."
    assert none["error"].startswith("ListError: 'me/none' is no list or folder here and cannot be had from the Hub (")
    broken = json.loads(out)
    assert broken["rows"] == mine["rows"][:4]
    assert broken["fingerprint"] == mine["fingerprint"]
    assert broken["error"].startswith("SourceError: Reading me/mine (train) broke off at row 0 of part 1 (")
    assert broken["error"].endswith("the same command goes on from what is on disk.")
