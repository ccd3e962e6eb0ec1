import pytest

from evalmuse_hf.images.generator_configs import (
    GeneratorConfig,
    config_rows,
    config_table,
    find_config,
    load_configs,
)
from evalmuse_hf.images.picture_generators import GeneratorError

# The folders of the release, and the two models that appear in the paper's ranking only.
OPEN = (
    *("SD_v1.2", "SD_v1.5", "SD_v2.1", "SDXL", "SSD1B", "PixArt-alpha", "PixArt-Sigma", "IF", "Kandinsky3"),
    *("Playground_v2.5", "SDXL-Turbo", "SDXL-Lightning", "LCM-SDXL", "LCM-SSD1B", "LCM-PixArt", "SD3", "HunyuanDiT"),
    "Kolors",
)
CLOSED = ("Midjourney_v6.1", "Dreamina_v2.0Pro", "DALLE_3", "FLUX_1.1")


@pytest.fixture
def configs():
    return load_configs()


def test_every_model_of_the_paper_has_a_configuration(configs):
    assert sorted(configs) == sorted([*OPEN, *CLOSED])
    assert [name for name in OPEN if configs[name].kind != "diffusers"] == []
    assert [name for name in CLOSED if configs[name].kind != "import"] == []


def test_open_models_say_what_to_load(configs):
    for name in OPEN:
        config = configs[name]
        assert config.model.count("/") == 1
        assert config.size in ((512, 512), (1024, 1024))
        assert config.dtype == "float16"


def test_classes_that_configurations_name_exist_in_diffusers(configs):
    diffusers = pytest.importorskip("diffusers")
    names = [config.pipeline for config in configs.values()]
    names += [stage.get("pipeline") for config in configs.values() for stage in config.stages]
    names += [config.scheduler["class"] for config in configs.values() if config.scheduler]
    asked = {name for name in names if name}
    assert asked == {"StableDiffusionUpscalePipeline", "EulerDiscreteScheduler", "LCMScheduler"}
    assert all(getattr(diffusers, name) for name in asked)


def test_a_file_changes_only_what_it_mentions_and_adds_others(tmp_path, configs):
    path = tmp_path / "own.yaml"
    path.write_text("SDXL: {steps: 10}\nours: {model: us/ours, guidance: 3, size: [64, 32]}\n")
    found = load_configs(path)
    assert (found["SDXL"].steps, found["SDXL"].guidance) == (10, configs["SDXL"].guidance)
    assert found["ours"] == GeneratorConfig("ours", model="us/ours", guidance=3.0, size=(64, 32))


@pytest.mark.parametrize(
    "text, words",
    [
        ("a: {model: x, stepz: 3}", "has no setting 'stepz'"),
        ("a: {model: x, steps: many}", "steps of a .* is 'many', expected int"),
        ("a: {model: x, steps: true}", "is True, expected int"),
        ("a: {model: x, size: [0, 4]}", r"is \[0, 4\], expected \[width, height\]"),
        ("a: {model: x, dtype: int8}", "dtype of a"),
        ("a: {model: x, kind: magic}", "kind of a"),
        ("a: {steps: 3}", "names no model"),
        ("a: 3", "must map names"),
        ("- a", "must map names"),
        (": [", "is no YAML"),
        ("a: {model: x, stages: [x]}", "an entry of stages of a .* is 'x', expected a mapping with model"),
        ("a: {model: x, stages: [{pipeline: y}]}", "expected a mapping with model"),
        ("a: {model: x, stages: [{model: y, steps: 2}]}", "stages of a .* has no setting 'steps'; there are model,"),
        ("a: {model: x, stages: [{model: y, call: 3}]}", "call in stages of a .* is '3', expected dict"),
        ("a: {model: x, scheduler: {a: b}}", "scheduler of a .* expected a mapping with class"),
        ("a: {model: x, scheduler: {class: C, options: 3}}", "options in scheduler"),
        ("a: {model: x, unet: {file: y}}", "unet of a .* expected a mapping with model"),
        ("a: {model: x, steps: -3}", "steps of a .* is -3, expected at least 1"),
        ("a: {model: x, batch_size: 0}", "batch_size of a .* is 0"),
        ("a: {model: x, guidance: .nan}", "guidance of a .* is nan"),
        ("a: {kind: endpoint, model: x, timeout: 0}", "timeout of a .* is 0"),
        ("a: {model: x, call: {day: 2026-01-02}}", "holds what JSON does not know"),
        ("a: {model: x, call: {1: y}}", "holds what JSON does not know"),
        ("a: {kind: mini, model: Drawer_v1, steps: 3}", "is of kind mini, which has no steps"),
        ("a: {kind: mini, model: Drawer_v1, size: [8, 8]}", "is of kind mini, which has no size"),
        ("a: {kind: endpoint, model: x, dtype: float16}", "is of kind endpoint, which has no dtype"),
        ("a: {model: x, token_env: KEY}", "is of kind diffusers, which has no token_env"),
        ('a: {kind: endpoint, model: "https://u:p@host/"}', "server host holds a user"),
    ],
    ids=[
        *("key", "type", "bool", "size", "dtype", "kind", "model", "scalar", "list", "broken", "stage", "no model"),
        *("stage setting", "stage call", "scheduler", "options", "unet", "steps", "batch size", "guidance", "timeout"),
        *("date", "call", "mini steps", "mini size", "endpoint dtype", "token", "user"),
    ],
)
def test_a_wrong_file_is_said(tmp_path, text, words):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(GeneratorError, match=words):
        load_configs(tmp_path / "own.yaml")


def test_a_packaged_name_of_another_kind_starts_anew(tmp_path):
    (tmp_path / "own.yaml").write_text("SDXL: {kind: endpoint, model: us/sdxl}\n")
    assert load_configs(tmp_path / "own.yaml")["SDXL"] == GeneratorConfig("SDXL", kind="endpoint", model="us/sdxl")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(GeneratorError, match="no file of configurations"):
        load_configs(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "spec, expected",
    [
        ("SDXL", ("SDXL", "diffusers", "stabilityai/stable-diffusion-xl-base-1.0", None, None)),
        ("big=SDXL", ("big", "diffusers", "stabilityai/stable-diffusion-xl-base-1.0", None, None)),
        ("mini:Drawer_v1", ("Drawer_v1", "mini", "Drawer_v1", None, None)),
        ("hub:us/ours@v2", ("ours", "diffusers", "us/ours", "v2", None)),
        ("endpoint:us/ours@fal-ai", ("ours", "endpoint", "us/ours", None, "fal-ai")),
        ("http://127.0.0.1:8000/a", ("127.0.0.1", "endpoint", "http://127.0.0.1:8000/a", None, None)),
        ("me=https://x.org/y", ("me", "endpoint", "https://x.org/y", None, None)),
    ],
    ids=["name", "renamed", "mini", "hub", "provider", "address", "renamed address"],
)
def test_find_config(configs, spec, expected):
    found = find_config(spec, configs)
    assert (found.name, found.kind, found.model, found.revision, found.provider) == expected


@pytest.mark.parametrize(
    "spec, words",
    [
        ("https://me:secret@host/x", "host holds a user, a query or a fragment, .* token_env"),
        ("new=https://host/x?key=secret", "host holds a user, a query"),
        ("https://[x", "cannot be read"),
        ("endpoint:https://me:secret@host", "^endpoint: takes ORG/MODEL; [^@]*$"),
    ],
    ids=["user", "query", "broken", "as a Hub id"],
)
def test_an_address_with_more_than_a_place_is_refused(configs, spec, words):
    with pytest.raises(GeneratorError, match=words):
        find_config(spec, configs)


def test_a_folder_of_a_pipeline_is_found_by_its_index(tmp_path, configs, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(GeneratorError, match="There is no generator"):
        find_config(str(folder), configs)
    (folder / "model_index.json").write_text("{}")
    assert find_config(str(folder), configs).name == "mine"
    assert find_config(f"x={folder}", configs).name == "x"
    monkeypatch.chdir(tmp_path)
    assert find_config("mine", configs).model == str(folder.resolve())


@pytest.mark.parametrize("name", CLOSED)
def test_closed_models_point_to_the_import(configs, name):
    with pytest.raises(GeneratorError, match=f"images import FOLDER --generator {name}"):
        find_config(name, configs)


def test_the_table_marks_what_was_not_run(configs):
    head, *rows = config_rows(configs)
    assert head[-2:] == ("run here", "note")
    assert {row[-2] for row in rows} == {"no", "import only"}
    (note,) = [row[-1] for row in rows if row[0] == "SD_v2.1"]
    assert "took them off the Hub" in note
    assert len(config_table(configs).splitlines()) == len(rows) + 2
