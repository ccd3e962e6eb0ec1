"""The folders of Spaces and modules as the Hub would run them: ``python app.py``, a page, and one question."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.packaging.environments import Environment
from tests.packaging.running_app import AppError, RunningApp, free_port, running

PROMPT, ELEMENTS = "a red square", ["red", "square"]
JUDGES = ("alignment_correlation", "element_accuracy")
WITHOUT_MINI = ("blip2_itm", "clip_score", "hps_v2", "image_reward", "pick_score")
"""Modules for which no model travels in the package: they must say so in a sentence."""


@dataclass(frozen=True, slots=True)
class SpaceFolder:
    """A folder, and what is asked of the page in it.

    Attributes:
        name: Such as ``"metrics/fga_blip2"``.
        ask: Asks a client for something, with the path of a picture; raises if the answer is wrong.
        variables: That the Space is given.
    """

    name: str
    ask: Callable[[Any, Path], None]
    variables: Mapping[str, str] = field(default_factory=dict)


def describe_folder(name: str, *, store: Path | None = None) -> SpaceFolder:
    """What is asked of a folder, by its name; `store` is the annotation store of the page for raters."""
    kind, _, short = name.partition("/")
    if kind == "metrics":
        return SpaceFolder(name, _ask_judge if short in JUDGES else _ask_without_mini(short))
    asked: dict[str, Callable[[Any, Path], None]] = {
        "playground": _ask_playground,
        "leaderboard": _ask_leaderboard,
        "api": _ask_api,
        "annotate": _ask_nothing,
    }
    variables = {"EVALMUSE_ANNOTATE_LOGIN": "raters", "EVALMUSE_ANNOTATE_STORE": str(store)} if store else {}
    return SpaceFolder(name, asked[short], variables if short == "annotate" else {})


def check_folder(folder: SpaceFolder, environment: Environment, picture: Path, work: Path) -> None:
    """Run the app of a folder in a copy of it, ask it, and end it.

    Raises:
        AppError: If anything of it fails.
    """
    copy = work / folder.name.replace("/", "-") / "app"
    shutil.copytree(environment.shells / folder.name, copy)
    port = free_port()
    variables = environment.process_variables(
        GRADIO_SERVER_PORT=str(port), GRADIO_SERVER_NAME="127.0.0.1", **folder.variables
    )
    command = [environment.python, "app.py"]
    log = copy.with_name("log.txt")
    with running(folder.name, command, port=port, cwd=copy, variables=variables, log=log) as app:
        check_page(app, folder.ask, picture)


def check_command(words: list[str], ask: Callable[[Any, Path], None], environment: Environment, picture: Path) -> None:
    """Run a page by a command of ours, ask it, and end it.

    Raises:
        AppError: If anything of it fails.
    """
    port = free_port()
    command = [environment.evalmuse, *words, "--port", str(port)]
    log = environment.home / f"{'-'.join(words)}.txt"
    variables = environment.process_variables()
    with running(
        " ".join(["evalmuse", *words]), command, port=port, cwd=environment.home, variables=variables, log=log
    ) as app:
        check_page(app, ask, picture)
        if app.address.rstrip("/") not in app.said():
            raise AppError(f"{app.name} did not print its address:\n{app.said()}")


def check_page(app: RunningApp, ask: Callable[[Any, Path], None], picture: Path) -> None:
    """Wait for a page, look at it, ask it one question, and end it."""
    page = app.wait_until_ready()
    if "<html" not in page.lower():
        raise AppError(f"{app.name} answers with something that is no page: {page[:200]!r}")
    try:
        ask(None if ask is _ask_nothing else _connect(app.address), picture)
    except AppError:
        raise
    except Exception as error:
        raise AppError(f"{app.name} did not answer: {type(error).__name__}: {error}\n{app.said()}") from error
    app.end()


def _connect(address: str) -> Any:
    from gradio_client import Client

    return Client(address, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120})


def _handle(picture: Path) -> Any:
    from gradio_client import handle_file

    return handle_file(str(picture))


def _ask_nothing(client: Any, picture: Path) -> None:
    """The page is all that is looked at."""


def _ask_api(client: Any, picture: Path) -> None:
    _check_score(client.predict(_handle(picture), PROMPT, ELEMENTS, api_name="/score"))


def _ask_playground(client: Any, picture: Path) -> None:
    """The first scorer, and the second by its label."""
    _check_score(client.predict(_handle(picture), PROMPT, ELEMENTS, "", api_name="/score"))
    _check_score(client.predict(_handle(picture), PROMPT, ELEMENTS, "pn_vqa:mini", api_name="/score"), least=0, most=1)


def _ask_leaderboard(client: Any, picture: Path) -> None:
    answer = client.predict(api_name="/records")
    if not answer:
        raise AppError("There are no records, not even examples.")


def _check_score(answer: dict[str, Any], *, least: float = 1, most: float = 5) -> None:
    good = answer["status"] == "ok" and least <= answer["overall_score"] <= most
    if not good or len(answer["elements"]) != len(ELEMENTS):
        raise AppError(f"A red square was answered with {answer}.")


def _ask_without_mini(short: str) -> Callable[[Any, Path], None]:
    def ask(client: Any, picture: Path) -> None:
        answer = client.predict(_handle(picture), PROMPT, "\n".join(ELEMENTS), "mini", api_name="/score")
        good = "problem" in answer if short in WITHOUT_MINI else answer.get("status") == "ok"
        if not good:
            raise AppError(f"A red square was answered with {answer}.")

    return ask


def _ask_judge(client: Any, picture: Path) -> None:
    answer = client.predict("0.1\n0.9\n0.8", "0\n1\n1", api_name="/compare")
    if not answer or "problem" in answer:
        raise AppError(f"Three numbers were answered with {answer}.")
