"""Configurations of generators: those of the paper that travel with the package, one's own, and plain addresses."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evalmuse_hf.images.picture_generators import GeneratorError

KINDS = ("diffusers", "endpoint", "import", "mini")
_PACKAGED = Path(__file__).with_suffix(".yaml")
_DTYPES = ("float32", "float16", "bfloat16")
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "model", "revision", "variant", "pipeline", "dtype", "negative_prompt"), (str,)),
    **dict.fromkeys(("provider", "token_env", "license", "note"), (str,)),
    **dict.fromkeys(("steps", "batch_size"), (int,)),
    **dict.fromkeys(("guidance", "timeout"), (int, float)),
    **dict.fromkeys(("scheduler", "unet", "call"), (dict,)),
    **dict.fromkeys(("size", "first_size", "stages"), (list, tuple)),
    "offload": (bool,),
}
_ASKED = frozenset({"model", "steps", "guidance", "size", "negative_prompt", "call", "batch_size", "license"})
_USED: Mapping[str, frozenset[str]] = {
    "endpoint": _ASKED | {"provider", "timeout", "token_env"},
    "diffusers": _ASKED
    | {"revision", "variant", "pipeline", "first_size", "dtype", "scheduler", "unet", "stages", "offload"},
    "import": frozenset(),
    "mini": frozenset({"model", "batch_size"}),
}
_PARTS: Mapping[str, Mapping[str, type]] = {
    "unet": {"model": str, "file": str, "revision": str, "variant": str},
    "stages": {"model": str, "pipeline": str, "revision": str, "variant": str, "call": dict},
    "scheduler": {"class": str, "options": dict},
}


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """How a generator is called; None leaves it to the model.

    Attributes:
        name: As in the manifest.
        kind: One of `KINDS`.
        model: Hub id, folder of a diffusers pipeline, or address of a server.
        revision: Branch, tag or commit on the Hub.
        variant: Of the weights, such as ``fp16``.
        pipeline: Class in diffusers; None lets the model say.
        steps: Denoising steps.
        guidance: Guidance scale.
        size: Width and height of the pictures.
        first_size: Those asked of the first of several stages.
        dtype: Of the weights on an accelerator; on a processor it is float32.
        scheduler: ``class`` in diffusers and its ``options``; the rest is as in the model.
        unet: Weights that take the place of the model's: ``model``, ``file`` or ``variant``, and ``revision``.
        stages: Pipelines that draw the picture anew from that of the one before, each with ``model`` and perhaps
            ``pipeline``, ``revision``, ``variant`` and ``call``.
        negative_prompt: What the picture shall not show.
        call: More arguments of the pipeline's call or of the request.
        offload: Keep on the accelerator only what is at work.
        batch_size: Pictures at once.
        provider: Of a Hub endpoint; None lets the Hub choose.
        timeout: Seconds that a request may take.
        token_env: Variable of the environment that holds the key of a server.
        license: Terms of the model.
        note: For people.
    """

    name: str
    kind: str = "diffusers"
    model: str | None = None
    revision: str | None = None
    variant: str | None = None
    pipeline: str | None = None
    steps: int | None = None
    guidance: float | None = None
    size: tuple[int, int] | None = None
    first_size: tuple[int, int] | None = None
    dtype: str | None = None
    scheduler: Mapping[str, Any] | None = None
    unet: Mapping[str, Any] | None = None
    stages: tuple[Mapping[str, Any], ...] = ()
    negative_prompt: str | None = None
    call: Mapping[str, Any] = field(default_factory=dict)
    offload: bool = False
    batch_size: int | None = None
    provider: str | None = None
    timeout: float = 120.0
    token_env: str | None = None
    license: str | None = None
    note: str | None = None


def load_configs(path: Path | None = None) -> dict[str, GeneratorConfig]:
    """Read the packaged configurations, and one's own on top of them.

    Args:
        path: YAML that maps names to settings; those of a packaged name change only what they mention, unless they
            make it another kind, of which nothing is known.

    Raises:
        GeneratorError: If the file is missing or says something that is no setting.
    """
    settings = _read(_PACKAGED)
    if path is not None:
        for name, values in _read(path).items():
            before = settings.get(name, {})
            is_same_kind = values.get("kind") in (None, before.get("kind", "diffusers"))
            settings[name] = {**before, **values} if is_same_kind else values
    return {name: _make(name, values, path or _PACKAGED) for name, values in settings.items()}


def find_config(spec: str, configs: Mapping[str, GeneratorConfig]) -> GeneratorConfig:
    """Find what ``--generators`` names.

    Args:
        spec: A name among `configs`; ``mini:NAME``; ``hub:ORG/MODEL[@REVISION]``; the folder of a diffusers pipeline;
            ``endpoint:ORG/MODEL[@PROVIDER]``; or an address. ``NAME=`` before it renames it.
        configs: What `load_configs` gave.

    Raises:
        GeneratorError: If it is none of these, or can only be imported.

    >>> find_config("turbo=hub:stabilityai/sd-turbo@main", {}).model
    'stabilityai/sd-turbo'
    """
    new_name, equal, rest = spec.partition("=")
    renamed = bool(equal) and not any(mark in new_name for mark in ":/\\")
    name, spec = (new_name, rest) if renamed else (None, spec)
    found = configs.get(spec) or _from_address(spec)
    if found is None:
        raise GeneratorError(
            f"There is no generator {spec!r}; give one that `evalmuse images generate --list` names, mini:NAME, "
            "hub:ORG/MODEL, the folder of a diffusers pipeline, endpoint:ORG/MODEL, or an address."
        )
    if found.kind == "import":
        raise GeneratorError(
            f"{spec} is a service without weights, which this command cannot call; make its pictures there and take "
            f"them in with `evalmuse images import FOLDER --generator {spec}`."
        )
    return found if name is None else replace(found, name=name)


def _from_address(spec: str) -> GeneratorConfig | None:
    scheme, _, rest = spec.partition(":")
    model, _, after = rest.partition("@")
    last = model.rstrip("/").rpartition("/")[2]
    if scheme == "mini" and rest:
        return GeneratorConfig(rest, kind="mini", model=rest)
    if scheme == "hub" and model:
        return GeneratorConfig(last, model=model, revision=after or None)
    if scheme == "endpoint" and "//" in rest:
        raise GeneratorError("endpoint: takes ORG/MODEL; give an address as it is, without endpoint: before it.")
    if scheme == "endpoint" and model:
        return GeneratorConfig(last, kind="endpoint", model=model, provider=after or None)
    if scheme in ("http", "https"):
        check_address(spec)
        return GeneratorConfig(urlsplit(spec).hostname or "endpoint", kind="endpoint", model=spec)
    folder = Path(spec)
    if (folder / "model_index.json").is_file():
        return GeneratorConfig(folder.resolve().name, model=str(folder.resolve()))
    return None


def check_address(model: str) -> None:
    """Refuse an address with more than a place: it stands in the manifest, where no key must stand.

    Args:
        model: An address, or a Hub id, which is none.

    Raises:
        GeneratorError: If the address holds a user, a query or a fragment.
    """
    if "//" not in model:
        return
    try:
        parts = urlsplit(model)
        host = parts.hostname
    except ValueError:
        raise GeneratorError("The address of a server cannot be read; write it as https://HOST/PATH.") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise GeneratorError(
            f"The address of the server {host} holds a user, a query or a fragment, and would stand in the manifest; "
            "leave only https://HOST/PATH, name the variable with the key as token_env in --config, and other "
            "arguments under call."
        )


def _read(path: Path) -> dict[str, dict[str, Any]]:
    import yaml

    if not path.is_file():
        raise GeneratorError(f"There is no file of configurations at {path}.")
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise GeneratorError(f"{path} is no YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(content, dict) or not all(isinstance(values, dict) for values in content.values()):
        raise GeneratorError(f"{path} must map names of generators to their settings.")
    return {str(name): values for name, values in content.items()}


def _make(name: str, values: Mapping[str, Any], path: Path) -> GeneratorConfig:
    allowed = [column.name for column in fields(GeneratorConfig) if column.name != "name"]
    if unknown := [key for key in values if key not in allowed]:
        raise GeneratorError(f"{name} in {path} has no setting {unknown[0]!r}; there are {', '.join(allowed)}.")
    given = {key: value for key, value in values.items() if value is not None}
    for key, value in given.items():
        if not isinstance(value, _TYPES[key]) or (isinstance(value, bool) and bool not in _TYPES[key]):
            kinds = " or ".join(kind.__name__ for kind in _TYPES[key])
            raise GeneratorError(f"{key} of {name} in {path} is {value!r}, expected {kinds}.")
    for key in ("size", "first_size"):
        if key in given:
            given[key] = _read_size(given[key], f"{key} of {name} in {path}")
    for key in _PARTS:
        for part in given.get(key, ()) if key == "stages" else [given[key]] if key in given else []:
            _check_part(key, part, f"{name} in {path}")
    _check_numbers(given, f"{name} in {path}")
    kept = {key: given[key] for key in ("call", "scheduler", "stages") if key in given}
    try:
        is_plain = json.loads(json.dumps(kept, allow_nan=False)) == kept
    except (TypeError, ValueError, RecursionError):
        is_plain = False
    if not is_plain:  # the manifest could not keep it as it is
        raise GeneratorError(f"{name} in {path} holds what JSON does not know, such as a date, or a number as a name.")
    given["stages"] = tuple(given.get("stages", ()))
    if "guidance" in given:
        given["guidance"] = float(given["guidance"])
    config = GeneratorConfig(name, **given)
    if config.kind not in KINDS:
        raise GeneratorError(f"kind of {name} in {path} is {config.kind!r}, expected one of {', '.join(KINDS)}.")
    if unused := [key for key in values if key not in {"kind", "note", *_USED[config.kind]}]:
        raise GeneratorError(f"{name} in {path} is of kind {config.kind}, which has no {unused[0]}; leave it out.")
    if config.dtype not in (None, *_DTYPES):
        raise GeneratorError(f"dtype of {name} in {path} is {config.dtype!r}, expected one of {', '.join(_DTYPES)}.")
    if config.model is None and config.kind != "import":
        raise GeneratorError(f"{name} in {path} names no model.")
    if config.kind == "endpoint":
        check_address(str(config.model))
    return config


def _check_part(key: str, part: Any, place: str) -> None:
    """See that a part of a pipeline is one."""
    kinds = _PARTS[key]
    first = next(iter(kinds))
    if not isinstance(part, dict) or not isinstance(part.get(first), str):
        entry = "an entry of stages" if key == "stages" else key
        raise GeneratorError(f"{entry} of {place} is {str(part)[:60]!r}, expected a mapping with {first}.")
    for name, value in part.items():
        if name not in kinds:
            raise GeneratorError(f"{key} of {place} has no setting {name!r}; there are {', '.join(kinds)}.")
        if value is not None and not isinstance(value, kinds[name]):
            raise GeneratorError(
                f"{name} in {key} of {place} is {str(value)[:60]!r}, expected {kinds[name].__name__}."
            )


def _check_numbers(given: Mapping[str, Any], place: str) -> None:
    for key in ("steps", "batch_size"):
        if key in given and given[key] < 1:
            raise GeneratorError(f"{key} of {place} is {given[key]}, expected at least 1.")
    if "timeout" in given and not 0 < given["timeout"] < math.inf:
        raise GeneratorError(f"timeout of {place} is {given['timeout']}, expected more than 0 seconds.")
    if "guidance" in given and not 0 <= given["guidance"] < math.inf:
        raise GeneratorError(f"guidance of {place} is {given['guidance']}, expected a number from 0 on.")


def _read_size(value: Any, place: str) -> tuple[int, int]:
    match value:
        case [int(width), int(height)] if width > 0 and height > 0:
            return width, height
    raise GeneratorError(f"{place} is {value!r}, expected [width, height] in pixels.")


def config_rows(configs: Mapping[str, GeneratorConfig]) -> list[tuple[str, ...]]:
    """Rows of the table of configurations with their notes, its head first.

    Args:
        configs: What `load_configs` gave.
    """
    head = ("generator", "model", "pictures", "steps", "guidance", "dtype", "license", "run here", "note")
    rows: list[tuple[str, ...]] = [head]
    for config in configs.values():
        if config.kind == "import":
            rows.append((config.name, "closed", "", "", "", "", "", "import only", config.note or ""))
            continue
        size = "" if config.size is None else "{} x {}".format(*config.size)
        plain = (config.steps, config.guidance, config.dtype, config.license)
        cells = ["default" if value is None else f"{value}" for value in plain[:2]]
        cells += [plain[2] or "default", plain[3] or "see card"]
        rows.append((config.name, _full_model(config), size, *cells, "no", config.note or ""))
    return rows


def config_table(configs: Mapping[str, GeneratorConfig]) -> str:
    """The same rows as a table in Markdown.

    Args:
        configs: What `load_configs` gave.
    """
    head, *rows = config_rows(configs)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _full_model(config: GeneratorConfig) -> str:
    parts = [config.model, *([config.unet["model"]] if config.unet else []), *(s["model"] for s in config.stages)]
    return " + ".join(str(part) for part in parts)
