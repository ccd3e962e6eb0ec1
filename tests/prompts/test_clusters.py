from itertools import product

import numpy as np
import pytest

from evalmuse_hf.prompts.clusters import Clusters, fit_clusters

pytest.importorskip("sklearn")


@pytest.fixture
def blobs():
    """Three groups of 5, 3 and 3 vectors around (0, 0), (9, 0) and (0, 9)."""
    rng = np.random.default_rng(0)
    middles = np.repeat([[0, 9], [0, 0], [9, 0]], [3, 5, 3], axis=0)
    return [f"p{row:02d}" for row in range(11)], (middles + rng.normal(0, 0.3, (11, 2))).astype(np.float32)


def test_the_largest_cluster_is_the_first_and_ties_go_by_identifier(blobs):
    ids, vectors = blobs
    found = fit_clusters(ids, vectors, k=3, encoder="e")
    assert found.sizes.tolist() == [5, 3, 3]
    assert found.assign(vectors).tolist() == [1] * 3 + [0] * 5 + [2] * 3
    # A center is the mean of its vectors.
    np.testing.assert_allclose(found.centers[0], vectors[3:8].mean(axis=0), atol=1e-5)
    # With other identifiers the other group of three is first.
    found = fit_clusters(ids[::-1], vectors, k=3)
    assert found.assign(vectors).tolist() == [2] * 3 + [0] * 5 + [1] * 3


def test_the_order_of_rows_changes_nothing(blobs):
    ids, vectors = blobs
    first = fit_clusters(ids, vectors, k=4, seed=3)
    order = np.random.default_rng(1).permutation(len(ids))
    second = fit_clusters([ids[place] for place in order], vectors[order], k=4, seed=3)
    np.testing.assert_array_equal(first.centers, second.centers)
    np.testing.assert_array_equal(first.sizes, second.sizes)


def test_the_fit_is_the_best_there_is():
    """The sum of squares is that of the best of all 3^7 ways to cut eight vectors into three groups."""
    vectors = np.random.default_rng(5).normal(size=(8, 2)).astype(np.float32)

    def spread(labels):
        groups = [vectors[labels == number] for number in np.unique(labels)]
        return sum(((group - group.mean(axis=0)) ** 2).sum() for group in groups)

    best = min(spread(np.array([0, *rest])) for rest in product(range(3), repeat=7))
    found = fit_clusters([f"{row}" for row in range(8)], vectors, k=3)
    assert spread(found.assign(vectors)) == pytest.approx(best, rel=1e-5)


def test_rows_in_batches_find_the_same_groups():
    middles = np.repeat([[0, 9], [0, 0], [9, 0]], [300, 500, 200], axis=0)
    vectors = (middles + np.random.default_rng(0).normal(0, 0.3, (1000, 2))).astype(np.float32)
    found = fit_clusters([f"{row:04d}" for row in range(1000)], vectors, k=3, mini_batch_above=999)
    assert found.assign(vectors).tolist() == [1] * 300 + [0] * 500 + [2] * 200
    assert found.sizes.tolist() == [500, 300, 200]


def test_centers_are_kept_and_new_prompts_go_to_the_nearest(blobs, tmp_path):
    ids, vectors = blobs
    found = fit_clusters(ids, vectors, k=3, seed=7, encoder="minilm#1")
    found.save(tmp_path / "deep" / "centers.npz")
    loaded = Clusters.load(tmp_path / "deep" / "centers.npz")
    np.testing.assert_array_equal(loaded.centers, found.centers)
    assert (loaded.encoder, loaded.seed, loaded.sizes.tolist()) == ("minilm#1", 7, [5, 3, 3])
    assert loaded.assign(np.array([[8, 1], [1, 8], [1, 1]], dtype=np.float32)).tolist() == [2, 1, 0]
    assert loaded.assign(np.zeros((0, 2), dtype=np.float32)).tolist() == []


def test_files_that_hold_no_centers_are_refused(tmp_path):
    path = tmp_path / "centers.npz"
    with pytest.raises(ValueError, match=r"There are no cluster centers at .*centers\.npz"):
        Clusters.load(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"does not hold cluster centers"):
        Clusters.load(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match=r"does not hold cluster centers"):
        Clusters.load(path)
    with path.open("wb") as file:
        np.savez(file, centers=np.zeros(3))
    with pytest.raises(ValueError, match=r"does not hold cluster centers"):
        Clusters.load(path)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"vectors": np.zeros((3, 2), dtype=np.float32)}, "1 different prompts cannot make 2 clusters"),
        ({"vectors": np.zeros((2, 2), dtype=np.float32)}, r"expected \(3, D\)"),
        ({"vectors": np.array([[0, 1], [np.nan, 1], [2, 2]], dtype=np.float32)}, "vector of id 'b'"),
        ({"k": 0}, "`k` is 0"),
    ],
    ids=["all alike", "too few rows", "no number", "no clusters"],
)
def test_bad_input(change, message):
    whole = {"vectors": np.array([[0, 1], [5, 1], [2, 2]], dtype=np.float32), "k": 2} | change
    with pytest.raises(ValueError, match=message):
        fit_clusters(["a", "b", "c"], whole.pop("vectors"), **whole)


def test_vectors_of_another_encoder_are_refused(blobs):
    found = fit_clusters(*blobs, k=2, encoder="minilm")
    with pytest.raises(ValueError, match=r"expected \(N, 2\); use the encoder 'minilm'"):
        found.assign(np.zeros((1, 3), dtype=np.float32))


def test_two_may_save_one_file(tmp_path, monkeypatch):
    """Another one saves in the middle: the last to end is the one that stays."""
    path = tmp_path / "centers.npz"
    first, second = (Clusters(np.zeros((1, 2), np.float32), np.ones(1, np.int64), name) for name in ("one", "two"))
    save = np.savez

    def save_after_another(file, **parts):
        monkeypatch.setattr(np, "savez", save)
        save(file, **parts)
        second.save(path)

    monkeypatch.setattr(np, "savez", save_after_another)
    first.save(path)
    assert Clusters.load(path).encoder == "one"
    assert [file.name for file in tmp_path.iterdir()] == ["centers.npz"]


def test_centers_that_cannot_be_saved_leave_nothing(tmp_path, monkeypatch):
    def fail(file, **parts):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        Clusters(np.zeros((1, 2), np.float32), np.ones(1, np.int64)).save(tmp_path / "centers.npz")
    assert not list(tmp_path.iterdir())
