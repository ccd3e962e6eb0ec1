"""One name for every chat model: on the Hub, behind a URL, or in a local file."""

import os
from pathlib import Path

from evalmuse_hf.llm.chat import ChatModel

HUB_PREFIX = "hub:"


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
        ValueError: If the name is none of these, or a key is missing.
    """
    if temperature < 0:
        raise ValueError(f"`temperature` is {temperature}, expected 0 or more.")
    if spec.startswith(HUB_PREFIX):
        from evalmuse_hf.llm.inference_model import InferenceModel

        model, _, provider = spec.removeprefix(HUB_PREFIX).partition("@")
        if model.count("/") != 1 or not all(model.split("/")):
            raise ValueError(f"{spec!r} names no model of the Hub; write hub:OWNER/MODEL or hub:OWNER/MODEL@PROVIDER.")
        key = api_key or os.environ.get("HF_TOKEN")
        if not key:
            raise ValueError(f"{spec!r} needs a token of the Hub; set HF_TOKEN in the environment.")
        return InferenceModel.of_hub(model, provider or None, api_key=key, timeout=timeout, temperature=temperature)
    if spec.startswith(("http://", "https://")):
        from evalmuse_hf.llm.inference_model import InferenceModel

        url, _, model = spec.partition("#")
        key = api_key or os.environ.get("OPENAI_API_KEY")
        return InferenceModel.of_url(url, model or None, api_key=key, timeout=timeout, temperature=temperature)
    path = Path(spec)
    if (spec and path.is_dir()) or (path.is_file() and path.suffix == ".gguf"):
        from evalmuse_hf.llm.local_model import LocalModel

        return LocalModel.load(path, temperature=temperature)
    raise ValueError(
        f"{spec!r} is no chat model; give hub:OWNER/MODEL, the URL of an OpenAI-compatible server (with #MODEL), "
        "a folder of transformers, or a .gguf file."
    )
