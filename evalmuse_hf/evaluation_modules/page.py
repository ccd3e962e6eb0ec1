"""The page of a module's Space: one picture and its prompt, or two columns of numbers."""

import math
import os
from pathlib import Path
from typing import Any

import evaluate

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule
from evalmuse_hf.evaluation_modules.scoring_module import ScoringModule
from evalmuse_hf.optional import require


def build_page(module: str) -> Any:
    """Build the page.

    Args:
        module: A folder that holds the module's script, such as ``"."``, whatever its name (a Space is not called
            like its module); or what else `evaluate.load` takes.

    Returns:
        `gradio.Interface`.

    Raises:
        ImportError: If gradio is not installed.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # is read at import
    gradio = require("gradio", purpose="The page of a module", extra="spaces")
    loaded: EvaluationModule = evaluate.load(_find_script(module))
    texts = {"title": loaded.name, "description": loaded.description.partition("\n")[0], "flagging_mode": "never"}
    if not isinstance(loaded, ScoringModule):
        boxes = [gradio.Textbox(lines=8, label=f"{name}, one per line") for name in loaded.required_inputs]
        return gradio.Interface(
            lambda *columns: compare(loaded, *columns),
            boxes,
            gradio.JSON(label="result"),
            api_name="compare",
            **texts,
        )
    inputs = [
        gradio.Image(type="pil", label="picture"),
        gradio.Textbox(label="prompt", visible="prompts" in loaded.required_inputs),
        gradio.Textbox(lines=4, label="elements, one per line", visible="elements" in loaded.optional_inputs),
        gradio.Textbox(label="model: a folder or a Hub id; empty for the default, mini for drawings"),
    ]
    result = gradio.JSON(label="result")
    return gradio.Interface(lambda *values: score_one(loaded, *values), inputs, result, api_name="score", **texts)


def score_one(module: ScoringModule, picture: Any, prompt: str, elements: str, model: str) -> dict[str, Any]:
    """Score one picture as the page does.

    Args:
        module: The module.
        picture: PIL picture; None if none was chosen.
        prompt: Its prompt.
        elements: One per line.
        model: As in `evalmuse_hf.load_scorer`; empty for the default.

    Returns:
        ``score``, ``status`` and ``elements``, or ``problem`` in one sentence.
    """
    if picture is None:
        return {"problem": "There is no picture yet; choose one."}
    listed = _lines(elements)
    row: dict[str, Any] = {"images": [picture], "prompts": [prompt], "elements": [listed]}
    given = {name: value for name, value in row.items() if name in module.features}
    try:
        result: Any = module.compute(**given, model=model.strip() or None)
    except ValueError as error:
        return {"problem": str(error)}
    names = listed if len(listed) == len(result["element_scores"][0]) else range(len(result["element_scores"][0]))
    scores = {str(name): _known(score) for name, score in zip(names, result["element_scores"][0], strict=True)}
    return {"score": _known(result["scores"][0]), "status": result["statuses"][0], "elements": scores}


def compare(module: EvaluationModule, *columns: str) -> dict[str, Any]:
    """Compare columns of numbers as the page does.

    Args:
        module: The module.
        *columns: For each required input its numbers, one per line.

    Returns:
        What the module returns, nan as None, or ``problem`` in one sentence.
    """
    try:
        numbers = [[float(line) for line in _lines(column)] for column in columns]
        result: Any = module.compute(**dict(zip(module.required_inputs, numbers, strict=True)))
    except ValueError as error:
        return {"problem": str(error)}
    return {name: _known(value) for name, value in result.items()}


def _find_script(module: str) -> str:
    """Find the script beside the ``app.py`` of a folder; anything but a folder is returned as it is."""
    scripts = [path for path in Path(module).resolve().glob("*.py") if path.name != "app.py"]
    return str(scripts[0]) if len(scripts) == 1 else module


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
