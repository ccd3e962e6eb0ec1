"""A text-to-image service: an inference provider of the Hub, an Inference Endpoint, or a server with its protocol."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from evalmuse_hf.images.decoding import load_image
from evalmuse_hf.images.generator_configs import GeneratorConfig, check_address
from evalmuse_hf.images.picture_generators import UNREACHABLE, DrawnPicture, GeneratorDescription, GeneratorError

logger = logging.getLogger(__name__)

_ATTEMPTS = 5
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 120.0
_REFUSALS = (400, 413, 422)  # of this request
_FORBIDDEN = 403  # of all requests if none succeeds, otherwise of this one
_LOCKED = (401, 402, 404)  # of all requests
_HUB_HOSTS = ("huggingface.co", "huggingface.cloud")
_NO_KEY = "none"
_LOCKED_OUT = "forbidden"  # status of a picture until it is known whether any request succeeds


class EndpointGenerator:
    """Asks a service for each picture, several at a time, again where it says "later".

    Args:
        config: Model or address, and what to ask for.
        batch_size: Requests at once; None takes the configuration's, or 4.
        sleep: What waits between attempts.

    Raises:
        GeneratorError: If the address holds what must not stand in a manifest.
    """

    def __init__(
        self, config: GeneratorConfig, *, batch_size: int | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        check_address(str(config.model))
        self.name = config.name
        self.batch_size = batch_size or config.batch_size or 4
        self._config = config
        self._sleep = sleep
        self._client: Any = None
        self._has_answered = False

    def describe(self) -> GeneratorDescription:
        """Say what it is; a service tells neither its revision nor everything that changes its pictures."""
        from huggingface_hub import __version__

        config = self._config
        asked: dict[str, Any] = {
            "provider": config.provider,
            "steps": config.steps,
            "guidance": config.guidance,
            "size": None if config.size is None else list(config.size),
            "negative_prompt": config.negative_prompt,
            "call": dict(config.call),
        }
        return GeneratorDescription(
            model=str(config.model),
            license=config.license,
            parameters={name: value for name, value in asked.items() if value not in (None, {})},
            libraries={"huggingface-hub": __version__},
            size=config.size,
        )

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[DrawnPicture]:
        """Ask for one picture for each prompt; what was answered is not lost to what was not.

        Args:
            prompts: The prompts.
            seeds: The seed of each picture.

        Raises:
            GeneratorError: If the service refuses every request, for want of a key or a model.
        """
        if self._client is None:
            self._client = self._connect()
        with ThreadPoolExecutor(len(prompts)) as pool:
            answers = list(pool.map(self._try, prompts, seeds))
        errors = [answer for answer in answers if isinstance(answer, GeneratorError)]
        pictures = [answer for answer in answers if isinstance(answer, DrawnPicture)]
        self._has_answered = self._has_answered or any(picture.status == "ok" for picture in pictures)
        if errors and all(picture.status in (UNREACHABLE, _LOCKED_OUT) for picture in pictures):
            raise errors[0]
        return [self._settle(answer) for answer in answers]

    def close(self) -> None:
        """Nothing is held."""

    def _connect(self) -> Any:
        from huggingface_hub import InferenceClient

        config = self._config
        model = str(config.model)
        key = None
        if config.token_env is not None:
            key = os.environ.get(config.token_env)
            if not key:
                raise GeneratorError(f"{self.name} takes its key from {config.token_env}, which is not set.")
        elif model.startswith(("http://", "https://")) and not _is_hugging_face(model):
            key = _NO_KEY  # the client would send the key of the Hub to whoever it is
        provider: Any = config.provider
        return InferenceClient(model=model, provider=provider, timeout=config.timeout, api_key=key)

    def _try(self, prompt: str, seed: int) -> DrawnPicture | GeneratorError:
        try:
            return self._ask(prompt, seed)
        except GeneratorError as error:
            return error
        except Exception as error:  # whatever it is, it must not take the other answers of the batch with it
            return DrawnPicture(None, "failed", f"The service gave no picture: {_say(error)}.")

    def _settle(self, answer: DrawnPicture | GeneratorError) -> DrawnPicture:
        """Decide what an answer means, now that it is known whether the service answers at all."""
        if isinstance(answer, GeneratorError):
            return DrawnPicture(None, UNREACHABLE, str(answer))
        if answer.status != _LOCKED_OUT:
            return answer
        if self._has_answered:
            return DrawnPicture(None, "refused", f"The service refused the request: {answer.message}.")
        return DrawnPicture(None, UNREACHABLE, self._say_locked(answer.message))

    def _say_locked(self, reason: str) -> str:
        return (
            f"{self.name} refuses every request ({reason}); check the address or model, your access to it, and the "
            "key (`hf auth login`, or token_env in --config)."
        )

    def _ask(self, prompt: str, seed: int) -> DrawnPicture:
        """Ask for one picture until there is an answer, or reason to give up."""
        message = ""
        for attempt in range(_ATTEMPTS):
            try:
                return DrawnPicture(load_image(self._request(prompt, seed), name="of the service"))
            except Exception as error:  # what is not known here is a failure of this picture
                wait = self._judge(error, attempt)
                if isinstance(wait, DrawnPicture):
                    return wait
                message = _say(error)
                if attempt + 1 < _ATTEMPTS:
                    logger.info("%s: %s; again in %.1f s.", self.name, message, wait)
                    self._sleep(wait)
        return DrawnPicture(None, UNREACHABLE, f"{_ATTEMPTS} attempts failed, at last with: {message}.")

    def _request(self, prompt: str, seed: int) -> Any:
        config = self._config
        width, height = config.size or (None, None)
        return self._client.text_to_image(
            prompt,
            negative_prompt=config.negative_prompt,
            width=width,
            height=height,
            num_inference_steps=config.steps,
            guidance_scale=config.guidance,
            seed=seed,
            extra_body=dict(config.call) or None,
        )

    def _judge(self, error: Exception, attempt: int) -> float | DrawnPicture:
        """Seconds to wait, or what has to be said of the picture.

        Raises:
            GeneratorError: If no request can succeed; of a batch, `draw` decides what that means.
        """
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError, OfflineModeIsEnabled

        if isinstance(error, OfflineModeIsEnabled):
            raise GeneratorError(
                f"{self.name} is asked over the network, which HF_HUB_OFFLINE forbids; unset it, or draw locally."
            ) from error
        wait: float = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S)
        if isinstance(error, InferenceTimeoutError) or type(error).__module__.startswith("httpx"):
            return wait
        if not isinstance(error, HfHubHTTPError):
            return DrawnPicture(None, "failed", f"The service gave no picture: {_say(error)}.")
        status = int(error.response.status_code)
        if status in _LOCKED:
            raise GeneratorError(self._say_locked(_say(error))) from error
        if status == _FORBIDDEN:
            return DrawnPicture(None, _LOCKED_OUT, _say(error))
        if status in _REFUSALS:
            return DrawnPicture(None, "refused", f"The service refused the request: {_say(error)}.")
        asked = _retry_after(error.response.headers.get("Retry-After"))
        return min(wait if asked is None else asked, _LONGEST_WAIT_S)


def _is_hugging_face(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return address.startswith("https://") and any(host == own or host.endswith(f".{own}") for own in _HUB_HOSTS)


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header; a date is as good as none."""
    return float(text) if text is not None and text.isdecimal() else None


def _say(error: Exception) -> str:
    text = " ".join(str(error).split())[:200].rstrip(".")
    return text or type(error).__name__
