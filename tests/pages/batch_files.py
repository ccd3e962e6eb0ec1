"""What the tests of batches and attacks send, and a scorer that costs nothing."""

import io
import threading
import time
import zipfile

import numpy as np
from PIL import Image

from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.pages.uploads import UploadedFile
from evalmuse_hf.schema import Element


class Brightness:
    """Scores how bright a picture is, from 1 to 5, and each element the same."""

    name = "brightness"

    def __init__(self):
        self.seconds = 0.0
        self.calls = 0
        self.started = threading.Event()

    def score(self, *, images, prompts, elements=None):
        self.calls += 1
        self.started.set()
        time.sleep(self.seconds)
        if "break" in prompts:
            raise MemoryError("no memory is left in /srv/secret")
        elements = elements or [()] * len(images)
        return [self._score(*row) for row in zip(images, prompts, elements, strict=True)]

    @staticmethod
    def _score(image, prompt, elements):
        value = float(np.asarray(image).mean()) / 255
        found = [Element.read(element) for element in elements]
        return PairScore(1 + 4 * value, tuple(ElementScore(each.text, each.category, value, "ok") for each in found))


def png(level=255, size=(4, 4)):
    """A grey picture."""
    target = io.BytesIO()
    Image.new("L", size, level).save(target, "PNG")
    return target.getvalue()


def zip_of(members, *, compression=zipfile.ZIP_STORED):
    """An archive; names are texts or `zipfile.ZipInfo`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def uploaded(folder, **files):
    """Files as `find_upload` gives them; ``list_csv`` is called ``list.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for key, content in files.items():
        name = ".".join(key.rsplit("_", 1))
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found.append(UploadedFile(path, name, path.stat().st_size))
    return found
