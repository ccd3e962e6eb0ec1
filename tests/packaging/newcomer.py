"""What a person does with a fresh install, outside any checkout: the commands of the first hour."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.environments import Environment

LOAD = """
import evaluate
from PIL import Image

Image.new("RGB", (64, 64), "red").save("square.png")
module = evaluate.load("fga_blip2")
result = module.compute(images=["square.png"], prompts=["a red square"], elements=[["red", "square"]], model="mini")
assert result["statuses"] == ["ok"] and 1 <= result["scores"][0] <= 5, result
"""


@dataclass(frozen=True, slots=True)
class NewcomerStep:
    """Something that is tried with the plain wheel.

    Attributes:
        name: For the table.
        look: Takes the environment, the version, and the names of the `evaluate` modules in the checkout; gives
            problems.
    """

    name: str
    look: Callable[[Environment, str, set[str]], list[str]]


def _ask_version(environment: Environment, version: str, modules: set[str]) -> list[str]:
    return expect(environment, ["--version"], said=rf"^evalmuse_hf {re.escape(version)}$")


def _ask_doctor(environment: Environment, version: str, modules: set[str]) -> list[str]:
    return expect(environment, ["doctor"], said=re.escape(version))


def _run_demo(environment: Environment, version: str, modules: set[str]) -> list[str]:
    problems = expect(environment, ["demo", "--prompts", "24", "--n-resamples", "50"], said="report")
    report = environment.home / "demo" / "report.html"
    return problems if report.is_file() else [*problems, "`evalmuse demo` left no report.html."]


def _miss_gradio(environment: Environment, version: str, modules: set[str]) -> list[str]:
    return expect(environment, ["space"], status=2, said=r"pip install 'evalmuse-hf\[spaces\]'")


def _install_modules(environment: Environment, version: str, modules: set[str]) -> list[str]:
    problems = expect(environment, ["metrics", "install"], said=rf"^{len(modules)} modules of version")
    cache = environment.home / ".cache" / "huggingface" / "modules"
    if (found := module_names(cache)) != modules:
        problems.append(f"`evalmuse metrics install` installed {sorted(found)}, expected {sorted(modules)}.")
    elsewhere = environment.home / "elsewhere"
    elsewhere.mkdir()
    loaded = environment.run(environment.python, "-c", LOAD, cwd=elsewhere)
    if loaded.returncode:
        problems.append(f'evaluate.load("fga_blip2") failed from another folder:\n{loaded.stderr[-2000:]}')
    problems += expect(environment, ["metrics", "uninstall"], said=rf"^{len(modules)} modules")
    left = module_names(cache)
    return [*problems, f"`evalmuse metrics uninstall` left {sorted(left)}."] if left else problems


STEPS = (
    NewcomerStep("`evalmuse --version`", _ask_version),
    NewcomerStep("`evalmuse doctor`", _ask_doctor),
    NewcomerStep("`evalmuse demo`", _run_demo),
    NewcomerStep("`evalmuse space` without gradio says what to install", _miss_gradio),
    NewcomerStep(
        "`evalmuse metrics install`, evaluate.load by bare name, `evalmuse metrics uninstall`", _install_modules
    ),
)


def make_store(environment: Environment, store: Path, picture: Path) -> list[str]:
    """Problems of making an annotation store with one picture, as the card of the Space says."""
    pairs = store.with_name("pairs.jsonl")
    pairs.write_text(json.dumps({"image": picture.name, "prompt": "a red square"}) + "\n", "utf-8")
    words = ["annotate", "assign", str(store), "--pairs", str(pairs), "--pictures", str(picture.parent)]
    return expect(environment, [*words, "--round", "first round"], said="")


def module_names(cache: Path) -> set[str]:
    """Names of the modules that our marker says are installed in a cache of `evaluate`."""
    markers = cache.rglob("evalmuse_hf.json")
    return {str(json.loads(marker.read_text("utf-8"))["module"]) for marker in markers}


def expect(environment: Environment, words: list[str], *, said: str, status: int = 0) -> list[str]:
    """Problems of one command: its status, what it says, and that a person's mistake does not look like a crash."""
    done = environment.run(environment.evalmuse, *words)
    text = f"{done.stdout}{done.stderr}"
    if done.returncode == status and re.search(said, text, re.MULTILINE) and "Traceback" not in text:
        return []
    command = " ".join(["evalmuse", *words])
    return [f"`{command}` ended with status {done.returncode} and did not say {said!r}:\n{text[-2000:]}"]
