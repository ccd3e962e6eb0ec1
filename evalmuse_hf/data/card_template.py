"""A card of one's own for a built data set, with the numbers of the build filled in."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalmuse_hf.data.push_plan import PublishingError, split_front_matter
from evalmuse_hf.data.report import BUILD_FILE
from evalmuse_hf.data.workspace import CARD_FILE

BUILT_METADATA = ("configs", "dataset_info")
"""What the front matter takes from the build, because `load_dataset` follows it."""

_PLACEHOLDER = re.compile(r"\{\{ *([^{}]*?) *\}\}")
_TITLE = re.compile(r"\A\s*# .*\n+")


def fill_card(template: Path, folder: Path) -> None:
    """Replace the card of a built data set by a template with its numbers.

    The front matter of the template gets ``configs`` and ``dataset_info`` of the built card. In the page below it,
    ``{{ name }}``, ``{{ pairs }}``, ``{{ rated }}``, ``{{ prompts }}``, ``{{ size }}``,
    ``{{ package_version }}`` and ``{{ build_page }}`` (the page of the built card without its title) are replaced.

    Args:
        template: A card with front matter.
        folder: Result of `evalmuse_hf.data.build_dataset`. Its card must be the one that the build wrote.

    Raises:
        PublishingError: If one of the cards has no front matter, or the template another placeholder.
    """
    metadata, page = split_front_matter(template)
    built_metadata, built_page = split_front_matter(folder / CARD_FILE)
    build = json.loads((folder / BUILD_FILE).read_text("utf-8"))
    values = {**_numbers(build), "name": folder.name, "build_page": _TITLE.sub("", built_page).strip()}
    unknown = sorted(set(_PLACEHOLDER.findall(page)) - values.keys())
    if unknown:
        raise PublishingError(
            f"{template.name} asks for {{{{ {unknown[0]} }}}}; expected one of {', '.join(sorted(values))}."
        )
    # In one pass: what a prompt of the data set says is never taken for a placeholder.
    filled = _PLACEHOLDER.sub(lambda match: values[match[1]], page)
    front_matter = _as_yaml({**metadata, **{key: built_metadata[key] for key in BUILT_METADATA}})
    unfinished = folder / f".{CARD_FILE}"
    unfinished.write_text(f"---\n{front_matter}---\n{filled}", encoding="utf-8")
    os.replace(unfinished, folder / CARD_FILE)


def _numbers(build: Mapping[str, Any]) -> dict[str, str]:
    totals = {
        key: f"{sum(split[key] for split in build['splits'].values()):,}" for key in ("pairs", "rated", "prompts")
    }
    size = sum(facts["bytes"] for facts in build["files"].values())
    return {**totals, "size": f"{size / 1e6:,.1f} MB", "package_version": build["package_version"]}


def _as_yaml(metadata: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(metadata), sort_keys=False, allow_unicode=True))
