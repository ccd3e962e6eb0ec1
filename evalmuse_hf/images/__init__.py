"""Pictures: safe decoding and identity."""

from evalmuse_hf.images.decoding import MAX_PIXELS, ImageDecodingError, ImageSource, check_image, load_image
from evalmuse_hf.images.hashing import content_hash

__all__ = ["MAX_PIXELS", "ImageDecodingError", "ImageSource", "check_image", "content_hash", "load_image"]
