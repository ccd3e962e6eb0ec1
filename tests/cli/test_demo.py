import json
import re
import shlex
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from evalmuse_hf import scoring
from evalmuse_hf.cli import demo
from evalmuse_hf.cli.main import build_parser, main
from evalmuse_hf.models import ElementScore, PairScore
from evalmuse_hf.schema import Element


class Guesser:
    """A scorer that scores by the length of the path, so that nothing is learned and everything is defined."""

    name = "guesser"

    def score(self, *, images, prompts, elements=None):
        return [
            PairScore(
                1 + sum(map(ord, image)) % 97 / 25,
                tuple(ElementScore(item.text, item.category, 0.75, "ok") for item in map(Element.read, texts)),
            )
            for image, texts in zip(images, elements, strict=True)
        ]


@pytest.fixture
def guesser(monkeypatch):
    monkeypatch.setattr(scoring, "load_scorer", lambda *_, **__: Guesser())


def test_the_path_is_walked_from_pictures_to_a_report(guesser, tmp_path, capsys):
    out = tmp_path / "demo"
    words = ["demo", "--out", str(out), "--prompts", "6", "--quiet", "--n-resamples"]
    assert main([*words, "0"]) == 0
    drawn = (out / "raw" / "train_list.json").read_bytes()
    assert main([*words, "20", "--model", "another"]) == 0  # drawn by this process, in the place of the first
    assert (out / "raw" / "train_list.json").read_bytes() == drawn
    printed = capsys.readouterr().out
    for words in (
        "SRCC",
        "KRCC",
        "PLCC",
        "ceiling",
        "element accuracy by category",
        "with a combination new to it",
        "people's rank",
    ):
        assert words in printed
    assert "judges such drawings, not photographs" in printed
    assert str(out / "report.html") in printed
    page = (out / "report.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 12
    assert "not photographs" in page
    assert json.loads((out / "record.json").read_text())["coverage"] == {"scored": 30, "rated": 30, "share": 1.0}
    assert len(scoring.read_scores(out / "scores.parquet").rows) == 30


def test_a_demo_that_was_interrupted_while_drawing_can_be_run_again(guesser, tmp_path, monkeypatch):
    from evalmuse_hf import mini

    def draw_half(out, **_):
        (out / "images").mkdir(parents=True)
        (out / "train_list.json").write_text("[]")
        raise KeyboardInterrupt

    out = tmp_path / "demo"
    # Another model than the packaged one comes first, and the drawing is done by this process.
    words = ["demo", "--out", str(out), "--prompts", "2", "--n-resamples", "0", "--quiet", "--model", "another"]
    for earlier in ([], ["drawn_truth.json"]):  # nothing there at first, then a whole release
        with monkeypatch.context() as patch:
            patch.setattr(mini, "write_release", draw_half)
            assert main(words) == 130
        assert [path.name for path in out.rglob("drawn_truth.json")] == earlier
        assert not (out / "raw" / "train_list.json").exists() or earlier
        assert not list(out.glob(".*"))
        assert main(words) == 0


def test_what_a_killed_demo_left_beside_its_pictures_is_cleared(guesser, tmp_path):
    for name in (".raw.unfinished", ".raw.replaced"):
        (tmp_path / name / "images").mkdir(parents=True)
        (tmp_path / name / "images" / "0.png").touch()
    words = ["demo", "--out", str(tmp_path), "--prompts", "2", "--n-resamples", "0", "--quiet", "--model", "another"]
    assert main(words) == 0
    assert not list(tmp_path.glob(".*"))


def test_it_ends_with_commands_that_can_be_typed(guesser, tmp_path, capsys):
    out = tmp_path / "a folder"
    assert main(["demo", "--out", str(out), "--prompts", "2", "--n-resamples", "0", "--model", "another"]) == 0
    said = capsys.readouterr()
    lines = said.out.partition("Try next:\n")[2].splitlines()
    commands = [shlex.split(line.strip().split("    ")[0])[1:] for line in lines]
    assert [words[0] for words in commands] == ["space", "score", "evaluate", "rank", "doctor", "help"]
    args = build_parser().parse_args(commands[1])
    assert args.image.is_file()
    assert args.prompt in (out / "raw" / "test_list.jsonl").read_text("utf-8")
    assert build_parser().parse_args(commands[2]).scores.is_file()
    assert main(commands[3]) == 0
    assert (out / "ranking.html").is_file()
    assert re.search(r"^3/5 Scoring 10 pictures \.\.\.$", said.err, re.MULTILINE)
    assert re.search(r"^5/5 Writing the report \.\.\. \d+\.\d s$", said.err, re.MULTILINE)
    assert said.err.rstrip().endswith(f"Open {(out / 'report.html').as_uri()}")


def test_without_a_second_process_this_one_draws(guesser, tmp_path, monkeypatch, capsys):
    class NoPool:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def submit(self, *_, **__):
            job = Future()
            job.set_exception(BrokenProcessPool())
            return job

    monkeypatch.setattr(demo, "ProcessPoolExecutor", NoPool)
    assert main(["demo", "--out", str(tmp_path / "demo"), "--prompts", "2", "--n-resamples", "0", "--quiet"]) == 0
    assert (tmp_path / "demo" / "raw" / "drawn_truth.json").is_file()


def test_without_a_checkpoint_it_is_one_sentence_and_status_2(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.mini.find_checkpoint", lambda name, **_: None)
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--out", "demo", "--quiet"]) == 2
    captured = capsys.readouterr().err
    assert "lacks the packaged checkpoint 'mini'" in captured
    assert captured.count("\n") == 1
    assert not (tmp_path / "demo").exists()


def test_a_folder_with_other_things_is_left_alone(guesser, tmp_path, capsys):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "thesis.txt").write_text("mine")
    assert main(["demo", "--out", str(tmp_path), "--quiet"]) == 2
    assert "holds something else than the pictures of a demo" in capsys.readouterr().err
    assert (tmp_path / "raw" / "thesis.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_drawn(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("evalmuse_hf.cli.demo._load", None)
    monkeypatch.setattr("evalmuse_hf.cli.demo.draw_and_build", None)
    (tmp_path / "file").write_text("")
    assert main(["demo", "--out", str(tmp_path / "file" / "demo")]) == 2
    sentence = f"The folder {tmp_path}/file/demo cannot be made (Not a directory); give another one with --out."
    assert capsys.readouterr().err == f"evalmuse demo: {sentence}\n"


@pytest.mark.parametrize(
    "words, sentence",
    [(["--prompts", "1"], "--prompts must be at least 2, got 1"), (["--out", "taken"], "taken is a file")],
    ids=["too few prompts", "a file as the folder"],
)
def test_wrong_options_are_one_sentence_and_status_2(words, sentence, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("")
    assert main(["demo", *words]) == 2
    assert sentence in capsys.readouterr().err
