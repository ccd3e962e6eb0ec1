"""What a picture costs each scorer: ``python benchmarks/scorer_speed.py [--scorers NAME ...] [--pictures 2]``.

Networks of their official sizes with random weights, on the CPU; seconds per picture (one prompt each, pictures of
512 pixels, decoding included), the median of several rounds, and the ratio to the first. A 7B chat model does not
fit here: scorers that ask are measured with the packaged one for drawings (``--scorers pn_vqa ...``, or ``asking``
for all of them), and the number of their questions is printed. What a larger one takes is that number divided by the
questions per second that `benchmarks/shared_prefix.py` prints for its ``--size``.
"""

import argparse
import gc
import math
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import (
    BertTokenizer,
    Blip2Config,
    Blip2ForImageTextRetrieval,
    BlipImageProcessorPil,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
)

from evalmuse_hf.models.encoders import ClipTowers, EncoderScorer, picture_preprocessor, tensor_preprocessor
from evalmuse_hf.models.encoders.convert_hps_v2 import OFFICIAL_SIZES as HPS_SIZES
from evalmuse_hf.models.encoders.convert_hps_v2 import build_config as build_hps_config
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment, FGABlip2Processor
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.models.matchers import Blip2Matcher, ImageRewardMatcher, ImageRewardModel, MatchingScorer
from evalmuse_hf.models.matchers.convert_image_reward import OFFICIAL_SIZES as REWARD_SIZES
from evalmuse_hf.models.matchers.convert_image_reward import build_config as build_reward_config
from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.scoring.loading import QUESTION_SCORERS, load_scorer

PROMPT = "a photo of a small cat on a red sofa, two lamps behind it"
SIDE = 512
LETTERS = "abcdefghijklmnopqrstuvwxyz,"
# CLIP ViT-L/14
CLIP_VISION = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
CLIP_TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}


class WordIds:
    """Stands in for CLIP's tokenizer: one id per word."""

    def __call__(self, text: str, **options: object) -> dict[str, list[int]]:
        """Number the words between the tokens for beginning and end."""
        return {"input_ids": [49406, *range(1000, 1000 + len(text.split())), 49407]}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    names = [*BUILDERS, *ASKING, "asking"]
    parser.add_argument("--scorers", nargs="+", choices=names, default=list(BUILDERS), metavar="NAME")
    parser.add_argument("--pictures", type=int, default=2, help="per round, in one pass (default: 2)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is taken (default: 5)")
    parser.add_argument(
        "--processor-time", action="store_true", help="seconds of the processors, for a machine with other work to do"
    )
    arguments = parser.parse_args()
    clock = time.process_time if arguments.processor_time else time.perf_counter
    kind = "processor time" if arguments.processor_time else "time by the clock"
    print(f"CPU, {torch.get_num_threads()} threads, {kind}, float32, {arguments.pictures} pictures per pass")
    first = None
    scorers = [own for name in arguments.scorers for own in (ASKING if name == "asking" else (name,))]
    for name in scorers:
        scorer: Any = BUILDERS[name]() if name in BUILDERS else make_asking(name)
        parameters = sum(parameter.numel() for parameter in scorer.model.parameters())
        speed = measure(scorer, pictures=arguments.pictures, rounds=arguments.rounds, clock=clock)
        first = first or speed.seconds
        asked = f", {speed.questions:.0f} questions" if speed.questions else ""
        print(
            f"{name:13}{parameters / 1e6:7.1f} M parameters {speed.seconds:8.3f} s per picture{asked} "
            f"{speed.seconds / first:6.2f} times {scorers[0]}",
            flush=True,
        )
        del scorer
        gc.collect()


class Speed(NamedTuple):
    """What a picture costs: seconds, and different questions, 0 for scorers that ask nothing."""

    seconds: float
    questions: float


def measure(scorer: Scorer, *, pictures: int, rounds: int, clock: Callable[[], float] = time.perf_counter) -> Speed:
    """Median seconds per picture, after one picture to warm up.

    Args:
        scorer: Who scores.
        pictures: Of each round.
        rounds: How many.
        clock: What counts the seconds.
    """
    rng = np.random.default_rng(0)
    images = list(rng.integers(0, 256, (pictures, SIDE, SIDE, 3), dtype=np.uint8))
    scorer.score(images=images[:1], prompts=[PROMPT])
    seconds = []
    for _ in range(rounds):
        start = clock()
        results = scorer.score(images=images, prompts=[PROMPT] * pictures)
        seconds.append((clock() - start) / pictures)
        if any(math.isnan(result.overall) for result in results):
            raise SystemExit(f"{scorer.name} could not score: {results[0].message}")
    return Speed(statistics.median(seconds), len(_questions(results[0])))


def _questions(result: PairScore) -> set[str]:
    answers = [*result.answers, *(answer for element in result.elements for answer in element.answers)]
    return {answer.question for answer in answers}


def make_clip_score() -> Scorer:
    """CLIP ViT-L/14."""
    config = CLIPConfig(
        vision_config={**CLIP_VISION, "image_size": 224, "patch_size": 14}, text_config=CLIP_TEXT, projection_dim=768
    )
    towers = ClipTowers(CLIPModel(config), WordIds(), picture_preprocessor(CLIPImageProcessorPil()))
    return EncoderScorer(towers, name="clip_score")


def make_hps_v2() -> Scorer:
    """CLIP ViT-H/14, as PickScore and HPSv2 have it."""
    model = CLIPModel(build_hps_config(HPS_SIZES))
    return EncoderScorer(ClipTowers(model, WordIds(), tensor_preprocessor(224)), name="hps_v2")


def make_image_reward() -> Scorer:
    """BLIP with ViT-L/16."""
    model = ImageRewardModel(build_reward_config(REWARD_SIZES))
    return MatchingScorer(ImageRewardMatcher(model, make_tokenizer()), name="image_reward")


def make_blip2_itm() -> Scorer:
    """BLIP-2 with ViT-g/14 at 224 pixels."""
    config = Blip2Config(
        qformer_config={"vocab_size": 30523, "use_qformer_text_input": True}, image_text_hidden_size=256
    )
    preprocess = picture_preprocessor(BlipImageProcessorPil(size={"height": 224, "width": 224}))
    return MatchingScorer(
        Blip2Matcher(Blip2ForImageTextRetrieval(config), make_tokenizer(), preprocess), name="blip2_itm"
    )


def make_fga_blip2() -> Scorer:
    """The released FGA-BLIP2: ViT-g/14 at 364 pixels."""
    processor = FGABlip2Processor(BlipImageProcessorPil(size={"height": 364, "width": 364}), make_tokenizer())
    return FGABlip2Scorer(FGABlip2ForAlignment(FGABlip2Config()), processor, name="fga_blip2")


def make_asking(name: str) -> Scorer:
    """A scorer that asks the packaged chat model."""
    options: dict[str, Any] = {"levels": ["no", "yes"]} if name == "level_judge" else {}  # words that it knows
    return load_scorer(name, model="mini", device="cpu", **options)


def make_tokenizer() -> BertTokenizer:
    """A BERT tokenizer of letters."""
    words = [*("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), *PROMPT.replace(",", " ").split(), *LETTERS]
    ids = {word: place for place, word in enumerate(dict.fromkeys(words))}
    return BertTokenizer(vocab=ids, model_max_length=512)


ASKING = (*QUESTION_SCORERS, "level_judge")
BUILDERS: dict[str, Callable[[], Scorer]] = {
    "clip_score": make_clip_score,
    "hps_v2": make_hps_v2,
    "image_reward": make_image_reward,
    "blip2_itm": make_blip2_itm,
    "fga_blip2": make_fga_blip2,
}


if __name__ == "__main__":
    main()
