import math

import pytest
import yaml

from evalmuse_hf.stats import ConfidenceInterval, StatisticResult
from evalmuse_hf.training.options import parse_options
from evalmuse_hf.training.run_card import RunSummary, render_card


@pytest.fixture
def make_card(tmp_path):
    def make(*words, figures=None, chosen_step=6, noise_warning=None):
        required = ["--model_name_or_path", "mini", "--dataset_name", str(tmp_path / "secret" / "ratings.csv")]
        run = parse_options([*required, "--output_dir", str(tmp_path / "out"), "--use_cpu", "True", *words])
        summary = RunSummary(
            n_train=45,
            n_train_prompts=9,
            n_validation=5 if figures else 0,
            n_validation_prompts=2 if figures else 0,
            n_steps=18,
            chosen_step=chosen_step,
            effective_sample_size=40.5,
            options={"learning_rate": 1e-4, "pairs_per_step": 8, "optim_args": None},
            figures=figures or {},
            noise_warning=noise_warning,
        )
        card = render_card(run, summary, title="mine")
        _, front, page = card.split("---\n", 2)
        return yaml.safe_load(front), page

    return make


@pytest.fixture
def figures():
    return {
        "srcc": StatisticResult(0.75, ConfidenceInterval(0.5, 0.875), n=5, n_dropped=0, n_groups=2),
        "element_accuracy": StatisticResult(math.nan, None, n=0, n_dropped=0, status="no rows"),
    }


def test_figures_stand_in_page_and_metadata_with_their_intervals(make_card, figures):
    front, page = make_card(figures=figures)
    assert "| SRCC with the mean rating | 0.750 [0.500, 0.875] | 5 |" in page
    assert "| element accuracy | undefined: no rows | 0 |" in page
    assert "that of step 6 was kept because it did best on these very pairs" in page
    ((result,),) = [model["results"] for model in front["model-index"]]
    assert result["metrics"] == [{"type": "srcc", "name": "SRCC with the mean rating", "value": 0.75}]


def test_data_options_and_start_are_named_without_paths_of_this_machine(make_card, figures):
    front, page = make_card(figures=figures)
    assert "From `mini` on 45 rated pairs of 9 prompts of `ratings.csv`, 18 steps of 8 pairs" in page
    assert "| `learning_rate` | 0.0001 |" in page
    assert "optim_args" not in page
    assert "secret" not in page + yaml.safe_dump(front)
    assert "base_model" not in front


@pytest.mark.parametrize(
    "words, expected",
    [
        ((), "apache-2.0"),
        (("--model_license", "cc-by-4.0"), "cc-by-4.0"),
        (("--model_name_or_path", "owner/model"), "other"),
    ],
    ids=["packaged", "given", "unknown"],
)
def test_the_license_is_that_of_the_start_or_the_given_one(make_card, words, expected):
    assert make_card(*words)[0]["license"] == expected


def test_repositories_of_the_hub_are_linked(make_card, figures):
    words = ("--model_name_or_path", "owner/model", "--dataset_name", "owner/data", "--lora_rank", "4")
    front, _ = make_card(*words, figures=figures)
    assert (front["base_model"], front["datasets"], front["library_name"]) == ("owner/model", ["owner/data"], "peft")
    assert front["model-index"][0]["results"][0]["dataset"]["type"] == "owner/data"


def test_a_run_that_measured_nothing_says_so(make_card):
    front, page = make_card()
    assert "Nothing was measured: all pairs were trained on." in page
    assert "model-index" not in front


def test_what_may_be_wrong_with_the_noise_estimate_is_on_the_card(make_card):
    _, page = make_card(noise_warning="The first three ratings may not be the first round.")
    assert "\nThe first three ratings may not be the first round.\n" in page
