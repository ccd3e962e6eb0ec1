import hashlib
import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest

from evalmuse_hf.images.diffusers_generator import DiffusersGenerator, read_license
from evalmuse_hf.images.generation import generate_pictures
from evalmuse_hf.images.generator_configs import GeneratorConfig
from evalmuse_hf.images.picture_generators import DrawnPicture, GeneratorError
from evalmuse_hf.images.picture_prompts import PicturePrompt

ROOT = Path(__file__).parents[2]
PROMPTS = ["a red cat", "a dog", "two birds", "a very long prompt " * 9]
SEEDS = [1, 2, 3, 4]


def settings(folder, **more):
    return GeneratorConfig("tiny", model=str(folder), **{"steps": 2, "guidance": 4.0, "size": (32, 32), **more})


def pixels(drawn):
    return [np.asarray(result.picture, dtype=float) for result in drawn]


@pytest.fixture(scope="module")
def generator(pipeline_folder):
    """Loaded once, as that takes a second or more."""
    return DiffusersGenerator(settings(pipeline_folder), device="cpu")


@pytest.fixture(scope="module")
def alone(generator):
    """Each picture drawn in a batch of one."""
    return [generator.draw([prompt], [seed])[0] for prompt, seed in zip(PROMPTS, SEEDS, strict=True)]


def test_neighbours_in_a_batch_do_not_change_a_picture(generator, alone):
    together = generator.draw(PROMPTS, SEEDS)
    for one, many in zip(pixels(alone), pixels(together), strict=True):
        assert np.abs(one - many).max() <= 1  # float32 sums in another order may round one level apart
        assert one.std() > 1  # a picture, not a uniform one
    assert not np.array_equal(pixels(alone)[0], pixels(alone)[1])


def test_order_does_not_change_a_picture_and_another_seed_does(generator, alone):
    again = generator.draw(PROMPTS[:2][::-1], SEEDS[:2][::-1])
    assert np.abs(pixels(again)[1] - pixels(alone)[0]).max() <= 1
    other = generator.draw(PROMPTS[:1], [99])
    assert np.abs(pixels(other)[0] - pixels(alone)[0]).max() > 1


def test_description_names_what_changes_the_picture_and_the_license_once_loaded(pipeline_folder, generator, alone):
    before = DiffusersGenerator(settings(pipeline_folder, dtype="float16"), device="cpu").describe()
    assert before.parameters == {"steps": 2, "guidance": 4.0, "size": [32, 32], "dtype": "float32"}
    assert before.license is None
    after = generator.describe()
    assert (after.license, after.revision, after.size) == ("openrail++", None, (32, 32))
    assert set(after.libraries) == {"diffusers", "torch", "transformers"}


def test_scheduler_unet_and_negative_prompt_of_the_configuration_are_used(pipeline_folder, alone):
    config = settings(
        pipeline_folder,
        pipeline="StableDiffusionPipeline",
        scheduler={"class": "EulerDiscreteScheduler", "options": {"timestep_spacing": "trailing"}},
        negative_prompt="dull",
        unet={"model": str(pipeline_folder / "unet"), "file": "diffusion_pytorch_model.safetensors"},
    )
    generator = DiffusersGenerator(config, device="cpu")
    drawn = generator.draw(PROMPTS[:1], SEEDS[:1])
    scheduler = generator._pipelines[0].scheduler
    assert (type(scheduler).__name__, scheduler.config.timestep_spacing) == ("EulerDiscreteScheduler", "trailing")
    assert np.abs(pixels(drawn)[0] - pixels(alone)[0]).max() > 1


def test_the_same_unet_from_another_place_draws_the_same_picture(pipeline_folder, alone):
    generator = DiffusersGenerator(
        settings(pipeline_folder, unet={"model": str(pipeline_folder / "unet")}), device="cpu"
    )
    assert np.abs(pixels(generator.draw(PROMPTS[:1], SEEDS[:1]))[0] - pixels(alone)[0]).max() <= 1


def test_a_second_stage_draws_from_the_picture_of_the_first(pipeline_folder, alone):
    stage = {
        "model": str(pipeline_folder),
        "pipeline": "StableDiffusionImg2ImgPipeline",
        "call": {"strength": 0.9, "num_inference_steps": 2},
    }
    config = settings(pipeline_folder, stages=(stage,))
    generator = DiffusersGenerator(config, device="cpu")
    together, single = generator.draw(PROMPTS[:2], SEEDS[:2]), generator.draw(PROMPTS[1:2], SEEDS[1:2])
    assert np.abs(pixels(together)[1] - pixels(single)[0]).max() <= 1
    assert np.abs(pixels(together)[1] - pixels(alone)[1]).max() > 1


def test_what_the_filter_of_the_pipeline_hides_has_a_status(generator, alone, monkeypatch):
    pipeline = generator._pipelines[0]

    def flagged(**call):
        output = pipeline(**call)
        output["nsfw_content_detected"] = [False, True]
        return output

    monkeypatch.setattr(generator, "_pipelines", [flagged])
    first, second = generator.draw(PROMPTS[:2], SEEDS[:2])
    assert (first.status, second.status, second.picture) == ("ok", "nsfw", None)


def test_memory_that_runs_out_is_a_memory_error(pipeline_folder):
    import torch

    generator = DiffusersGenerator(settings(pipeline_folder), device="cpu")

    def full(**call):
        raise torch.OutOfMemoryError("CUDA out of memory")

    generator._pipelines = [full]
    with pytest.raises(MemoryError, match="out of memory"):
        generator.draw(PROMPTS[:2], SEEDS[:2])


def test_fewer_pictures_than_asked_are_given_on(pipeline_folder):
    generator = DiffusersGenerator(settings(pipeline_folder), device="cpu")
    generator._pipelines = [lambda **call: {"images": ["one"]}]
    assert generator.draw(PROMPTS[:2], SEEDS[:2]) == [DrawnPicture("one")]


@pytest.fixture
def hub_folders(pipeline_folder, tmp_path, monkeypatch):
    """Snapshots as the Hub's cache holds them, of a model and of its parts, under commits that may be moved."""
    import diffusers

    commits = {"me/tiny": "aaa", "me/unet": "bbb", "me/second": "ccc"}
    asked = []

    def snapshot(model, source):
        folder = tmp_path / model.replace("/", "--") / "snapshots" / commits[model]
        shutil.copytree(source, folder, dirs_exist_ok=True)
        return folder

    def download(model, revision=None, **options):
        asked.append((model, revision))
        return snapshot(model, pipeline_folder)

    def hf_hub_download(model, name, revision=None):
        asked.append((model, revision))
        return str(snapshot(model, pipeline_folder / "unet" if model == "me/unet" else pipeline_folder) / name)

    kind, load = diffusers.UNet2DConditionModel, diffusers.UNet2DConditionModel.from_pretrained

    def from_pretrained(model, revision=None, **options):
        if model != "me/unet":
            return load(model, **options)
        asked.append((model, revision))
        return load(snapshot(model, pipeline_folder / "unet"), **options)

    monkeypatch.setattr(kind, "from_pretrained", from_pretrained)
    monkeypatch.setattr(diffusers.DiffusionPipeline, "download", download)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", hf_hub_download)
    return commits, asked


@pytest.mark.parametrize("file", [None, "diffusion_pytorch_model.safetensors"], ids=["folder", "file"])
def test_the_commit_of_each_part_is_kept_and_a_moved_one_is_noticed(hub_folders, tmp_path, file):
    commits, asked = hub_folders
    stage = {"model": "me/second", "pipeline": "StableDiffusionImg2ImgPipeline", "revision": "v3"}
    stage["call"] = {"strength": 0.9, "num_inference_steps": 2}
    unet = {"model": "me/unet", "revision": "v2", **({} if file is None else {"file": file})}
    config = settings("me/tiny", unet=unet, stages=(stage,), steps=1)
    prompts = [PicturePrompt(name, name) for name in ("cat", "dog")]
    out = tmp_path / "out"
    generator = DiffusersGenerator(config, device="cpu")
    assert generate_pictures(prompts[:1], [generator], out).counts == {"tiny": {"ok": 1}}
    assert generator.describe().revision == "aaa me/unet@bbb me/second@ccc"
    assert ("me/unet", "v2") in asked
    assert ("me/second", "v3") in asked
    if file is None:  # the weights are those of the commit that is recorded
        assert ("me/unet", "bbb") in asked
    commits["me/unet"] = "ddd"
    with pytest.raises(ValueError, match="another revision"):
        generate_pictures(prompts, [DiffusersGenerator(config, device="cpu")], out)


def test_folders_are_kept_as_whole_paths(pipeline_folder, monkeypatch):
    monkeypatch.chdir(pipeline_folder.parent)
    name = pipeline_folder.name
    config = GeneratorConfig("tiny", model=name, unet={"model": f"{name}/unet"}, stages=({"model": name},))
    description = DiffusersGenerator(config, device="cpu").describe()
    whole = str(pipeline_folder.resolve())
    assert description.model == whole
    assert description.parameters["unet"] == {"model": f"{whole}/unet"}
    assert description.parameters["stages"] == [{"model": whole}]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"pipeline": "NoSuchPipeline"}, "has no NoSuchPipeline"),
        ({"scheduler": {"class": "NoSuchScheduler"}}, "has no NoSuchScheduler"),
        ({"unet": {"model": "nobody/nothing"}}, "nobody/nothing cannot be loaded"),
        ({"variant": "fp16"}, "cannot be loaded as a diffusers pipeline"),
    ],
    ids=["pipeline", "scheduler", "unet", "variant"],
)
def test_what_cannot_be_loaded_is_said(pipeline_folder, change, words):
    generator = DiffusersGenerator(settings(pipeline_folder, **change), device="cpu")
    with pytest.raises(GeneratorError, match=words):
        generator.draw(PROMPTS[:1], SEEDS[:1])


def test_a_model_of_the_hub_without_network_is_said(pipeline_folder):
    generator = DiffusersGenerator(GeneratorConfig("far", model="nobody/nothing"), device="cpu")
    with pytest.raises(GeneratorError, match="far: nobody/nothing cannot be loaded"):
        generator.draw(PROMPTS[:1], SEEDS[:1])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("---\nlicense: mit\n---\n", "mit"),
        ("---\nlicense: other\nlicense_name: our-own\n---\n", "our-own"),
        ("no head", None),
        ("---\n: [\n---\n", None),
        ("---\nlicense: [a, b]\n---\n", None),
    ],
    ids=["plain", "named", "no head", "broken", "list"],
)
def test_license_of_a_card(tmp_path, text, expected):
    (tmp_path / "README.md").write_text(text)
    assert read_license(tmp_path) == expected
    assert read_license(tmp_path / "nowhere") is None


def test_a_model_of_the_hub_is_fetched_once_and_its_commit_and_license_are_kept(pipeline_folder, tmp_path):
    stand_in = runpy.run_path(str(ROOT / "tests/hub/stand_in.py"))
    files = {
        path.relative_to(pipeline_folder).as_posix(): path for path in pipeline_folder.rglob("*") if path.is_file()
    }
    with stand_in["HubStandIn"]() as hub:
        repository = stand_in["Repository"](commit="c0ffee" + "0" * 34)
        repository.files = {name: path.read_bytes() for name, path in files.items()}
        repository.hashes = {
            name: hashlib.sha256(content).hexdigest()
            for name, content in repository.files.items()
            if name.endswith(".safetensors")
        }
        hub.repositories["models", "me/tiny"] = repository

        def draw(*names, offline):
            config = GeneratorConfig("tiny", model="me/tiny", steps=2, size=(32, 32))
            prompts = [PicturePrompt(name, name) for name in names]
            with hub.here(offline=offline, cache=tmp_path / "hub"):
                return generate_pictures(prompts, [DiffusersGenerator(config, device="cpu")], tmp_path / "out")

        online = draw("cat", offline=False)
        assert (online.counts, online.drawn) == ({"tiny": {"ok": 1}}, 1)
        n_requests = len(hub.requests)
        assert n_requests > 0
        offline = draw("cat", "dog", offline=True)
        assert (offline.counts, offline.drawn) == ({"tiny": {"ok": 2}}, 1)
        assert len(hub.requests) == n_requests
    rows = [json.loads(line) for line in (tmp_path / "out/manifest.jsonl").read_text().splitlines()]
    assert [(row["prompt_id"], row["revision"][:6], row["license"], row["model"]) for row in rows] == [
        ("cat", "c0ffee", "openrail++", "me/tiny"),
        ("dog", "c0ffee", "openrail++", "me/tiny"),
    ]


def test_code_that_comes_with_a_model_is_not_run_unasked(pipeline_folder, tmp_path):
    folder, trace = tmp_path / "hostile", tmp_path / "trace"
    shutil.copytree(pipeline_folder, folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": ["pipeline", "Ours"]}))
    (folder / "pipeline.py").write_text(
        f"open({str(trace)!r}, 'w').close()\nfrom diffusers import StableDiffusionPipeline\n"
        "class Ours(StableDiffusionPipeline):\n    pass\n"
    )
    with pytest.raises(GeneratorError, match="cannot be loaded"):
        DiffusersGenerator(settings(folder), device="cpu").draw(PROMPTS[:1], SEEDS[:1])
    assert not trace.exists()
    trusting = DiffusersGenerator(settings(folder), device="cpu", trust_remote_code=True)
    assert trusting.draw(PROMPTS[:1], SEEDS[:1])[0].status == "ok"
    assert trace.exists()
    trusting.close()
    assert trusting._pipelines == []
