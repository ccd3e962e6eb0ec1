"""Pictures: safe decoding, identity, and reading ahead."""

from evalmuse_hf.images.decoding import MAX_PIXELS, ImageDecodingError, ImageSource, check_image, load_image
from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.images.preparation import Preparation, PreparedPicture, picture_hash, read_picture
from evalmuse_hf.images.reader import DeferredPicture, PictureReader

__all__ = [
    "MAX_PIXELS",
    "DeferredPicture",
    "ImageDecodingError",
    "ImageSource",
    "PictureReader",
    "Preparation",
    "PreparedPicture",
    "check_image",
    "content_hash",
    "load_image",
    "picture_hash",
    "read_picture",
]
