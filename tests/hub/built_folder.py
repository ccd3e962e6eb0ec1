"""A folder in the form of a built data set, of a few rows and without pictures, for tests of what is done with one."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

COLUMNS = {"pairs": "image_path", "prompts": "prompt"}
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
            pq.write_table(pa.table({COLUMNS[config]: values}), folder / path)
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
                "features": [{"name": COLUMNS[config], "dtype": "string"}],
                "splits": [{"name": "train", "num_bytes": 100 * number, "num_examples": number}],
            }
            for config, number in counts.items()
        ],
    }
    page = f"# {folder.name}\n\n## Counts\n\n| train | {4 * n_shards} |\n"
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(metadata, sort_keys=False)}---\n\n{page}", "utf-8")
    return folder
