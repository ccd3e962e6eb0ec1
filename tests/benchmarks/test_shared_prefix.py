import runpy
from pathlib import Path

import torch

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "shared_prefix.py"))


def test_both_ways_answer_the_same_and_the_bars_are_judged(capsys):
    BENCHMARK["print_speed"](3, layers=1, width=64, rounds=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 questions of 8 to 24 tokens, picture of 300 tokens,"
    assert " questions per second)" in lines[3]
    assert any(line.startswith("faster ") and "met)" in line for line in lines)
    assert float(lines[-1].split()[-1]) < 1e-4


def test_the_comparison_keeps_questions_apart():
    model, prefix = BENCHMARK["build"](layers=1, width=64)
    questions = BENCHMARK["draw_questions"](10)  # more than one batch
    together = BENCHMARK["ask_plainly"](model, prefix, questions)
    alone = torch.cat([BENCHMARK["ask_plainly"](model, prefix, [question]) for question in questions])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


def test_a_known_shape_is_made_on_its_device():
    """On "meta" no memory is taken, and every parameter would raise if it had been made elsewhere."""
    for size, millions in (("2b", (1800, 2200)), ("7b", (7000, 7900))):
        with torch.device("meta"):
            model, prefix = BENCHMARK["build"](layers=1, width=64, size=size, device="meta", dtype="bfloat16")
        parameters = list(model.parameters())
        assert {(parameter.device.type, parameter.dtype) for parameter in parameters} == {("meta", torch.bfloat16)}
        assert millions[0] < sum(parameter.numel() for parameter in parameters) / 1e6 < millions[1]
        assert prefix["pixel_values"].dtype == torch.bfloat16
    assert torch.get_default_dtype() == torch.float32


def test_the_picture_has_the_tokens_that_the_bar_names():
    model, prefix = BENCHMARK["build"](layers=1, width=64)
    assert int((prefix["input_ids"] == BENCHMARK["IMAGE_TOKEN"]).sum()) == BENCHMARK["IMAGE_TOKENS"] == 300
    model(**prefix)  # which refuses another number of tokens than the tower gives


def test_the_largest_size_is_that_of_a_process(capsys):
    BENCHMARK["ask_once"](1, layers=1, width=64)
    assert int(capsys.readouterr().out) > 50_000
