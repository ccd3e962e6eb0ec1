"""Scores lists of pictures and prompts with FGA-BLIP2: the `Scorer` behind ``load_scorer("fga_blip2")``."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from evalmuse_hf.elements import PLACED_STATUSES, SpanStatus, official_token_positions
from evalmuse_hf.images import Preparation, PreparedPicture
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment, FGABlip2Output
from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import tensor_cores, tower_precision
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import ElementLocation, FGABlip2Processor
from evalmuse_hf.models.memory_limits import run_in_batches
from evalmuse_hf.models.picture_encoding import KeptFeatures, PictureEncoder
from evalmuse_hf.models.rows import PROMPT_ERROR, PairRow, read_rows, reading_ahead
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.schema import Element

COMPATIBILITIES = (None, "official")
PAIRS_PER_PASS = 64
"""Pairs per pass of the Q-Former, at least; it costs a hundredth of what the tower does."""
_NAN = float("nan")
_PASSES_AHEAD = 2  # pairs that wait so that those of one length come together, in passes


class _Pair(NamedTuple):
    """A row whose picture is encoded.

    Attributes:
        row: The row.
        image: Tower output of its picture, shape ``(P, D_v)``.
    """

    row: PairRow
    image: Tensor


class FGABlip2Scorer:
    """Overall and element scores of FGA-BLIP2, in batches.

    An element's score is the mean of its tokens' scores; one that stands in the prompt several times gets the mean
    over its occurrences. One that is not in what the model reads gets nan.

    Pictures are read in other threads or processes and encoded once per content; prompts of similar length pass
    through the network together.

    Args:
        model: The network; it is moved to ``device`` and scores in evaluation mode.
        processor: The processor that was saved beside it.
        name: How records and reports call the scorer.
        compat: ``"official"`` reproduces the official evaluation: an element is looked up by the token ids of its
            uncleaned text, only its first occurrence counts, and one that is not found scores 0.0; whatever stands in
            the last parentheses of a text is its category, also where the release knows no such category.
        batch_size: Pictures per pass, at least 1; None finds out what fits into the memory of a GPU, and takes 16
            elsewhere. One that does not fit is halved.
        device: Where to run; None leaves the model where it is.
        features: Tower outputs from earlier runs; a picture that is among them is not encoded again.
        remember: Keep the tower outputs of the pictures that were used last in memory from one call to the next; for
            networks whose weights do not change.

    Raises:
        ValueError: If ``compat`` or a number is outside its range.
    """

    def __init__(
        self,
        model: FGABlip2ForAlignment,
        processor: FGABlip2Processor,
        *,
        name: str,
        compat: str | None = None,
        batch_size: int | None = None,
        device: str | torch.device | None = None,
        features: KeptFeatures | None = None,
        remember: bool = False,
    ):
        if compat not in COMPATIBILITIES:
            raise ValueError(f"`compat` must be None or 'official', got {compat!r}.")
        self.model = model if device is None else model.to(device)  # type: ignore[arg-type]
        self.processor = processor
        self.name = name
        self.compat = compat
        self.remember = remember
        self.encoder = PictureEncoder(self._run_tower, batch_size=batch_size, kept=features)

    @property
    def preparation(self) -> Preparation | None:
        """How whoever reads pictures for this scorer resizes them."""
        return self.processor.preparation

    def compile_tower(self) -> None:
        """Let torch.compile translate the vision tower at its first use, which takes a minute or so."""
        tower: Any = self.model.vision_model.encoder
        tower.compile(dynamic=True)

    def forget(self) -> None:
        """Forget the pictures that were seen before; those on disk stay."""
        self.encoder.memory.clear()

    def wants(self, content: str) -> bool:
        """Whether the pixels of a picture are needed.

        Args:
            content: Hash of its content.
        """
        return self.encoder.wants(content)

    def score(
        self,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element]] | None = None,
    ) -> list[PairScore]:
        """Score each picture against the prompt in the same row; see `Scorer.score`.

        Args:
            images: Anything `evalmuse_hf.images.load_image` opens, or pictures that a `PictureReader` reads.
            prompts: Raw prompts.
            elements: For each prompt its elements, as texts, released keys or `Element`; None scores the pairs only.

        Returns:
            One result per row. A row that cannot be scored has nan, a status and a message; the others are scored.

        Raises:
            ValueError: If the inputs differ in length.
            RuntimeError: If not even one picture fits into memory.
        """
        rows = read_rows(images, prompts, elements, compat=self.compat)
        was_training = self.model.training
        self.model.eval()
        try:
            self._refuse_prompts(rows)
            with torch.inference_mode(), reading_ahead(rows, self.preparation, wanted=self.wants):
                self._score_rows(rows)
        finally:
            self.model.train(was_training)
            if not self.remember:
                self.encoder.memory.clear()
        return [row.result for row in rows if row.result is not None]

    def _refuse_prompts(self, rows: Sequence[PairRow]) -> None:
        problems: dict[Any, str | None] = {}
        for row in rows:
            if not isinstance(row.prompt, str) or row.prompt not in problems:
                problem = self.processor.prompt_problem(row.prompt)
                if isinstance(row.prompt, str):
                    problems[row.prompt] = problem
            else:
                problem = problems[row.prompt]
            if problem:
                row.fail(PROMPT_ERROR, f"The prompt {problem}")

    def _score_rows(self, rows: Sequence[PairRow]) -> None:
        """Score what can be scored: pictures in the order in which they come, their pairs a few passes later."""
        pairs: list[_Pair] = []
        for group, image in self.encoder.encode_groups(rows, device=self.model.device):
            pairs += [_Pair(row, image) for row in group]
            if len(pairs) >= _PASSES_AHEAD * self._pairs_per_pass:
                self._score_pairs(pairs)
                pairs = []
        self._score_pairs(pairs)

    @property
    def _pairs_per_pass(self) -> int:
        return max(PAIRS_PER_PASS, self.encoder.batch_size or 0)

    def _run_tower(self, pictures: Sequence[PreparedPicture]) -> Tensor:
        return self.model.encode_images(self._pixel_values(pictures))

    def _pixel_values(self, pictures: Sequence[PreparedPicture]) -> Tensor:
        """What the processor makes of pictures, made on the device of the bytes that it would make it of."""
        size = self.model.config.vision_config.image_size
        pixels = [picture.pixels for picture in pictures if picture.pixels is not None]
        if any(each.shape != (size, size, 3) for each in pixels):
            images = [picture.to_image() for picture in pictures]
            prepared: Tensor = self.processor(images=images, return_tensors="pt")["pixel_values"]
            return prepared.to(self.model.device)
        stacked = torch.from_numpy(np.stack(pixels))
        if self.model.device.type == "cuda":
            stacked = stacked.pin_memory()
        return self.processor.normalize(stacked.to(self.model.device, non_blocking=True))

    def _score_pairs(self, pairs: Sequence[_Pair]) -> None:
        """Score pairs, those whose prompts have about the same length together."""
        by_length = sorted(pairs, key=lambda pair: len(pair.row.prompt))
        for _ in run_in_batches(self._score_batch, by_length, self._pairs_per_pass):
            pass  # each batch puts its results into its rows

    def _score_batch(self, pairs: Sequence[_Pair]) -> None:
        batch = [pair.row for pair in pairs]
        places: dict[int, int] = {}
        index = [places.setdefault(id(pair.image), len(places)) for pair in pairs]
        images = {id(pair.image): pair.image for pair in pairs}
        prompts = [row.prompt for row in batch]
        texts = [[] if self.compat == "official" else [item.text for item in row.elements] for row in batch]
        located = self.processor.encode_located(prompts, texts)
        device = self.model.device
        with tensor_cores(allowed=tower_precision(self.model) != torch.float32):
            output: FGABlip2Output = self.model(
                input_ids=torch.tensor(located.input_ids, device=device),
                attention_mask=torch.tensor(located.attention_mask, device=device),
                image_embeds=torch.stack([images[key] for key in places]),
                image_index=torch.tensor(index, device=device) if len(places) < len(pairs) else None,
            )
        overall = output.overall_score.tolist()
        token_scores = output.token_scores.tolist()
        if self.compat == "official":
            elements = self._official_element_scores(batch, located.input_ids, token_scores)
        else:
            elements = self._element_scores(batch, located.locations, token_scores)
        for row, pair_overall, pair_elements in zip(batch, overall, elements, strict=True):
            row.take(pair_overall, pair_elements)

    def _element_scores(
        self,
        batch: list[PairRow],
        locations: list[list[ElementLocation]],
        token_scores: list[list[float]],
    ) -> list[list[ElementScore]]:
        results = []
        for row, scores, row_locations in zip(batch, token_scores, locations, strict=True):
            row_results = []
            for element, location in zip(row.elements, row_locations, strict=True):
                score = _NAN
                if location.status in PLACED_STATUSES:
                    score = fmean(fmean(scores[column] for column in columns) for columns in location.occurrences)
                row_results.append(ElementScore(element.text, element.category, score, location.status))
            results.append(row_results)
        return results

    def _official_element_scores(
        self, batch: list[PairRow], input_ids: list[list[int]], token_scores: list[list[float]]
    ) -> list[list[ElementScore]]:
        results = []
        for row, ids, scores in zip(batch, input_ids, token_scores, strict=True):
            row_results = []
            for element in row.elements:
                element_ids = self.processor.tokenizer(element.text, add_special_tokens=False)["input_ids"]
                columns = official_token_positions(ids, element_ids)
                score = fmean(scores[column] for column in columns) if columns else 0.0
                status = SpanStatus.OK if columns else SpanStatus.UNMATCHED
                row_results.append(ElementScore(element.text, element.category, score, status))
            results.append(row_results)
        return results
