import hashlib

from evalmuse_hf.images.picture_generators import picture_seed


def test_a_seed_is_31_bits_of_a_hash_of_what_the_picture_is():
    digest = hashlib.sha256(b'[7, "SDXL", "00012", 3]').hexdigest()
    assert picture_seed(7, "SDXL", "00012", 3) == int(digest[:8], 16) // 2


def test_every_part_changes_the_seed():
    given = [
        (0, "a", "b", 0),
        (1, "a", "b", 0),
        (0, "c", "b", 0),
        (0, "a", "d", 0),
        (0, "a", "b", 1),
        (0, "ab", "", 0),
    ]
    assert len({picture_seed(*parts) for parts in given}) == len(given)


def test_seeds_spread_over_their_range():
    seeds = [picture_seed(0, "a", str(number), 0) for number in range(2000)]
    assert len(set(seeds)) == 2000
    assert 0 <= min(seeds) < 2**26 < 2**31 - 2**26 < max(seeds) < 2**31
