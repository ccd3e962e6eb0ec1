"""A folder in the form of a built data set, of a few rows and without pictures, for tests of what is done with one."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from PIL import Image

TEXTS = {
    "pairs": ("image_path", "prompt_id", "prompt", "source", "generator", "content_hash"),
    "prompts": ("prompt",),
}
RATINGS = {"overall_ratings": pa.list_(pa.int64()), "overall_score": pa.float64()}
ELEMENT = {"text": "string", "category": "string", "raw_category": "string", "score": "float64"}
FOLDERS = {"pairs": "data", "prompts": "prompts"}


def write_built_folder(folder: Path, *, n_shards: int = 3) -> Path:
    """Write two configs of one split: ``n_shards`` files of four pairs, and one file of two prompts.

    Args:
        folder: Made here.
        n_shards: Files of the pairs.

    Returns:
        The folder.
    """
    files: dict[str, dict[str, Any]] = {}
    for config, shards, rows in (("pairs", n_shards, 4), ("prompts", 1, 2)):
        (folder / FOLDERS[config]).mkdir(parents=True)
        for shard in range(shards):
            path = f"{FOLDERS[config]}/train-{shard:05d}-of-{shards:05d}.parquet"
            values = [f"{config} {shard} {row} of {n_shards}" for row in range(rows)]
            pq.write_table(_table(config, values), folder / path)
            content = (folder / path).read_bytes()
            files[path] = {"rows": rows, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    counts = {"pairs": 4 * n_shards, "prompts": 2}
    build = {
        "format": 1,
        "package_version": "0.1.0",
        "splits": {"train": {"records": 4 * n_shards + 1, "pairs": 4 * n_shards, "rated": 3, "prompts": 2}},
        "files": files,
    }
    (folder / "build.json").write_text(json.dumps(build), "utf-8")
    metadata = {
        "pretty_name": folder.name,
        "configs": [
            {
                "config_name": config,
                "data_files": [{"split": "train", "path": f"{FOLDERS[config]}/train-*.parquet"}],
                **({"default": True} if config == "pairs" else {}),
            }
            for config in counts
        ],
        "dataset_info": [
            {
                "config_name": config,
                "features": _features(config),
                "splits": [{"name": "train", "num_bytes": 100 * number, "num_examples": number}],
            }
            for config, number in counts.items()
        ],
    }
    page = f"# {folder.name}\n\n## Counts\n\n| train | {4 * n_shards} |\n"
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(metadata, sort_keys=False)}---\n\n{page}", "utf-8")
    return folder


def _table(config: str, values: list[str]) -> pa.Table:
    columns: dict[str, Any] = {name: values for name in TEXTS[config]}
    if config == "pairs":
        columns["overall_ratings"] = pa.array([[3, 4, 5]] * len(values), RATINGS["overall_ratings"])
        columns["overall_score"] = pa.array([4.0] * len(values))
        rated = {"text": "pairs", "category": "object", "raw_category": "object", "ratings": [1, 0, 1], "score": 2 / 3}
        columns["elements"] = [[rated]] * len(values)
        columns["image"] = [{"bytes": _picture(), "path": value} for value in values]
    return pa.table(columns)


def _features(config: str) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = [{"name": name, "dtype": "string"} for name in TEXTS[config]]
    if config == "pairs":
        members: list[dict[str, Any]] = [{"name": name, "dtype": dtype} for name, dtype in ELEMENT.items()]
        members.insert(3, {"name": "ratings", "list": "int64"})
        features += [{"name": "overall_ratings", "list": "int64"}, {"name": "overall_score", "dtype": "float64"}]
        features += [{"name": "elements", "list": members}, {"name": "image", "dtype": "image"}]
    return features


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "png")
    return buffer.getvalue()
