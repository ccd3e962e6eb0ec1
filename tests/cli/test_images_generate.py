import json

import pytest

from evalmuse_hf.cli import images, images_generate
from evalmuse_hf.cli.main import CommandParser

PROMPTS = "a red cat left of a wooden chair\ntwo birds in a forest, rain\nphilosophy\n"


@pytest.fixture
def generate(tmp_path):
    """Run `evalmuse images generate` with words; PROMPTS and DIR stand for a list and a new folder."""
    (tmp_path / "p.txt").write_text(PROMPTS)
    places = {"PROMPTS": str(tmp_path / "p.txt"), "DIR": str(tmp_path / "out")}

    def run(*words):
        parser = CommandParser(prog="evalmuse")
        parser.set_defaults(quiet=True, verbose=False)
        images.register(parser.add_subparsers(dest="command"))
        return images.run(parser.parse_args(["images", "generate", *(places.get(word, word) for word in words)]))

    run.out = tmp_path / "out"
    return run


def test_drawn_pictures_are_counted_and_not_drawn_again(generate, capsys):
    words = ["PROMPTS", "--out", "DIR", "--generators", "mini:Drawer_v1, best=mini:Illustrator_XL", "--seeds", "2"]
    assert generate(*words) == 0
    assert capsys.readouterr().out.splitlines() == [
        "generator  ok",
        "Drawer_v1  6",
        "best       6",
        "12 drawn now, 0 were there",
        str(generate.out / "pairs.jsonl"),
    ]
    assert generate(*words, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["format"], said["drawn"], said["kept"], said["stopped"]) == (1, 0, 12, None)
    assert said["generators"] == {"Drawer_v1": {"ok": 6}, "best": {"ok": 6}}


def test_the_pairs_are_what_the_scorer_reads(generate, capsys):
    from evalmuse_hf.cli.main import main

    generate("PROMPTS", "--out", "DIR", "--generators", "mini:Illustrator_XL")
    out = generate.out / "scores.jsonl"
    pairs = str(generate.out / "pairs.jsonl")
    assert main(["score", pairs, "--model", "mini", "--workers", "0", "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(row["prompt_id"], row["generator"], row["status"]) for row in rows] == [
        (f"{number:05d}", "Illustrator_XL", "ok") for number in range(3)
    ]


def test_files_of_ones_own_are_not_replaced(generate):
    generate.out.mkdir()
    (generate.out / "prompts.jsonl").write_text('{"id": "a", "prompt": "a cat"}\n')
    words = [str(generate.out / "prompts.jsonl"), "--out", "DIR", "--generators", "mini:Drawer_v1"]
    with pytest.raises(ValueError, match=r"holds prompts\.jsonl, and no journals/"):
        generate(*words)
    assert [path.name for path in generate.out.iterdir()] == ["prompts.jsonl"]
    assert (generate.out / "prompts.jsonl").read_text() == '{"id": "a", "prompt": "a cat"}\n'


def test_a_file_that_is_gone_is_counted(generate, capsys):
    generate("PROMPTS", "--out", "DIR", "--generators", "mini:Drawer_v1")
    (generate.out / "images/Drawer_v1/00001_0.png").unlink()
    capsys.readouterr()
    assert generate("PROMPTS", "--out", "DIR", "--generators", "mini:Painter_Pro") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[:3]] == [
        ["generator", "ok", "missing"],
        ["Drawer_v1", "2", "1"],
        ["Painter_Pro", "3", "0"],
    ]


def test_the_list_needs_no_prompts(generate, capsys):
    assert generate("--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["generator", "model"]
    assert any(line.startswith("Midjourney_v6.1") and "import only  a service" in line for line in lines)
    assert any(line.startswith("SD_v2.1") and "took them off the Hub" in line for line in lines)


@pytest.mark.parametrize(
    "words, message",
    [
        (["--out", "DIR", "--generators", "mini:Drawer_v1"], "PROMPTS is missing"),
        (["PROMPTS", "--generators", "mini:Drawer_v1"], "--out is missing"),
        (["PROMPTS", "--out", "DIR"], "--generators is missing"),
        (["PROMPTS", "--out", "DIR", "--generators", " ,"], "--generators names no generator"),
        (["PROMPTS", "--out", "DIR", "--generators", "mini:Nobody"], "no generator 'Nobody'"),
        (["PROMPTS", "--out", "DIR", "--generators", "DALLE_3"], "images import FOLDER"),
        (["PROMPTS", "--out", "DIR", "--generators", "mini:Drawer_v1", "--batch-size", "0"], "--batch-size is 0"),
    ],
    ids=["prompts", "out", "generators", "no name", "unknown", "closed", "batch size"],
)
def test_a_mistake_is_a_sentence_and_draws_nothing(generate, words, message):
    with pytest.raises(ValueError, match=message):
        generate(*words)
    assert not generate.out.exists()


def test_a_run_that_stopped_has_a_status_of_its_own(generate, capsys, monkeypatch):
    import evalmuse_hf.images as library

    summary = library.GenerationSummary(1, 0, {"far": {"ok": 1}}, "far does not answer any more.")
    monkeypatch.setattr(library, "generate_pictures", lambda *given, **options: summary)
    assert generate("PROMPTS", "--out", "DIR", "--generators", "mini:Drawer_v1") == 1
    assert capsys.readouterr().err == "evalmuse images generate: far does not answer any more.\n"


def test_each_kind_of_generator_gets_the_options(generate, monkeypatch, tmp_path):
    from evalmuse_hf.images import diffusers_generator, endpoint_generator

    made = []
    for module, name in ((diffusers_generator, "DiffusersGenerator"), (endpoint_generator, "EndpointGenerator")):
        monkeypatch.setattr(module, name, lambda config, **options: made.append((config.name, options)) or config)
    (tmp_path / "own.yaml").write_text("SDXL: {steps: 3}\n")
    words = ["--config", str(tmp_path / "own.yaml"), "--batch-size", "2", "--device", "cpu", "--trust-remote-code"]
    with pytest.raises(AttributeError):  # what was put in the place of generators cannot draw
        generate("PROMPTS", "--out", "DIR", "--generators", "SDXL,e=endpoint:a/b", *words)
    assert made == [
        ("SDXL", {"device": "cpu", "batch_size": 2, "trust_remote_code": True}),
        ("e", {"batch_size": 2}),
    ]


def test_counts_have_a_column_for_each_status_that_there_is():
    counts = {"a": {"ok": 3, "nsfw": 1}, "b": {"black": 2}}
    assert images_generate.count_rows(counts) == [
        ("generator", "ok", "black", "nsfw"),
        ("a", "3", "0", "1"),
        ("b", "0", "2", "0"),
    ]
