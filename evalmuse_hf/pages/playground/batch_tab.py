"""The tab of many pictures: upload a list and its pictures, watch them being scored, take the scores home."""

import functools
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.elements.splitter import Splitter
from evalmuse_hf.pages.disk_space import DiskSpace
from evalmuse_hf.pages.frame import name_examples, prepare_gradio
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.playground.batch import score_batch
from evalmuse_hf.pages.playground.batch_html import note_html, progress_html, rows_html, summary_html
from evalmuse_hf.pages.playground.batch_inputs import ACCEPTED, read_inputs
from evalmuse_hf.pages.playground.batch_results import (
    FILE_NAMES,
    BatchSummary,
    summarize_batch,
    summary_record,
    write_batch_files,
)
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.pages.uploads import find_upload
from evalmuse_hf.scoring.provenance import provenance_of

CONCURRENCY_ID = "batch"
"""Batches wait for each other and for nobody else; they ask a scorer in turn with single requests."""

_HELP = (
    "Upload a list with the columns `image` and `prompt` (`.csv` or `.jsonl`), and the pictures that it names, loose "
    "or in a `.zip`. Optional columns: `elements` (a JSON list of texts), `id`, `prompt_id`, `generator`; all others "
    "are kept. At most {rows:,} rows, {file} for each file, {archive} unpacked, and {seconds:g} seconds for it all. "
    "What you upload is deleted after {minutes:.0f} minutes at the latest."
)
_LABELS = ("CSV for spreadsheets", "Parquet", "JSON lines")


@dataclass(frozen=True, slots=True)
class BatchStep:
    """Where a batch is.

    Attributes:
        n_done: Rows that are scored.
        n_rows: All; 0 before the list was read.
        rows: Output rows, once all are there.
        summary: Of them.
        paths: The files to take home.
        notes: What the visitor should know.
    """

    n_done: int
    n_rows: int
    rows: tuple[Mapping[str, Any], ...] = ()
    summary: BatchSummary | None = None
    paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


class BatchService:
    """Answers batches; knows nothing of components.

    Args:
        scorers: Those of the server.
        limits: What a batch may hold.
        splitter: Proposes elements where a visitor wants that; None for none.
    """

    def __init__(self, scorers: PageScorers, *, limits: PageLimits, splitter: Splitter | None = None) -> None:
        self.scorers, self.limits, self.splitter = scorers, limits, splitter
        self._space = DiskSpace(limits)
        self._provenance = functools.cache(self._describe)

    def steps(self, files: Any, label: str | None, propose: Any) -> Iterator[BatchStep]:
        """Score what somebody uploaded; whoever stops asking ends it, and nothing is left.

        Args:
            files: Uploads as Gradio spells them, or their paths.
            label: Of the scorer; None or empty for the first.
            propose: Whether to propose elements where a row has none.

        Yields:
            Steps; the last one has the rows.

        Raises:
            PageError: If it cannot be done; one sentence.
        """
        given = files if isinstance(files, list | tuple) else [files] if files else []
        if len(given) > self.limits.max_archive_files:
            raise PageError(f"There are {len(given):,} files; {self.limits.max_archive_files:,} are allowed.")
        found = [find_upload(value, limits=self.limits, what="A file") for value in given]
        self.scorers.find(label)
        full = self._space.find_refusal()
        if full is not None:
            raise PageError(full)
        start = time.monotonic()  # reading counts too
        inputs = read_inputs(found, limits=self.limits)
        rows: list[Mapping[str, Any]] = []
        with inputs.pictures:
            yield BatchStep(0, len(inputs.rows))
            splitter = self.splitter if propose is True else None
            for block in score_batch(self.scorers, label, inputs, limits=self.limits, splitter=splitter, start=start):
                rows += block
                yield BatchStep(len(rows), len(inputs.rows))
        paths = write_batch_files(rows, self._provenance(label or self.scorers.labels[0]))
        self._space.add(sum(path.stat().st_size for path in paths))
        try:
            yield BatchStep(len(rows), len(rows), tuple(rows), summarize_batch(rows), paths, inputs.notes)
        except GeneratorExit:  # cancelled in the last moment
            shutil.rmtree(paths[0].parent, ignore_errors=True)
            raise

    def _describe(self, label: str) -> dict[str, Any]:
        """Computed once for each scorer: it reads the weights from disk."""
        return provenance_of(self.scorers.find(label))


def add_batch_tab(scorers: PageScorers, *, limits: PageLimits, splitter: Splitter | None = None) -> BatchService:
    """Add the components of the tab, its events and the endpoint ``/batch`` to the Blocks that are being built.

    Args:
        scorers: Those of the server.
        limits: What a batch may hold.
        splitter: Proposes elements where a row has none and a visitor wants that; None leaves the choice out.

    Returns:
        What answers.
    """
    gradio = prepare_gradio()
    service = BatchService(scorers, limits=limits, splitter=splitter)
    gradio.Markdown(
        _HELP.format(
            rows=limits.max_batch_rows,
            file=spell_bytes(limits.max_file_size),
            archive=spell_bytes(limits.max_archive_bytes),
            seconds=limits.time_limit_s,
            minutes=limits.keep_uploads_s / 60,
        )
    )
    files = gradio.File(
        file_count="multiple", file_types=list(ACCEPTED), label="Files", elem_id="batch-files", height=180
    )
    name_examples(files, "pairs.csv", "pictures.zip")
    with gradio.Row():
        label = gradio.Dropdown(
            list(scorers.labels),
            value=scorers.labels[0],
            label="Scorer",
            visible=len(scorers.labels) > 1,
            min_width=280,
        )
        propose = gradio.Checkbox(
            splitter is not None,
            label="Propose elements where a row has none",
            visible=splitter is not None,
            min_width=280,
            elem_id="batch-propose",
        )
    with gradio.Row():
        start = gradio.Button("Score all", variant="primary", elem_id="batch-start")
        stop = gradio.Button("Cancel", variant="secondary", elem_id="batch-cancel")
    status = gradio.HTML(elem_id="batch-status", container=False)
    with gradio.Row():
        downloads = [
            gradio.DownloadButton(f"Download {name}", visible=False, elem_id=f"batch-{ending}", size="sm")
            for name, ending in zip(_LABELS, ("csv", "parquet", "jsonl"), strict=True)
        ]
    table = gradio.HTML(elem_id="batch-table", container=False)
    options = {"concurrency_limit": 1, "concurrency_id": CONCURRENCY_ID, "show_progress": "hidden"}
    running = start.click(
        _page_steps(gradio, service),
        [files, label, propose],
        [status, table, *downloads],
        api_visibility="private",
        preprocess=False,  # Gradio would refuse kinds of files with a sentence of its own
        **options,
    )
    stop.click(
        lambda: [note_html("Cancelled; nothing was kept."), "", *_hidden(gradio)],
        None,
        [status, table, *downloads],
        cancels=[running],
        api_visibility="private",
        queue=False,
    )
    _add_endpoint(gradio, service, files, label, propose, options)
    return service


def _add_endpoint(
    gradio: Any, service: BatchService, files: Any, label: Any, propose: Any, options: Mapping[str, Any]
) -> None:
    def batch(files: Any, scorer: Any, propose_elements: Any) -> tuple[dict[str, Any], list[str]]:
        """Gradio takes the names that clients use from here."""
        try:
            *_, last = service.steps(files, scorer, propose_elements)
        except PageError as error:
            raise gradio.Error(str(error), print_exception=False) from None
        record = {
            "scorer": scorer or service.scorers.labels[0],
            **(summary_record(last.summary) if last.summary is not None else {}),
            "notes": list(last.notes),
        }
        return record, [str(path) for path in last.paths]

    trigger = gradio.Button(visible=False)
    trigger.click(
        batch,
        [files, label, propose],
        [
            gradio.JSON(visible=False, label="summary"),
            gradio.File(visible=False, label="scores", file_count="multiple"),
        ],
        api_name="batch",
        api_description="Score the rows of a list (.csv or .jsonl, columns image and prompt) with the pictures that "
        "it names, loose or in a .zip, such as pairs.csv and pictures.zip; files are uploaded, addresses are refused. "
        f"Gives a summary and the files {', '.join(FILE_NAMES)}.",
        preprocess=False,
        **options,
    )


def _page_steps(gradio: Any, service: BatchService) -> Callable[[Any, Any, Any], Iterator[list[Any]]]:
    """What the button does, as updates of status, table and downloads."""

    def steps(files: Any, label: Any, propose: Any) -> Iterator[list[Any]]:
        kept = [gradio.skip()] * (1 + len(FILE_NAMES))
        yield [progress_html(0, 0), "", *_hidden(gradio)]
        try:
            for step in service.steps(files, label, propose):
                if step.summary is None:
                    yield [progress_html(step.n_done, step.n_rows), *kept]
                    continue
                named = label or service.scorers.labels[0]
                yield [
                    summary_html(step.summary, label=named, notes=step.notes),
                    rows_html(step.rows),
                    *(gradio.update(value=str(path), visible=True) for path in step.paths),
                ]
        except PageError as error:
            yield [note_html(str(error), kind="error"), "", *_hidden(gradio)]

    return steps


def _hidden(gradio: Any) -> Sequence[Any]:
    return [gradio.update(value=None, visible=False) for _ in FILE_NAMES]
