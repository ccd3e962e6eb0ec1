"""Scores lists of pictures and prompts with FGA-BLIP2: the `Scorer` behind ``load_scorer("fga_blip2")``."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Protocol

import torch
from torch import Tensor

from evalmuse_hf.elements import PLACED_STATUSES, SpanStatus, official_token_positions
from evalmuse_hf.images import ImageDecodingError
from evalmuse_hf.models.fga_blip2.modeling_fga_blip2 import FGABlip2ForAlignment, FGABlip2Output
from evalmuse_hf.models.fga_blip2.processing_fga_blip2 import FGABlip2Processor
from evalmuse_hf.models.rows import IMAGE_ERROR, PROMPT_ERROR, PairRow, read_rows
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.schema import Element

COMPATIBILITIES = (None, "official")

_NAN = float("nan")


class EncodedPictures(Protocol):
    """Tower outputs of pictures that were kept; `evalmuse_hf.scoring.features.FeatureCache` has it."""

    def identify(self, picture: Any) -> str | None:
        """Name the content of a picture; None if it cannot be read."""

    def find(self, content: str) -> Tensor | None:
        """Look up a tower output, shape ``(P, D_v)``; None if it is not there."""

    def keep(self, content: str, features: Tensor) -> Tensor:
        """Keep a tower output, and return what `find` will give."""


class FGABlip2Scorer:
    """Overall and element scores of FGA-BLIP2, in batches.

    An element's score is the mean of its tokens' scores; one that stands in the prompt several times gets the mean
    over its occurrences. One that is not in what the model reads gets nan.

    Args:
        model: The network; it is moved to ``device`` and scores in evaluation mode.
        processor: The processor that was saved beside it.
        name: How records and reports call the scorer.
        compat: ``"official"`` reproduces the official evaluation: an element is looked up by the token ids of its
            uncleaned text, only its first occurrence counts, and one that is not found scores 0.0; whatever stands in
            the last parentheses of a text is its category, also where the release knows no such category.
        batch_size: Pairs per pass, at least 1.
        device: Where to run; None leaves the model where it is.
        features: Tower outputs from earlier runs; a picture that is among them is not encoded again.

    Raises:
        ValueError: If ``compat`` or ``batch_size`` is outside its range.
    """

    def __init__(
        self,
        model: FGABlip2ForAlignment,
        processor: FGABlip2Processor,
        *,
        name: str,
        compat: str | None = None,
        batch_size: int = 16,
        device: str | torch.device | None = None,
        features: EncodedPictures | None = None,
    ):
        if compat not in COMPATIBILITIES:
            raise ValueError(f"`compat` must be None or 'official', got {compat!r}.")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}.")
        self.model = model if device is None else model.to(device)  # type: ignore[arg-type]
        self.processor = processor
        self.name = name
        self.compat = compat
        self.batch_size = batch_size
        self.features = features

    def score(
        self,
        *,
        images: Sequence[Any],
        prompts: Sequence[str],
        elements: Sequence[Sequence[str | Element]] | None = None,
    ) -> list[PairScore]:
        """Score each picture against the prompt in the same row; see `Scorer.score`.

        Pictures that occur in several rows (the same path or the same object) are opened and encoded once.

        Args:
            images: Anything `evalmuse_hf.images.load_image` opens.
            prompts: Raw prompts.
            elements: For each prompt its elements, as texts, released keys or `Element`; None scores the pairs only.

        Returns:
            One result per row. A row that cannot be scored has nan, a status and a message; the others are scored.

        Raises:
            ValueError: If the inputs differ in length.
        """
        rows = read_rows(images, prompts, elements, compat=self.compat)
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                self._score_rows(rows)
        finally:
            self.model.train(was_training)
        return [row.result for row in rows if row.result is not None]

    def _score_rows(self, rows: list[PairRow]) -> None:
        """Score what can be scored, with the rows of one picture side by side."""
        by_image: dict[object, list[PairRow]] = {}
        for row in rows:
            if problem := self.processor.prompt_problem(row.prompt):
                row.fail(PROMPT_ERROR, f"The prompt {problem}")
            if row.result is None:
                by_image.setdefault(row.image_key, []).append(row)
        readable = [row for group in by_image.values() for row in group]
        encoded: dict[object, Tensor] = {}
        for start in range(0, len(readable), self.batch_size):
            batch = readable[start : start + self.batch_size]
            encoded = self._encode_images(batch, encoded)
            batch = [row for row in batch if row.result is None]
            if batch:
                self._score_batch(batch, torch.stack([encoded[row.image_key] for row in batch]))

    def _encode_images(self, batch: list[PairRow], known: Mapping[object, Tensor]) -> dict[object, Tensor]:
        """Tower outputs of the batch's pictures, each encoded once; rows without a readable picture fail."""
        encoded: dict[object, Tensor] = {}
        pictures: dict[object, Any] = {}
        contents: dict[object, str] = {}
        errors: dict[object, ImageDecodingError] = {}
        for row in batch:
            key = row.image_key
            if key in known:
                encoded[key] = known[key]
            elif key not in encoded and key not in pictures and key not in errors:
                kept = self._find_kept(row, contents)
                try:
                    if kept is None:
                        pictures[key] = row.open_image()
                    else:
                        encoded[key] = kept
                except ImageDecodingError as error:
                    errors[key] = error
            if key in errors:
                row.fail(IMAGE_ERROR, str(errors[key]))
        if pictures:
            pixel_values = self.processor(images=list(pictures.values()), return_tensors="pt")["pixel_values"]
            states = self.model.encode_images(pixel_values.to(self.model.device))
            for key, picture_states in zip(pictures, states, strict=True):
                keep = self.features is not None and key in contents
                encoded[key] = self.features.keep(contents[key], picture_states) if keep else picture_states
        return encoded

    def _find_kept(self, row: PairRow, contents: dict[object, str]) -> Tensor | None:
        """Tower output of a picture from an earlier run; the content of one that has none is noted."""
        content = None if self.features is None else self.features.identify(row.image)
        if self.features is None or content is None:
            return None
        contents[row.image_key] = content
        kept = self.features.find(content)
        return None if kept is None else kept.to(self.model.device)

    def _score_batch(self, batch: list[PairRow], image_embeds: Tensor) -> None:
        prompts = [row.prompt for row in batch]
        inputs = self.processor(prompts=prompts, return_tensors="pt").to(self.model.device)
        output: FGABlip2Output = self.model(**inputs, image_embeds=image_embeds)
        overall = output.overall_score.tolist()
        token_scores = output.token_scores.tolist()
        if self.compat == "official":
            elements = self._official_element_scores(batch, inputs["input_ids"].tolist(), token_scores)
        else:
            elements = self._element_scores(batch, token_scores)
        for row, pair_overall, pair_elements in zip(batch, overall, elements, strict=True):
            row.take(pair_overall, pair_elements)

    def _element_scores(self, batch: list[PairRow], token_scores: list[list[float]]) -> list[list[ElementScore]]:
        texts = [[element.text for element in row.elements] for row in batch]
        locations = self.processor.locate([row.prompt for row in batch], texts)
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
