import json

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.cli import images
from evalmuse_hf.cli.main import CommandParser


@pytest.fixture
def take(tmp_path):
    """Run `evalmuse images import` on a folder with one good picture, one of no prompt and one that is none."""
    made = tmp_path / "made"
    made.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(made / "00000.png")
    Image.fromarray(pixels[::-1]).save(made / "other.png")
    (made / "00001.png").write_text("<svg/>")
    (tmp_path / "p.txt").write_text("a cat\na dog\n")

    def run(source, *words):
        parser = CommandParser(prog="evalmuse")
        parser.set_defaults(quiet=True, verbose=False)
        images.register(parser.add_subparsers(dest="command"))
        where = ["--prompts", str(tmp_path / "p.txt"), "--out", str(tmp_path / "out")]
        return images.run(parser.parse_args(["images", "import", str(tmp_path / source), *where, *words]))

    run.folder = tmp_path
    return run


def test_what_was_taken_and_what_was_not_is_counted(take, capsys):
    assert take("made", "--generator", "MJ") == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "generator  ok",
        "MJ         1",
        "1 taken now, 0 were there",
        "1 no_picture",
        "1 unmatched",
        "1 unreadable",
        str(take.folder / "out/pairs.jsonl"),
    ]
    assert len(said.err.splitlines()) == 3
    assert "other.png bears the id of no prompt" in said.err


def test_where_nothing_matches_the_prompts_are_counted_and_a_name_is_shown(take, capsys):
    for name in ("00000.png", "00001.png"):
        (take.folder / "made" / name).unlink()
    assert take("made", "--generator", "MJ") == 1
    assert capsys.readouterr().err.splitlines() == [
        "other.png bears the id of no prompt; call it ID.png, such as 00000.png for 'a cat', or give a table with "
        "image and prompt.",
        "Prompt 00000 ('a cat') has got no picture. The same holds for 1 more.",
    ]


def test_that_nobody_is_named_is_said_once(take, capsys):
    (take.folder / "made/other.png").rename(take.folder / "made/00001.png")
    assert take("made") == 1
    assert capsys.readouterr().err.splitlines() == [
        "Nothing says who made 00000.png; give `--generator NAME`, or import the folder above, whose subfolders name "
        "the generators. The same holds for 1 more.",
        "Prompt 00000 ('a cat') has got no picture. The same holds for 1 more.",
    ]


def test_the_same_as_json(take, capsys):
    assert take("made", "--generator", "MJ", "--link", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["imported"], said["kept"], said["statuses"]) == (1, 0, {"ok": 1})
    assert said["problems"] == {"no_picture": 1, "unmatched": 1, "unreadable": 1}


def test_a_folder_without_a_usable_picture_is_a_failure(take, capsys):
    (take.folder / "made/00000.png").unlink()
    assert take("made", "--generator", "MJ") == 1


def test_nothing_at_the_path_is_a_mistake(take):
    with pytest.raises(ValueError, match="no folder and no table"):
        take("nowhere", "--generator", "MJ")
    assert not (take.folder / "out").exists()


def test_many_problems_are_cut_short(take, capsys):
    for number in range(20):
        (take.folder / f"made/x{number}.png").write_text("")
    take("made", "--generator", "MJ")
    assert "and 13 more in" in capsys.readouterr().err
