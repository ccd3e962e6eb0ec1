"""Writes an FGA-BLIP2 that loads where this package is not installed.

The code beside the weights is made of this package's own files, whose imports of each other become relative ones, so
that there is no second copy to keep up to date.
"""

import ast
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import is_adapter, load_with_adapter
from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import load_model
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import FGABlip2Processor

_PACKAGE = "evalmuse_hf"
_HERE = f"{_PACKAGE}.models.fga_blip2"
_MODULES = tuple(f"{_HERE}.{name}_fga_blip2" for name in ("configuration", "modeling", "processing"))
_AUTO_MAPS = {
    "config.json": {
        "AutoConfig": "configuration_fga_blip2.FGABlip2Config",
        "AutoModel": "modeling_fga_blip2.FGABlip2ForAlignment",
    },
    "processor_config.json": {"AutoProcessor": "processing_fga_blip2.FGABlip2Processor"},
}
_UNKNOWN_LICENSE = "other"
_KEPT_METADATA = ("license_name", "license_link", "base_model", "datasets")
_CARD = """---
{front}---

# {name}

Says how well a picture shows what its prompt asks for: overall from 1 to 5, and for every token of the prompt from 0
to 1.

```python
import torch
from transformers import AutoModel, AutoProcessor

processor = AutoProcessor.from_pretrained("FOLDER", trust_remote_code=True)
model = AutoModel.from_pretrained("FOLDER", trust_remote_code=True).eval()
inputs = processor(images=["picture.png"], prompts=["a red cat"], return_tensors="pt")
with torch.inference_mode():
    output = model(**inputs)
output.overall_score, output.token_scores
```

The code beside the weights was written by evalmuse_hf {version} (`evalmuse convert --remote-code`) and needs
transformers 5, torch, NumPy and Pillow only. With that package installed, `load_scorer("fga_blip2", model="FOLDER")`
also scores elements and lists of pictures, and runs none of the code in this folder. The scale, and what the scores
are worth, are those of the checkpoint that was exported.
"""


def export_model(source: str | Path, out: str | Path) -> list[str]:
    """Write a model folder with the code that it needs.

    It loads with ``trust_remote_code=True`` through ``AutoConfig``, ``AutoModel`` and ``AutoProcessor``. Adapters are
    merged into the model that they were trained on.

    Args:
        source: Folder of a model with its processor, or of adapters.
        out: Folder to write; files of an earlier export in it are replaced.

    Returns:
        Names of the code files, sorted.

    Raises:
        ValueError: If the two folders are one, or ``out`` is a file.
        evalmuse_hf.models.fga_blip2.loading_fga_blip2.WeightsError: If weights and configuration do not fit.
    """
    source, out = Path(source), Path(out)
    if out.exists() and (not out.is_dir() or out.resolve() == source.resolve()):
        raise ValueError(f"{out} is a file or the model itself; give the name of another folder to write.")
    processor = FGABlip2Processor.from_pretrained(source)
    model = load_with_adapter(source) if is_adapter(source) else load_model(source)
    model.save_pretrained(out)
    processor.save_pretrained(out)
    for file, auto_map in _AUTO_MAPS.items():
        values: dict[str, Any] = json.loads((out / file).read_text("utf-8"))
        (out / file).write_text(json.dumps({**values, "auto_map": auto_map}, indent=2) + "\n", encoding="utf-8")
    code = flatten(_MODULES)
    for name, text in code.items():
        (out / name).write_text(text, encoding="utf-8")
    front = _front_matter(source)
    card = _CARD.format(front=front, name=out.resolve().name, version=__version__)
    (out / "README.md").write_text(card, encoding="utf-8")
    return sorted(code)


def _front_matter(source: Path) -> str:
    """Metadata of the card; licence and origin are those that the source's own card names."""
    import yaml
    from huggingface_hub import metadata_load

    card = source / "README.md"
    try:
        known = (metadata_load(card) if card.is_file() else None) or {}
    except (ValueError, OSError, yaml.YAMLError):  # a card by hand may be anything
        known = {}
    metadata = {
        "library_name": "transformers",
        "license": known.get("license", _UNKNOWN_LICENSE),
        "language": "en",
        "pipeline_tag": "image-text-to-text",
        "tags": ["text-to-image", "evaluation", "image-text-alignment", "fga-blip2", "custom_code"],
        **{key: known[key] for key in _KEPT_METADATA if key in known},
    }
    return yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)


def flatten(modules: Sequence[str]) -> dict[str, str]:
    """Copy modules of this package, and those that they import, so that they need one folder and no package.

    Imports within the package become relative ones; constants that are plain values are written out; registrations
    with the Auto classes are left out, because ``auto_map`` says the same and a registration would replace that of an
    installed package.

    Args:
        modules: Full names.

    Returns:
        File names with their texts.

    Raises:
        ValueError: If two modules have one name, or one imports the package in a way that cannot be rewritten.
    """
    homes: dict[str, str] = {}
    sources: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        for module in waiting:
            file = f"{module.rpartition('.')[2]}.py"
            if homes.setdefault(file, module) != module:
                raise ValueError(f"{homes[file]} and {module} would both become {file}; rename one of them.")
        needed: list[str] = []
        for file in homes.keys() - sources.keys():
            sources[file], imported = _rewrite(homes[file])
            needed += imported
        waiting = needed
    return sources


def _rewrite(module: str) -> tuple[str, list[str]]:
    """Text of a module with other imports, and the modules that it needs."""
    lines = _source(module).splitlines()
    needed: list[str] = []
    for node in reversed(ast.parse("\n".join(lines)).body):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _PACKAGE:
            homes = {alias.name: _find_home(str(node.module), alias.name) for alias in node.names}
            values = {name: _plain_value(home, name) for name, home in homes.items()}
            imported = sorted({home for name, home in homes.items() if values[name] is None})
            new = [
                f"from .{home.rpartition('.')[2]} import "
                + ", ".join(name for name, its_home in homes.items() if its_home == home and values[name] is None)
                for home in imported
            ]
            new += [f"{name} = {value}" for name, value in values.items() if value is not None]
            needed += imported
        elif _is_registration(node):
            new = []
        else:
            continue
        lines[node.lineno - 1 : node.end_lineno] = new
    text = "\n".join(lines).rstrip()
    _refuse_other_imports(text, module)
    return f"# From {module} of {_PACKAGE} {__version__}, Apache-2.0; written by a program.\n{text}\n", needed


def _source(module: str) -> str:
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ValueError(f"There is no module {module}.")
    return Path(found.origin).read_text("utf-8")


def _find_home(module: str, name: str) -> str:
    """Module in which something is defined that a package passes on."""
    for node in ast.parse(_source(module)).body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            return _find_home(str(node.module), name)
    return module


def _plain_value(module: str, name: str) -> str | None:
    """Value of a constant as it is written, if it is a number, a text or a tuple of such; else None."""
    for node in ast.parse(_source(module)).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            try:
                return repr(ast.literal_eval(node.value))
            except ValueError:
                return None
    return None


def _is_registration(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("Auto") and ".register(" in ast.unparse(node)


def _refuse_other_imports(text: str, module: str) -> None:
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] == _PACKAGE for name in names):
            raise ValueError(f"{module} imports {_PACKAGE} inside a function or by its name; move that import.")
