"""Opens the multimodal chat model behind a scorer that asks questions."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.scoring.model_folder import ScorerError, first_line, read_model_type

_CHAT_OPTIONS = ("max_image_tokens", "trust_remote_code")


def open_question_scorer(
    name: str,
    folder: Path,
    *,
    label: str,
    device: str,
    batch_size: int | None,
    options: Mapping[str, Any],
) -> Scorer:
    """Open a scorer that asks questions.

    Args:
        name: A key of `evalmuse_hf.models.vqa.question_scorer.METHODS`.
        folder: Of a model that ``AutoModelForImageTextToText`` loads.
        label: How records call the model.
        device: Where to run.
        batch_size: Questions per pass; None takes the default of `ChatModel`.
        options: Of the method, and ``max_image_tokens`` and ``trust_remote_code``.

    Raises:
        ScorerError: If an option is unknown or outside its range, or the folder holds no such model.
    """
    from evalmuse_hf.models.vqa.chat import ChatModel
    from evalmuse_hf.models.vqa.question_scorer import METHODS, QuestionScorer

    known = [*inspect.signature(METHODS[name]).parameters, *_CHAT_OPTIONS]
    unknown = next((option for option in options if option not in known), None)
    if unknown is not None:
        raise ScorerError(f"Scorer {name!r} has no option {unknown!r}; it has {', '.join(known)}.")
    chat_options = {} if batch_size is None else {"batch_size": batch_size}
    if "max_image_tokens" in options:
        chat_options["max_image_tokens"] = options["max_image_tokens"]
    try:
        method = METHODS[name](**{key: value for key, value in options.items() if key not in _CHAT_OPTIONS})
        model, processor = _load(folder, trust_remote_code=bool(options.get("trust_remote_code")))
        chat = ChatModel(model, processor, device=device, **chat_options)
    except ValueError as error:
        raise ScorerError(str(error)) from error
    return QuestionScorer(chat, method, name=f"{name}:{label}")


def _load(folder: Path, *, trust_remote_code: bool) -> tuple[Any, Any]:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from evalmuse_hf.models.whole_weights import IncompleteWeightsError, load_whole

    kind = _model_type(folder)
    try:
        processor = AutoProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            folder, trust_remote_code=trust_remote_code
        )
        model = load_whole(AutoModelForImageTextToText, folder, dtype="auto", trust_remote_code=trust_remote_code)
    except IncompleteWeightsError as error:
        raise ScorerError(str(error)) from None
    except Exception as error:  # a damaged folder makes the loaders raise anything
        raise ScorerError(
            f"The folder {folder} holds a model of type {kind!r} that cannot be asked about pictures: "
            f"{first_line(error)}"
        ) from error
    return model, processor


def _model_type(folder: Path) -> str:
    """What a model folder says that it holds.

    Raises:
        ScorerError: If it is no model folder, or an FGA-BLIP2, which answers no questions.
    """
    kind = read_model_type(folder, wanted="a multimodal chat model")
    if kind == "fga_blip2":
        raise ScorerError(f"{folder} holds an FGA-BLIP2, which answers no questions; give a multimodal chat model.")
    return str(kind)
