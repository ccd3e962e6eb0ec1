"""FGA-BLIP2; importing this package registers it with transformers' auto classes."""

from evalmuse_hf.models.fga_blip2.configuration_fga_blip2 import FGABlip2Config
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment, FGABlip2Output
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import ElementLocation, FGABlip2Processor

__all__ = ["ElementLocation", "FGABlip2Config", "FGABlip2ForAlignment", "FGABlip2Output", "FGABlip2Processor"]
