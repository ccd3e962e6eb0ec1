import errno
import json

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.images.diffusers_generator import DiffusersGenerator
from evalmuse_hf.images.generation import generate_pictures, process_of_environment
from evalmuse_hf.images.generator_configs import GeneratorConfig
from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.images.picture_folder import PictureFolder
from evalmuse_hf.images.picture_generators import (
    UNREACHABLE,
    DrawnPicture,
    GeneratorDescription,
    GeneratorError,
    picture_seed,
)
from evalmuse_hf.images.picture_prompts import PicturePrompt
from evalmuse_hf.images.preparation import picture_hash

PROMPTS = [PicturePrompt(f"p{number}", f"prompt {number}") for number in range(6)]


class Noise:
    """Draws noise from the seed; `react` may answer for a prompt instead."""

    def __init__(self, react=None, *, name="noise", batch_size=4, steps=1, side=16):
        self.name, self.batch_size, self.react, self.steps, self.side = name, batch_size, react, steps, side
        self.calls = []
        self.revision = None

    def describe(self):
        return GeneratorDescription("here", self.revision, "mit", {"steps": self.steps}, {"numpy": "2"}, (16, 16))

    def draw(self, prompts, seeds):
        self.calls.append(list(prompts))
        answers = [self.react(prompt) if self.react else None for prompt in prompts]
        return [answer or self.noise(seed) for answer, seed in zip(answers, seeds, strict=True) if answer != "nothing"]

    def noise(self, seed):
        pixels = np.random.default_rng(seed).integers(0, 256, (self.side, self.side, 3), dtype=np.uint8)
        return DrawnPicture(Image.fromarray(pixels))

    def close(self):
        self.calls.append("closed")

    @property
    def n_drawn(self):
        return sum(len(call) for call in self.calls if call != "closed")


def read_manifest(folder):
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def without_times(folder):
    return [{name: row[name] for name in row if name not in ("seconds", "created")} for row in read_manifest(folder)]


def statuses(folder):
    return {row["prompt_id"]: row["status"] for row in read_manifest(folder)}


def test_the_manifest_says_of_every_picture_what_it_is(tmp_path):
    summary = generate_pictures(PROMPTS, [Noise()], tmp_path, n_seeds=2, seed=5)
    assert (summary.drawn, summary.kept, summary.stopped) == (12, 0, None)
    assert summary.counts == {"noise": {"ok": 12}}
    rows = read_manifest(tmp_path)
    assert [(row["prompt_id"], row["k"]) for row in rows] == [(p.prompt_id, k) for p in PROMPTS for k in (0, 1)]
    for row in rows:
        content = (tmp_path / row["path"]).read_bytes()
        with Image.open(tmp_path / row["path"]) as picture:
            assert (picture.format, *picture.size) == ("PNG", row["width"], row["height"])
            assert picture_hash(picture) == row["pixels_sha256"]
        assert (content_hash(content), len(content)) == (row["sha256"], row["bytes"])
        assert row["seed"] == picture_seed(5, "noise", row["prompt_id"], row["k"])
    known = {"model": "here", "revision": None, "license": "mit", "parameters": {"steps": 1}, "attempt": 1}
    assert {name: rows[0][name] for name in known} == known
    assert rows[0]["path"] == "images/noise/p0_0.png"


def test_pairs_hold_what_scorers_read(tmp_path):
    prompts = [PicturePrompt("a", "a cat", {"elements": ["cat"]}), PicturePrompt("b", "b")]
    generate_pictures(prompts, [Noise(lambda prompt: DrawnPicture(None, "nsfw") if prompt == "b" else None)], tmp_path)
    (pair,) = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text("utf-8").splitlines()]
    seed = picture_seed(0, "noise", "a", 0)
    assert pair == {
        **{"id": "noise/a_0", "image": "images/noise/a_0.png", "prompt_id": "a", "prompt": "a cat"},
        **{"generator": "noise", "generator_license": "mit", "seed": seed, "elements": ["cat"]},
    }


@pytest.mark.parametrize("batch_size", [1, 5], ids=["alone", "five at once"])
def test_batch_and_order_do_not_change_a_picture(tmp_path, batch_size):
    generate_pictures(PROMPTS, [Noise()], tmp_path / "a", n_seeds=2)
    generate_pictures(PROMPTS[::-1], [Noise(batch_size=batch_size)], tmp_path / "b", n_seeds=2)
    first, second = ({row["id"]: row["sha256"] for row in read_manifest(tmp_path / name)} for name in "ab")
    assert first == second


def test_repeating_draws_nothing_twice_and_more_can_be_asked_for(tmp_path):
    generate_pictures(PROMPTS[:4], [Noise()], tmp_path)
    before = without_times(tmp_path)
    generator = Noise()
    summary = generate_pictures(PROMPTS[:4], [generator], tmp_path)
    assert (summary.drawn, summary.kept, generator.n_drawn) == (0, 4, 0)
    assert without_times(tmp_path) == before
    generator, other = Noise(), Noise(name="other")
    generate_pictures(PROMPTS, [generator, other], tmp_path, n_seeds=2)
    assert (generator.n_drawn, other.n_drawn) == (12 - 4, 12)
    assert [row for row in without_times(tmp_path) if row in before] == before


def test_a_picture_that_is_gone_or_cut_is_drawn_again(tmp_path):
    generate_pictures(PROMPTS, [Noise()], tmp_path)
    (tmp_path / "images/noise/p1_0.png").unlink()
    (tmp_path / "images/noise/p2_0.png").write_bytes(b"cut")
    before = without_times(tmp_path)
    assert generate_pictures(PROMPTS, [Noise()], tmp_path).drawn == 2
    assert [row["sha256"] for row in without_times(tmp_path)] == [row["sha256"] for row in before]


def test_a_picture_drawn_anew_counts_once_however_often_it_was_tried_before(tmp_path):
    fails = Noise(lambda prompt: DrawnPicture(None, "failed", "x"))
    generate_pictures(PROMPTS[:1], [fails], tmp_path)
    generate_pictures(PROMPTS[:1], [Noise()], tmp_path, retry=True)
    (tmp_path / "images/noise/p0_0.png").unlink()
    larger = Noise(lambda prompt: DrawnPicture(Image.linear_gradient("L").resize((16, 16))))
    assert generate_pictures(PROMPTS[:1], [larger], tmp_path).drawn == 1
    summary = generate_pictures(PROMPTS[:1], [larger], tmp_path)
    assert (summary.drawn, summary.counts) == (0, {"noise": {"ok": 1}})
    assert [(row["attempt"], row["status"]) for row in read_manifest(tmp_path)] == [(3, "ok")]


def test_a_picture_drawn_anew_by_another_process_counts(tmp_path):
    for rank in (0, 1):
        generate_pictures(PROMPTS[:2], [Noise()], tmp_path, process=(rank, 2))
    (tmp_path / "images/noise/p1_0.png").unlink()
    other = Noise(lambda prompt: DrawnPicture(Image.linear_gradient("L").resize((16, 16))))
    assert generate_pictures(PROMPTS[:2], [other], tmp_path).drawn == 1
    assert generate_pictures(PROMPTS[:2], [other], tmp_path).drawn == 0
    assert statuses(tmp_path) == {"p0": "ok", "p1": "ok"}


def test_gaps_of_generators_that_draw_no_more_stay_visible(tmp_path):
    generate_pictures(PROMPTS, [Noise()], tmp_path)
    (tmp_path / "images/noise/p1_0.png").unlink()
    summary = generate_pictures(PROMPTS, [Noise(name="other")], tmp_path)
    assert summary.counts == {"noise": {"ok": 5, "missing": 1}, "other": {"ok": 6}}
    assert len(read_manifest(tmp_path)) == 12


@pytest.mark.parametrize(
    "change, words",
    [
        ({"generators": [Noise(steps=2)]}, r"pictures of noise with another steps \(1, now 2\)"),
        ({"seed": 1}, r"another seed \(0, now 1\)"),
        ({"prompts": [PicturePrompt("p0", "else")]}, "prompt 'p0' with another text"),
        ({"generators": [Noise(name="Noise")]}, "'Noise' and 'noise' would share a folder; .*NEW=Noise"),
        ({"generators": [Noise(), Noise()]}, "Two generators are called 'noise'"),
        ({"n_seeds": 0}, "number of seeds is 0"),
    ],
    ids=["parameters", "seed", "prompt", "case", "twice", "no seed"],
)
def test_what_would_mix_different_pictures_is_refused(tmp_path, change, words):
    generate_pictures(PROMPTS, [Noise()], tmp_path)
    given = {"prompts": PROMPTS, "generators": [Noise()], **change}
    options = {name: value for name, value in given.items() if name not in ("prompts", "generators")}
    with pytest.raises(ValueError, match=words):
        generate_pictures(given["prompts"], given["generators"], tmp_path, **options)


def test_another_revision_of_the_weights_is_refused_once_it_is_known(tmp_path):
    first, second = Noise(), Noise()
    first.revision, second.revision = "a" * 40, "b" * 40
    generate_pictures(PROMPTS[:2], [first], tmp_path)
    with pytest.raises(ValueError, match="another revision"):
        generate_pictures(PROMPTS, [second], tmp_path)
    assert len(read_manifest(tmp_path)) == 2


def test_a_second_run_in_the_same_folder_is_refused(tmp_path):
    folder = PictureFolder(tmp_path)
    folder.open()
    with pytest.raises(ValueError, match="Another run is writing"):
        generate_pictures(PROMPTS, [Noise()], tmp_path)
    folder.close()


def react_badly(prompt):
    number = int(prompt.split()[1])
    if number == 1:
        raise RuntimeError("the kernel\n  broke")
    bad = {
        0: DrawnPicture(Image.new("RGB", (16, 16))),
        2: DrawnPicture(Image.linear_gradient("L").resize((8, 16))),
        3: DrawnPicture(None, "nsfw", "hidden"),
        4: DrawnPicture(Image.new("RGB", (16, 16), (200, 10, 10))),
    }
    return bad.get(number)


def test_a_bad_picture_has_a_status_and_takes_no_other_with_it(tmp_path):
    summary = generate_pictures(PROMPTS, [Noise(react_badly)], tmp_path)
    assert statuses(tmp_path) == {
        **{"p0": "black", "p1": "failed", "p2": "wrong_size", "p3": "nsfw", "p4": "uniform", "p5": "ok"},
    }
    assert summary.counts["noise"]["ok"] == 1
    messages = {row["prompt_id"]: row["message"] for row in read_manifest(tmp_path)}
    assert messages["p1"] == "RuntimeError: the kernel broke"
    assert messages["p2"] == "The picture has 8 x 16 pixels, 16 x 16 were asked for."


def test_failures_are_tried_again_only_on_request(tmp_path):
    generate_pictures(PROMPTS, [Noise(react_badly)], tmp_path)
    assert generate_pictures(PROMPTS, [Noise()], tmp_path).drawn == 0
    summary = generate_pictures(PROMPTS, [Noise()], tmp_path, retry=True)
    assert (summary.drawn, summary.kept, summary.counts) == (5, 1, {"noise": {"ok": 6}})
    assert [row["attempt"] for row in read_manifest(tmp_path)] == [2, 2, 2, 2, 2, 1]
    assert all((tmp_path / row["path"]).is_file() for row in read_manifest(tmp_path))


def test_fewer_pictures_than_prompts_are_a_failure_of_that_prompt(tmp_path):
    generate_pictures(PROMPTS, [Noise(lambda prompt: "nothing" if prompt.endswith("3") else None)], tmp_path)
    assert [row["status"] for row in read_manifest(tmp_path)] == ["ok", "ok", "ok", "failed", "ok", "ok"]
    assert read_manifest(tmp_path)[3]["message"] == "The generator gave 0 pictures for 1 prompts."


def test_no_picture_and_no_reason_is_a_failure(tmp_path):
    generate_pictures(PROMPTS[:1], [Noise(lambda prompt: DrawnPicture())], tmp_path)
    assert statuses(tmp_path) == {"p0": "failed"}


def test_a_batch_that_does_not_fit_is_halved(tmp_path):
    class Small(Noise):
        def draw(self, prompts, seeds):
            if len(prompts) > 1:
                self.calls.append(f"{len(prompts)} are too many")
                raise MemoryError
            return super().draw(prompts, seeds)

    generator = Small(batch_size=4)
    summary = generate_pictures(PROMPTS, [generator], tmp_path)
    assert summary.counts == {"noise": {"ok": 6}}
    assert generator.calls[:2] == ["4 are too many", "2 are too many"]
    assert len(generator.calls) == 2 + 6 + 1


def test_a_picture_that_never_fits_is_a_failure(tmp_path):
    def full(prompt):
        raise MemoryError

    generate_pictures(PROMPTS[:2], [Noise(full, batch_size=2)], tmp_path)
    assert set(statuses(tmp_path).values()) == {"failed"}
    assert "Memory ran out" in read_manifest(tmp_path)[0]["message"]


def test_a_generator_that_always_fails_is_stopped(tmp_path):
    prompts = [PicturePrompt(f"{number:03d}", str(number)) for number in range(50)]

    def fail(prompt):
        raise RuntimeError("no such kernel")

    summary = generate_pictures(prompts, [Noise(fail, batch_size=1)], tmp_path)
    assert summary.stopped is not None
    assert "The last 20 pictures of noise failed (RuntimeError: no such kernel)" in summary.stopped
    assert len(read_manifest(tmp_path)) == 20


def test_a_service_that_dies_half_way_ends_the_run_and_can_be_gone_on_with(tmp_path):
    dead = Noise(lambda prompt: DrawnPicture(None, UNREACHABLE, "gone") if int(prompt[-1]) > 1 else None, batch_size=2)
    summary = generate_pictures(PROMPTS, [dead], tmp_path)
    assert summary.stopped == (
        "noise does not answer any more (gone); repeat the command later, and it goes on from here."
    )
    assert statuses(tmp_path) == {"p0": "ok", "p1": "ok", **dict.fromkeys(("p2", "p3", "p4", "p5"), "unanswered")}
    generator = Noise()
    assert generate_pictures(PROMPTS, [generator], tmp_path).counts == {"noise": {"ok": 6}}
    assert generator.n_drawn == 4


def no_answer(*words):
    return lambda prompt: DrawnPicture(None, UNREACHABLE, "late") if prompt in words else None


def test_prompts_that_are_never_answered_hold_up_nothing_for_good(tmp_path):
    silent = no_answer("prompt 0", "prompt 1", "prompt 2")
    first = generate_pictures(PROMPTS, [Noise(silent, batch_size=1), Noise(name="next")], tmp_path)
    assert first.stopped.startswith("noise does not answer any more (late)")
    assert first.counts == {"noise": {"unanswered": 3}, "next": {"ok": 6}}
    again = Noise(silent, batch_size=1)
    second = generate_pictures(PROMPTS, [again], tmp_path)
    assert [call[0] for call in again.calls[:-1]] == [f"prompt {number}" for number in (3, 4, 5, 0, 1, 2)]
    assert second.counts["noise"] == {"ok": 3, "failed": 3}
    assert generate_pictures(PROMPTS, [Noise(silent)], tmp_path).drawn == 0
    assert [row["attempt"] for row in read_manifest(tmp_path) if row["status"] == "failed"] == [2, 2, 2]


def test_the_last_prompt_without_an_answer_is_given_up_at_the_second_run(tmp_path):
    silent = no_answer("prompt 5")
    assert generate_pictures(PROMPTS, [Noise(silent)], tmp_path).counts["noise"] == {"ok": 5, "unanswered": 1}
    second = generate_pictures(PROMPTS, [Noise(silent)], tmp_path)
    assert (second.stopped, second.drawn, second.counts["noise"]) == (None, 1, {"ok": 5, "failed": 1})


def test_while_a_service_is_gone_nothing_becomes_a_failure_before_all_was_tried(tmp_path):
    gone = Noise(no_answer(*(prompt.text for prompt in PROMPTS)), batch_size=1)
    for expected in (3, 6):
        assert generate_pictures(PROMPTS, [gone], tmp_path).counts["noise"] == {"unanswered": expected}


def test_a_batch_is_recorded_whole_before_the_run_stops(tmp_path):
    silent = no_answer("prompt 0", "prompt 1", "prompt 2")
    summary = generate_pictures(PROMPTS[:4], [Noise(silent, batch_size=4)], tmp_path)
    assert (summary.stopped, summary.counts["noise"]) == (None, {"failed": 3, "ok": 1})
    prompts = [PicturePrompt(f"{number:02d}", str(number)) for number in range(24)]
    fails = Noise(lambda prompt: DrawnPicture(None, "failed", "x") if int(prompt) < 21 else None, batch_size=24)
    assert generate_pictures(prompts, [fails], tmp_path / "b").counts["noise"] == {"failed": 21, "ok": 3}


def test_a_generator_that_is_locked_half_way_leaves_what_was_drawn_and_the_others(tmp_path):
    def lock(prompt):
        if prompt == "prompt 3":
            raise GeneratorError("noise refuses every request.")

    summary = generate_pictures(PROMPTS, [Noise(lock, batch_size=1), Noise(name="next")], tmp_path)
    assert summary.stopped == "noise refuses every request."
    assert summary.counts == {"noise": {"ok": 3}, "next": {"ok": 6}}


def test_one_prompt_without_an_answer_among_others_is_a_failure(tmp_path):
    silent = Noise(lambda prompt: DrawnPicture(None, UNREACHABLE, "late") if prompt.endswith("2") else None)
    assert generate_pictures(PROMPTS, [silent], tmp_path).stopped is None
    assert statuses(tmp_path)["p2"] == "failed"
    at_the_end = Noise(lambda prompt: DrawnPicture(None, UNREACHABLE, "late"), name="late")
    assert "late does not answer" in generate_pictures(PROMPTS[:1], [at_the_end], tmp_path).stopped
    assert [row["status"] for row in read_manifest(tmp_path) if row["generator"] == "late"] == ["unanswered"]


def test_a_generator_that_cannot_be_loaded_leaves_what_was_drawn(tmp_path):
    def refuse(prompt):
        raise GeneratorError("no such model")

    with pytest.raises(GeneratorError, match="no such model"):
        generate_pictures(PROMPTS, [Noise(), Noise(refuse, name="bad")], tmp_path)
    assert len(read_manifest(tmp_path)) == 6
    assert generate_pictures(PROMPTS, [Noise()], tmp_path).drawn == 0


def test_a_full_disk_ends_the_run_with_a_sentence(tmp_path, monkeypatch):
    write, written = PictureFolder.write, []

    def full(self, place, content):
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(place)
        write(self, place, content)

    monkeypatch.setattr(PictureFolder, "write", full)
    summary = generate_pictures(PROMPTS, [Noise()], tmp_path)
    assert summary.stopped.startswith(f"There is no space left for {tmp_path}")
    monkeypatch.undo()
    assert generate_pictures(PROMPTS, [Noise()], tmp_path).drawn == 3


def test_several_processes_make_the_manifest_of_one(tmp_path):
    generate_pictures(PROMPTS, [Noise(), Noise(react_badly, name="bad")], tmp_path / "one", n_seeds=2)
    for rank in (2, 0, 1):  # whoever is last merges
        generators = [Noise(batch_size=3), Noise(react_badly, name="bad", batch_size=1)]
        generate_pictures(PROMPTS, generators, tmp_path / "three", n_seeds=2, process=(rank, 3))
        assert 0 < generators[0].n_drawn < 12
    assert without_times(tmp_path / "three") == without_times(tmp_path / "one")
    assert (tmp_path / "three/pairs.jsonl").read_bytes() == (tmp_path / "one/pairs.jsonl").read_bytes()
    assert generate_pictures(PROMPTS, [Noise()], tmp_path / "three", n_seeds=2).drawn == 0


@pytest.mark.parametrize(
    "rank, world, words", [("2", "2", "expected 0 <= RANK"), ("x", "2", "no numbers")], ids=["too high", "no number"]
)
def test_a_nonsensical_environment_is_refused(monkeypatch, rank, world, words):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", world)
    with pytest.raises(ValueError, match=words):
        process_of_environment()


def test_a_pipeline_of_diffusers_is_run_like_any_other(tmp_path, pipeline_folder):
    config = GeneratorConfig("tiny", model=str(pipeline_folder), steps=2, size=(32, 32))
    prompts = [PicturePrompt(name, name) for name in ("cat", "dog", "owl")]
    generator = DiffusersGenerator(config, device="cpu", batch_size=2)
    assert generate_pictures(prompts, [generator], tmp_path).counts == {"tiny": {"ok": 3}}
    for row in read_manifest(tmp_path):
        assert (row["license"], row["revision"], row["width"]) == ("openrail++", None, 32)
        assert row["parameters"] == {"steps": 2, "size": [32, 32], "dtype": "float32"}
