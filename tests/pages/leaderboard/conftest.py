"""Records as the commands write them, made from a handful of rows."""

import json

import numpy as np
import pytest

from evalmuse_hf.pages.leaderboard.record_files import RecordFiles
from evalmuse_hf.pages.leaderboard.records import EXAMPLES, collect_records
from evalmuse_hf.ranking import rank_generators

MEANS = {"Old": 2.0, "New": 2.5, "Newest": 2.53}


def rows_to_rank():
    """Three generators on 40 prompts; colours are asked of all prompts, counts of the first eight."""
    rng = np.random.default_rng(0)
    for name, mean in MEANS.items():
        for prompt in range(40):
            color, count, noise = rng.uniform(0, 0.5, 3).tolist()
            elements = [{"text": "red", "category": "color", "score": mean / 8 + color, "status": "ok"}]
            if prompt < 8:
                elements.append({"text": "two", "category": "counting", "score": mean / 8 + count, "status": "ok"})
            yield {
                "generator": name,
                "prompt_id": str(prompt),
                "overall_score": mean + 4 * noise,
                "elements": elements,
            }


@pytest.fixture(scope="session")
def ranking():
    return rank_generators(list(rows_to_rank()), n_resamples=50)


@pytest.fixture
def rank_record(ranking):
    """A fresh record of `evalmuse rank --json`."""
    return json.loads(json.dumps(ranking.record()))


@pytest.fixture
def evaluate_record():
    """A fresh record of `evalmuse evaluate --json`: one of those that the package carries, without its mark."""
    record = json.loads((EXAMPLES / "scorer_fga_blip2.json").read_text("utf-8"))
    return {key: value for key, value in record.items() if key not in ("title", "description", "simulated")}


@pytest.fixture
def study_record():
    return json.loads((EXAMPLES / "study_metrics.json").read_text("utf-8"))


@pytest.fixture
def collect():
    """Read records, given as keys and JSON values or bytes."""

    def read(**files):
        contents = {
            f"{key}.json": value if isinstance(value, bytes) else json.dumps(value).encode()
            for key, value in files.items()
        }
        return collect_records(RecordFiles(contents), source="a test")

    return read
