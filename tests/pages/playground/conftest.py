"""What several tests of the playground need."""

import pytest
from PIL import Image


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    paths = []
    for level in (0, 255):
        paths.append({"path": str(tmp_path / f"{level}.png"), "orig_name": f"{level}.png"})
        Image.new("RGB", (4, 4), (level, 0, 0)).save(paths[-1]["path"])
    return paths
