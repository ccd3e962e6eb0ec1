"""One name for every chat model: on the Hub, behind a URL, or in a local file."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf.llm.chat import ChatError, ChatMessage, ChatModel, ChatReply, drawn_name

HUB_PREFIX = "hub:"
_URL_PREFIXES = ("http://", "https://")


def load_chat_model(
    spec: str, *, api_key: str | None = None, timeout: float = 60.0, temperature: float = 0.0
) -> ChatModel:
    """Open a chat model.

    Args:
        spec: ``hub:OWNER/MODEL`` or ``hub:OWNER/MODEL@PROVIDER`` for a model that a provider of the Hub serves; the
            URL of an OpenAI-compatible server, with the model after a ``#`` (``http://127.0.0.1:8000/v1#MODEL``); a
            folder of transformers; or a ``.gguf`` file.
        api_key: Key of the provider or server. None takes ``HF_TOKEN`` for the Hub and ``OPENAI_API_KEY`` for a URL
            from the environment; a server without keys needs none.
        timeout: Seconds for one answer of a server.
        temperature: 0 for the likeliest answer, more to draw it.

    Raises:
        ValueError: If the name is none of these, or a key is missing or none.
    """
    _check_temperature(temperature)
    if spec.startswith(HUB_PREFIX):
        from evalmuse_hf.llm.inference_model import InferenceModel

        model, provider = _hub_parts(spec)
        key = _usable_key(api_key, "HF_TOKEN")
        if not key:
            raise ValueError(f"{spec!r} needs a token of the Hub; set HF_TOKEN in the environment.")
        return InferenceModel.of_hub(model, provider, api_key=key, timeout=timeout, temperature=temperature)
    if spec.startswith(_URL_PREFIXES):
        from evalmuse_hf.llm.inference_model import InferenceModel

        url, _, model = spec.partition("#")
        key = _usable_key(api_key, "OPENAI_API_KEY")
        return InferenceModel.of_url(url, model or None, api_key=key, timeout=timeout, temperature=temperature)
    path = _local_path(spec)
    from evalmuse_hf.llm.local_model import LocalModel

    return LocalModel.load(path, temperature=temperature)


def name_chat_model(spec: str, *, temperature: float = 0.0) -> ChatModel:
    """A model by its name alone, for an estimate: nothing is loaded, no key is needed, and it answers nothing.

    Args:
        spec: As for `load_chat_model`.
        temperature: 0 for the likeliest answer.

    Raises:
        ValueError: If the name is no chat model.
    """
    _check_temperature(temperature)
    if spec.startswith(HUB_PREFIX):
        _hub_parts(spec)
        name = spec.removesuffix("@")
    elif spec.startswith(_URL_PREFIXES):
        from evalmuse_hf.llm.inference_model import url_name

        url, _, model = spec.partition("#")
        name = url_name(url, model or None)
    else:
        from evalmuse_hf.llm.local_model import local_name

        name = local_name(_local_path(spec))
    return _NamedModel(drawn_name(name, temperature))


class _NamedModel:
    """A model that is only named."""

    def __init__(self, name: str) -> None:
        self.name = name

    def reply(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any] | None, max_tokens: int, seed: int | None
    ) -> ChatReply:
        """Refuse to answer."""
        raise ChatError(f"{self.name} was named for an estimate and cannot be asked.", stops_run=True)


def _check_temperature(temperature: float) -> None:
    if temperature < 0:
        raise ValueError(f"`temperature` is {temperature}, expected 0 or more.")


def _hub_parts(spec: str) -> tuple[str, str | None]:
    model, _, provider = spec.removeprefix(HUB_PREFIX).partition("@")
    if model.count("/") != 1 or not all(model.split("/")):
        raise ValueError(f"{spec!r} names no model of the Hub; write hub:OWNER/MODEL or hub:OWNER/MODEL@PROVIDER.")
    return model, provider or None


def _local_path(spec: str) -> Path:
    path = Path(spec)
    if (spec and path.is_dir()) or (path.is_file() and path.suffix == ".gguf"):
        return path
    raise ValueError(
        f"{spec!r} is no chat model; give hub:OWNER/MODEL, the URL of an OpenAI-compatible server (with #MODEL), "
        "a folder of transformers, or a .gguf file."
    )


def _usable_key(given: str | None, variable: str) -> str | None:
    """The key without the spaces and line breaks that copying adds; None where there is none."""
    key = (given or os.environ.get(variable) or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(
            f"The key ({variable} or api_key) holds a character that no key has; copy it again, without spaces."
        )
    return key or None
