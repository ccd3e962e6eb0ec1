"""The page of a module's Space: one picture and its prompt, or two columns of numbers."""

import logging
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import evaluate

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule
from evalmuse_hf.evaluation_modules.scoring_module import ScoringModule
from evalmuse_hf.pages.frame import block_options, name_examples, prepare_gradio, start_page
from evalmuse_hf.pages.guard import guard_queue
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.loading import split_names
from evalmuse_hf.pages.scorers import PageError
from evalmuse_hf.pages.uploads import open_upload
from evalmuse_hf.scoring.serving import wait_for_end

logger = logging.getLogger(__name__)

MODELS_VARIABLE = "EVALMUSE_MODELS"
"""Names the models that visitors may choose beside the default one, with blanks or commas between them."""

_DEFAULT_MODELS = ("mini",)


def build_page(module: str, *, environ: Mapping[str, str] = os.environ) -> Any:
    """Build the page.

    Args:
        module: A folder that holds the module's script, such as ``"."``, whatever its name (a Space is not called
            like its module); or what else `evaluate.load` takes.
        environ: Variables of the environment: `MODELS_VARIABLE`, and those of `PageLimits.from_environment`.

    Returns:
        `gradio.Blocks`, to be started with `evalmuse_hf.pages.frame.start_page`.

    Raises:
        ImportError: If gradio is not installed.
        LimitsError: If a limit cannot be read.
    """
    gradio = prepare_gradio()
    limits = PageLimits.from_environment(environ)
    loaded: EvaluationModule = evaluate.load(_find_script(module))
    with gradio.Blocks(**block_options(loaded.name, keep_uploads_s=limits.keep_uploads_s)) as app:
        gradio.Markdown(f"# {loaded.name}\n{loaded.description.partition(chr(10))[0]}")
        if isinstance(loaded, ScoringModule):
            _add_scoring(
                gradio, loaded, ("", *(split_names(environ.get(MODELS_VARIABLE, "")) or _DEFAULT_MODELS)), limits
            )
        else:
            boxes = [gradio.Textbox(lines=8, label=f"{name}, one per line") for name in loaded.required_inputs]
            gradio.Button("Compare", variant="primary").click(
                lambda *columns: compare(loaded, *columns), boxes, gradio.JSON(label="result"), api_name="compare"
            )
    app.queue(max_size=limits.max_waiting, default_concurrency_limit=1, api_open=False)
    guard_queue(app, limits=limits)
    app.page_limits = limits
    return app


def run_page(module: str) -> None:
    """Build the page, answer until Ctrl-C or the end of the Space, and give the port back.

    Args:
        module: As in `build_page`.
    """
    app = build_page(module)
    start_page(app)
    wait_for_end(app)


def score_one(
    module: ScoringModule,
    picture: Any,
    prompt: Any,
    elements: Any,
    model: Any,
    *,
    models: Sequence[str],
    limits: PageLimits,
) -> dict[str, Any]:
    """Score one picture as the page does.

    Args:
        module: The module.
        picture: As `evalmuse_hf.pages.uploads.open_upload` takes it; None if none was chosen.
        prompt: Its prompt.
        elements: One per line.
        model: One of ``models``; empty for the module's default.
        models: What visitors may choose. No other is looked for, neither on the server nor on the Hub.
        limits: What a request may hold.

    Returns:
        ``score``, ``status`` and ``elements``, or ``problem`` in one sentence.
    """
    try:
        given = _read_request(picture, prompt, elements, model, models, limits)
        row = {name: value for name, value in given.items() if name in module.features}
        result: Any = module.compute(**row, model=(model or "").strip() or None)
    except ValueError as error:
        return {"problem": str(error)}
    except Exception as error:  # whatever a model does on a strange picture: the page goes on
        logger.exception("A picture could not be scored.")
        return {"problem": f"The module failed ({type(error).__name__}); the log of the server has more."}
    listed = given["elements"][0]
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


def _add_scoring(gradio: Any, module: ScoringModule, models: Sequence[str], limits: PageLimits) -> None:
    choices = [
        ("default", ""),
        *((f"{name} (judges drawings)" if name == "mini" else name, name) for name in models[1:]),
    ]
    inputs = [
        name_examples(gradio.Image(type="filepath", label="picture", sources=["upload", "clipboard"]), "picture.png"),
        gradio.Textbox(label="prompt", visible="prompts" in module.required_inputs),
        gradio.Textbox(lines=4, label="elements, one per line", visible="elements" in module.optional_inputs),
        gradio.Dropdown(choices, value="", label="model"),
    ]
    gradio.Button("Score", variant="primary").click(
        lambda *values: score_one(module, *values, models=models, limits=limits),
        inputs,
        gradio.JSON(label="result"),
        api_name="score",
        preprocess=False,  # Gradio would decode the picture, without limits
    )


def _read_request(
    picture: Any, prompt: Any, elements: Any, model: Any, models: Sequence[str], limits: PageLimits
) -> dict[str, list[Any]]:
    """One row of inputs.

    Raises:
        PageError: If something is not as the page takes it.
    """
    texts = {"prompt": prompt, "elements": elements, "model": model}
    for name, text in texts.items():
        if text is not None and not isinstance(text, str):
            raise PageError(f"The {name} must be a text.")
    if (model or "").strip() not in models:
        known = ", ".join(repr(name) for name in models[1:])
        raise PageError(
            f"This page has no model {model[:80]!r}; leave it empty for the default, or name one of {known}. Who runs "
            f"the page adds others with {MODELS_VARIABLE}."
        )
    if len(prompt or "") > limits.max_prompt_length:
        raise PageError(f"The prompt is longer than {limits.max_prompt_length:,} characters.")
    listed = _lines(elements or "")
    if len(listed) > limits.max_elements:
        raise PageError(f"There are {len(listed):,} elements; {limits.max_elements} are allowed.")
    if any(len(element) > limits.max_element_length for element in listed):
        raise PageError(f"An element is longer than {limits.max_element_length} characters.")
    image = open_upload(picture, limits=limits)
    return {"images": [image], "prompts": [prompt or ""], "elements": [listed]}


def _find_script(module: str) -> str:
    """Find the script beside the ``app.py`` of a folder; anything but a folder is returned as it is."""
    scripts = [path for path in Path(module).resolve().glob("*.py") if path.name != "app.py"]
    return str(scripts[0]) if len(scripts) == 1 else module


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
