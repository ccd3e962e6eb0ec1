"""Pictures: safe decoding, identity, reading ahead, drawing by generators, and taking in those made elsewhere."""

from evalmuse_hf.images.decoding import MAX_PIXELS, ImageDecodingError, ImageSource, check_image, load_image
from evalmuse_hf.images.generation import GenerationSummary, generate_pictures
from evalmuse_hf.images.generator_configs import GeneratorConfig, config_rows, find_config, load_configs
from evalmuse_hf.images.hashing import content_hash
from evalmuse_hf.images.importing import ImportSummary, import_pictures
from evalmuse_hf.images.manifest import PictureRecord
from evalmuse_hf.images.picture_generators import (
    DrawnPicture,
    GeneratorDescription,
    GeneratorError,
    PictureGenerator,
    picture_seed,
)
from evalmuse_hf.images.picture_prompts import PicturePrompt, read_picture_prompts
from evalmuse_hf.images.preparation import Preparation, PreparedPicture, picture_hash, read_picture
from evalmuse_hf.images.reader import DeferredPicture, PictureReader

__all__ = [
    "MAX_PIXELS",
    "DeferredPicture",
    "DrawnPicture",
    "GenerationSummary",
    "GeneratorConfig",
    "GeneratorDescription",
    "GeneratorError",
    "ImageDecodingError",
    "ImageSource",
    "ImportSummary",
    "PictureGenerator",
    "PicturePrompt",
    "PictureReader",
    "PictureRecord",
    "Preparation",
    "PreparedPicture",
    "check_image",
    "config_rows",
    "content_hash",
    "find_config",
    "generate_pictures",
    "import_pictures",
    "load_configs",
    "load_image",
    "picture_hash",
    "picture_seed",
    "read_picture",
    "read_picture_prompts",
]
