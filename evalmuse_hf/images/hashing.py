"""Identity of a picture file."""

import hashlib


def content_hash(image_bytes: bytes) -> str:
    """SHA-256 of a picture file as it is stored, in 64 hexadecimal digits.

    It tells whether two files are the same, not whether two pictures look the same: the same pixels stored again may
    hash differently.

    >>> content_hash(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(image_bytes).hexdigest()
