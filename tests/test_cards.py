"""Every card that this project carries or writes, read by the Hub's own classes; their `validate` needs the Hub."""

import ast
import importlib.util
import re
from pathlib import Path

import evaluate
import pytest
from huggingface_hub import DatasetCard, ModelCard, RepoCard, SpaceCard

from evalmuse_hf.data import BuildReport, SplitReport
from evalmuse_hf.data.card import ConfigCard, write_card
from evalmuse_hf.evaluation_modules import scoring_module
from evalmuse_hf.meta_evaluation.published import published_table
from evalmuse_hf.models.converted_card import RELEASED, render_converted_card
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.stats import ConfidenceInterval, StatisticResult
from evalmuse_hf.training.options import parse_options
from evalmuse_hf.training.run_card import RunSummary, render_card

ROOT = Path(__file__).parents[1]
METRICS = sorted(path.parent for path in ROOT.glob("metrics/*/README.md"))
SPACES = sorted(path.parent for path in ROOT.glob("spaces/*/app.py"))
CHECKPOINTS = sorted(path.parent for path in ROOT.glob("evalmuse_hf/mini/checkpoints/*/config.json"))

# What the Hub's pages on cards name.
COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
LICENSES = {"apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0", "other"}
PIPELINES = {"image-text-to-text", "zero-shot-image-classification"}
TASKS = {"text-to-image"}
METRIC_SECTIONS = ["Example", "Inputs", "Outputs", "Values from", "Limitations", "Citation"]
MAX_SHORT_DESCRIPTION = 60


def check_space(folder):
    """Check the card of a Space and return it."""
    card = SpaceCard.load(folder / "README.md")
    data = card.data
    assert data.title
    assert data.emoji
    assert {data.colorFrom, data.colorTo} <= COLORS
    assert data.sdk == "gradio"
    assert f"gradio=={data.sdk_version}\n" in (ROOT / "constraints.txt").read_text("utf-8")
    assert (folder / data.app_file).is_file()
    assert (folder / "requirements.txt").is_file()
    assert 10 < len(data.short_description) <= MAX_SHORT_DESCRIPTION
    assert data.license == "apache-2.0"
    assert re.match(r"\s*# \S", card.text)
    return card


def check_model(text):
    """Check the card of a model and return it; figures of its index must stand in its text."""
    card = ModelCard(text)
    data = card.data
    assert data.license in LICENSES
    assert data.get("library_name") in {"transformers", "peft"}
    assert data.pipeline_tag in PIPELINES
    assert data.language == "en"
    assert "image-text-alignment" in data.tags
    assert re.search(r"^# \S", card.text, re.MULTILINE)
    for result in data.eval_results or []:
        assert result.task_type == "image-text-to-text"
        assert result.dataset_name
        (row,) = [
            line
            for line in card.text.splitlines()
            if line.startswith("|") and _says(line, result.metric_name, result.dataset_name)
        ]
        assert _has_number(row, result.metric_value), f"{result.metric_name}: {result.metric_value} is not in {row!r}"
    return card


def _says(line, figure, dataset):
    """Whether a row of a table is that of a figure, which may be named by its words or by data set and figure."""
    cells = [cell.strip(" -") for cell in line.strip("|").split("|")]
    return cells[0] == figure or cells[:2] == [dataset, figure.partition(" (")[0]]


def _has_number(row, value):
    numbers = [float(number) for number in re.findall(r"(?<![\w.])\d?\.\d+", row)]
    return any(abs(number - value) < 0.0006 for number in numbers)


@pytest.mark.parametrize("folder", SPACES, ids=lambda folder: folder.name)
def test_a_space_has_what_the_hub_asks_for(folder):
    check_space(folder)


@pytest.mark.parametrize("folder", METRICS, ids=lambda folder: folder.name)
def test_a_metric_is_a_space_that_the_hub_lists_as_a_metric(folder):
    card = check_space(folder)
    assert {"evaluate", "metric"} <= set(card.data.tags)
    assert len(card.data.description) > 30


@pytest.mark.parametrize("folder", METRICS, ids=lambda folder: folder.name)
def test_the_card_of_a_metric_has_the_same_sections_in_the_same_order(folder):
    text = RepoCard.load(folder / "README.md").text
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert len(headings) == len(METRIC_SECTIONS)
    assert all(heading.startswith(begin) for heading, begin in zip(headings, METRIC_SECTIONS, strict=True)), headings
    description, *sections = re.split(r"^## .*\n", text, flags=re.MULTILINE)
    assert len(description) > 60
    assert all(len(section.split()) > 8 for section in sections)
    outputs = sections[METRIC_SECTIONS.index("Outputs")]
    assert "| key | range | direction |" in outputs
    assert re.search(r"\d to \d|\d to 1|unbounded|0 up", outputs), "no range"
    assert "@" in sections[-1]


@pytest.mark.parametrize("folder", METRICS, ids=lambda folder: folder.name)
def test_the_example_on_the_card_of_a_metric_runs(folder, monkeypatch):
    """With a scorer that knows nothing: what is tested is the example and the module behind it."""

    class Half:
        name = "half"

        def score(self, *, images, prompts, elements=None):
            return [PairScore(0.5, (ElementScore("red", None, 0.5, "ok"),) * 3) for _ in images]

    spec = importlib.util.spec_from_file_location(f"on_the_card_{folder.name}", folder / f"{folder.name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (kind,) = [value for value in vars(module).values() if isinstance(value, type)]
    monkeypatch.setattr(scoring_module, "load_scorer", lambda *_, **__: Half())
    monkeypatch.setattr(evaluate, "load", lambda name: kind() if name == folder.name else None)
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    names = {"__name__": "example"}
    exec(compile(code, str(folder / "README.md"), "exec"), names)
    last = ast.parse(code).body[-1]
    assert eval(ast.unparse(last.value), names)


@pytest.mark.parametrize("folder", CHECKPOINTS, ids=lambda folder: folder.name)
def test_a_packaged_model_has_a_card_whose_figures_are_those_of_its_text(folder):
    card = check_model((folder / "README.md").read_text("utf-8"))
    assert card.data.license == "apache-2.0"
    assert card.data.model_name == folder.name
    assert len(card.data.eval_results) >= 5
    assert "not photographs" in card.text


def test_a_figure_that_is_not_that_of_the_text_is_found():
    text = (CHECKPOINTS[0] / "README.md").read_text("utf-8")
    assert "value: 0.820" in text
    with pytest.raises(AssertionError, match=r"0\.83 is not in"):
        check_model(text.replace("value: 0.820", "value: 0.830"))


@pytest.mark.parametrize("scorer", sorted(RELEASED))
def test_an_official_conversion_names_its_source_and_quotes_the_published_figures(scorer):
    model = RELEASED[scorer]
    card = check_model(render_converted_card(model, name="mine", source="`a.pth` (5 bytes)", is_official=True))
    assert (card.data.base_model, card.data.license) == (model.hub_id, model.license)
    assert "`a.pth` (5 bytes)" in card.text
    table = published_table("alignment")
    method = {"fga_blip2": "FGA-BLIP2 (os)", "hps_v2": "HPSv2", "image_reward": "ImageReward"}[scorer]
    (row,) = [row for row in table.rows if row.method == method]
    printed = {
        column.name.replace("TIFA ", "TIFA160 ").replace("RichHF ", "RichHF-18K "): float(value)
        for column, value in zip(table.columns, row.values, strict=True)
    }
    for result in card.data.eval_results:
        figure = result.metric_name.partition(" (")[0]
        assert printed[f"{result.dataset_name} {figure}"] == result.metric_value
        assert result.source_url


@pytest.mark.parametrize("scorer", sorted(RELEASED))
def test_a_conversion_of_another_size_claims_nothing(scorer):
    text = render_converted_card(RELEASED[scorer], name="mine", source="`a.pth`", is_official=False)
    card = check_model(text)
    assert (card.data.license, card.data.base_model, card.data.eval_results) == ("other", None, None)
    assert "Published figures" not in card.text


def test_the_card_of_a_training_run_passes_the_same_checks(tmp_path):
    words = ["--model_name_or_path", "owner/model", "--dataset_name", "owner/data", "--output_dir", str(tmp_path)]
    interval = ConfidenceInterval(0.5, 0.9)
    summary = RunSummary(
        n_train=45,
        n_train_prompts=9,
        n_validation=5,
        n_validation_prompts=2,
        n_steps=18,
        chosen_step=None,
        effective_sample_size=40.5,
        options={"learning_rate": 1e-4, "pairs_per_step": 8},
        figures={"srcc": StatisticResult(0.7512, interval, n=5, n_dropped=0, n_groups=2)},
    )
    run = parse_options([*words, "--use_cpu", "True"])
    card = check_model(render_card(run, summary, title="mine"))
    assert (card.data.base_model, card.data.datasets) == ("owner/model", ["owner/data"])
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value, result.dataset_type) == ("srcc", 0.7512, "owner/data")


def test_the_card_of_a_built_data_set_has_what_the_hub_asks_for():
    pairs = ConfigCard(
        name="pairs",
        columns="pairs",
        data_files={"train": "data/train-*.parquet"},
        rows={"train": 30},
        table_bytes={"train": 1000},
        file_bytes=900,
    )
    split = SplitReport(n_records=30, n_pairs=30, n_rated=7, n_prompts=3)
    report = BuildReport(out=None, splits={"train": split})
    data = DatasetCard(write_card(configs=[pairs], report=report, name="mine")).data
    assert data.license in LICENSES
    assert set(data.task_categories) <= TASKS
    assert data.size_categories == ["n<1K"]
    assert data.pretty_name == "mine"
    assert [config["config_name"] for config in data.configs] == ["pairs"]
    (info,) = data.dataset_info
    assert info["splits"] == [{"name": "train", "num_bytes": 1000, "num_examples": 30}]
    assert {"image", "prompt", "overall_score", "elements"} <= {feature["name"] for feature in info["features"]}


def test_the_template_of_the_hub_data_set_has_what_a_build_does_not_fill():
    card = DatasetCard.load(ROOT / "dataset_builder" / "README.md")
    assert card.data.license == "bsd-3-clause"  # that of the authors' data set card
    assert card.data.language == ["en"]
    assert set(card.data.task_categories) <= TASKS
    assert card.data.pretty_name
    assert "```bibtex" in card.text
