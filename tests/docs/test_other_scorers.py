import re
from pathlib import Path

from PIL import Image

from evalmuse_hf.scoring.foreign import CheckedScorer

PAGE = (Path(__file__).parents[2] / "docs" / "other_scorers.md").read_text("utf-8")
FILE, CLASS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_example_of_a_file_prints_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(FILE, {})
    assert f"prints `{capsys.readouterr().out.strip()}`" in PAGE


def test_the_example_of_a_class_is_a_scorer():
    names = {}
    exec(CLASS, names)
    scorer = CheckedScorer(names["open_brightness"](model=None, device=None, batch_size=None), name="brightness")
    (score,) = scorer.score(images=[Image.new("RGB", (4, 4), "white")], prompts=["a cat"])
    assert (score.overall, score.status) == (255.0, "ok")
