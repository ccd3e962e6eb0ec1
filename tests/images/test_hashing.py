from evalmuse_hf.images.hashing import content_hash


def test_the_hash_is_sha256_of_the_file():
    # FIPS 180-2, example B.1
    assert content_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
