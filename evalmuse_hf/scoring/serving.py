"""A scorer behind an address: a Gradio app that scores what concurrent clients send in common batches.

The batching is Gradio's own: whatever waits in its queue when the scorer becomes free is the next batch. What is added
here is that one request can never spoil the batch that it travels in.
"""

import dataclasses
import functools
import json
import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from evalmuse_hf.models.scorer import PairScore, Scorer
from evalmuse_hf.optional import require
from evalmuse_hf.scoring.addresses import ServingError, check_address
from evalmuse_hf.scoring.provenance import provenance_of
from evalmuse_hf.scoring.scores import json_line

logger = logging.getLogger(__name__)

MAX_BATCH_SIZE = 16
MAX_WAITING = 256
MAX_FILE_SIZE = "20mb"
MAX_PROMPT_LENGTH = 4_000
MAX_ELEMENTS = 64
_N_INPUTS = 3
_SWEEPING = (225, 3_150)  # every how many seconds it looks for uploads of which age; together less than an hour
_WRONG_COUNT = f"Give {_N_INPUTS} values: the picture, the prompt, and the elements (null for none)."


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not handed to the scorer.

    Attributes:
        status: As in `PairScore`.
        message: One sentence.
    """

    status: str
    message: str


class ScoringService:
    """Scores batches of requests and counts them; knows nothing of Gradio.

    Attributes:
        scorer: What scores.
        batch_sizes: How many batches there were of each size.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.batch_sizes: Counter[int] = Counter()

    def score_batch(
        self, pictures: Sequence[Any], prompts: Sequence[Any], elements: Sequence[Any]
    ) -> list[list[dict[str, Any]]]:
        """Answer one batch, in the shape that Gradio wants: one list for the only output.

        Args:
            pictures: Mappings with ``path`` and ``orig_name``, as Gradio hands over uploads, or refusals.
            prompts: As many prompts.
            elements: For each prompt its elements, as `read_elements` takes them.

        Returns:
            One list with an answer per request: ``overall_score``, ``status``, ``message`` and ``elements``, as in the
            rows of `evalmuse_hf.scoring.Scores`, with None for what could not be scored.
        """
        self.batch_sizes[len(pictures)] += 1
        answers: list[dict[str, Any]] = [{} for _ in pictures]
        rows = list(zip(pictures, prompts, elements, strict=True))
        good = [index for index, row in enumerate(rows) if not isinstance(row[0], Refusal)]
        scores = self._score([rows[index] for index in good])
        for index, score in zip(good, scores, strict=True):
            answers[index] = _spell(score, rows[index][0])
        for index, (picture, _, _) in enumerate(rows):
            if isinstance(picture, Refusal):
                answers[index] = _spell(PairScore(float("nan"), (), picture.status, picture.message), None)
        return [answers]

    def warm_up(self) -> None:
        """Score a blank picture, so that no client waits for what a scorer loads late."""
        from PIL import Image

        try:
            self.scorer.score(images=[Image.new("RGB", (32, 32))], prompts=["a picture"], elements=[["picture"]])
        except Exception as error:  # what is wrong is said to the first client, in its own words
            logger.warning("The scorer failed on a blank picture: %s", error)

    def describe(self) -> dict[str, Any]:
        """Say what scores here, and in what batches it did since the start."""
        counts = sorted(self.batch_sizes.copy().items())
        return {
            "scorer": self.scorer.name,
            "provenance": self._provenance,
            "requests": sum(size * count for size, count in counts),
            "batch_sizes": {str(size): count for size, count in counts},
        }

    @functools.cached_property
    def _provenance(self) -> dict[str, Any]:
        """Computed once: it reads the weights from disk."""
        return provenance_of(self.scorer)

    def _score(self, rows: Sequence[tuple[Any, Any, Any]]) -> list[PairScore]:
        """Score rows together; if that fails altogether, one by one, so that the fault stays with its row."""
        if not rows:
            return []
        pictures, prompts, elements = zip(*rows, strict=True)
        try:
            return self.scorer.score(
                images=[picture["path"] for picture in pictures],
                prompts=list(prompts),
                elements=[read_elements(given) for given in elements],
            )
        except Exception as error:  # a scorer of any origin, whose fault may end this batch and no other
            if len(rows) > 1:
                logger.warning("A batch of %d failed (%s); its requests are scored one by one.", len(rows), error)
                return [score for row in rows for score in self._score([row])]
            logger.exception("A request could not be scored.")
            sentence = f"The scorer failed ({type(error).__name__}); the log of the server has more."
            return [PairScore(float("nan"), (), "score_error", sentence)]


def read_elements(given: Any) -> list[str]:
    r"""Read the elements of a request.

    Args:
        given: A list of texts; one text with the same list in JSON, or with one element per line; None for none.

    Raises:
        ValueError: If it is anything else.

    Examples:
        >>> read_elements('["a red cat", "sofa"]'), read_elements("a red cat\n sofa"), read_elements(None)
        (['a red cat', 'sofa'], ['a red cat', 'sofa'], [])
    """
    if isinstance(given, str):
        if given.lstrip().startswith("["):
            try:
                given = json.loads(given)
            except (ValueError, RecursionError):
                raise ValueError("The elements begin like a JSON list and are none.") from None
        else:
            given = [line.strip() for line in given.splitlines() if line.strip()]
    listed = [] if given is None else given
    if not isinstance(listed, list) or not all(isinstance(element, str) for element in listed):
        raise ValueError("The elements must be a list of texts.")
    if len(listed) > MAX_ELEMENTS:
        raise ValueError(f"There are {len(listed)} elements; {MAX_ELEMENTS} are allowed.")
    if any(len(element) > MAX_PROMPT_LENGTH for element in listed):
        raise ValueError(f"An element is longer than {MAX_PROMPT_LENGTH} characters.")
    return listed


def find_refusal(picture: Any, prompt: Any, elements: Any) -> Refusal | None:
    """Say why a request cannot be scored, before anything in it is opened; None if nothing speaks against it.

    Args:
        picture: What stands for the picture; only an uploaded file is taken, and no address is ever fetched.
        prompt: What stands for the prompt.
        elements: What stands for the elements.
    """
    if picture is None:
        return Refusal("image_error", "There is no picture; upload one.")
    meta = picture.get("meta") if isinstance(picture, Mapping) else None
    uploaded = isinstance(meta, Mapping) and meta.get("_type") == "gradio.FileData"
    path = picture.get("path") if uploaded else None
    if not isinstance(path, str) or "://" in path:
        sentence = "The picture is no uploaded file; upload it, as `gradio_client.handle_file(PATH)` does."
        return Refusal("image_error", sentence)
    if not isinstance(prompt, str):
        return Refusal("prompt_error", "The prompt must be a text.")
    if len(prompt) > MAX_PROMPT_LENGTH:
        return Refusal("prompt_error", f"The prompt is longer than {MAX_PROMPT_LENGTH} characters.")
    try:
        read_elements(elements)
    except ValueError as error:
        return Refusal("element_error", str(error))
    return None


def build_app(scorer: Scorer, *, max_batch_size: int = MAX_BATCH_SIZE, max_waiting: int = MAX_WAITING) -> Any:
    """Build the app: a page with the endpoints ``/score`` and ``/about``.

    Args:
        scorer: What scores; only one batch at a time is handed to it.
        max_batch_size: Requests that are scored together at most.
        max_waiting: Requests that wait at most; the next one is refused at once.

    Returns:
        `gradio.Blocks`, to be started with `start_app`. Its attribute ``service`` is the `ScoringService`.

    Raises:
        ImportError: If gradio is not installed.
        ServingError: If a number is below 1.
    """
    for name, value in (("max_batch_size", max_batch_size), ("max_waiting", max_waiting)):
        if value < 1:
            raise ServingError(f"`{name}` must be at least 1, got {value}.")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # is read at import
    gradio = require("gradio", purpose="Serving", extra="spaces")
    service = ScoringService(scorer)

    def score(image: list[Any], prompt: list[Any], elements: list[Any]) -> list[list[dict[str, Any]]]:
        """Gradio takes the names that clients use from here, where each stands for a whole batch."""
        return service.score_batch(image, prompt, elements)

    def about() -> dict[str, Any]:
        """Say what scores here, and in what batches it did since the start."""
        return service.describe()

    with gradio.Blocks(title=f"evalmuse_hf: {scorer.name}", analytics_enabled=False, delete_cache=_SWEEPING) as app:
        gradio.Markdown(f"# {scorer.name}\nHow well a picture shows its prompt, and each element of it.")
        inputs = [
            gradio.Image(type="filepath", label="image"),
            gradio.Textbox(label="prompt"),
            gradio.Textbox("", label="elements", info="one per line, or a JSON list", lines=3),
        ]
        button = gradio.Button("Score", variant="primary")
        answer = gradio.JSON(label="scores")
        button.click(
            score,
            inputs,
            answer,
            api_name="score",
            api_description="Score a picture against its prompt, and each of the elements.",
            batch=True,
            max_batch_size=max_batch_size,
            concurrency_limit=1,  # one model, one batch at a time
            preprocess=False,  # Gradio would decode the picture; the scorer does, as it does offline
        )
        gradio.api(about, api_name="about")
    # Requests that skip the queue would also skip the limit of one batch at a time.
    app.queue(max_size=max_waiting, default_concurrency_limit=1, api_open=False)
    app.service = service
    _isolate_requests(app)
    return app


def start_app(
    app: Any,
    *,
    host: str | None = None,
    port: int | None = None,
    max_file_size: str = MAX_FILE_SIZE,
    options: Mapping[str, Any] | None = None,
) -> str:
    """Start to answer requests, in the background; `wait_for_end` waits until it is to stop.

    Args:
        app: What `build_app` returned.
        host: Address to listen at, such as ``"127.0.0.1"`` or ``"0.0.0.0"``; None is what Gradio takes, which is what
            a Space sets, and else this machine alone.
        port: None is what Gradio takes: what a Space sets, and else the first free one from 7860.
        max_file_size: Largest picture that may be uploaded, such as ``"20mb"``.
        options: Further options of ``launch``, such as the look of a page and a guard before it.

    Returns:
        The address that answers.

    Raises:
        ServingError: If the address cannot be taken.
    """
    if port is not None:
        check_address(host or "127.0.0.1", port)
    app.service.warm_up()
    try:
        usual = {"show_error": True, "run_history": False, "ssr_mode": False, "enable_monitoring": False}
        _, address, _ = app.launch(
            server_name=host,
            server_port=port,
            max_file_size=max_file_size,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            **{**usual, **(options or {})},
        )
    except OSError as error:  # another program was faster, or there is no free port
        raise ServingError(f"The app cannot be started: {error}") from error
    return str(address)


def wait_for_end(app: Any, *, on_end: Callable[[], object] | None = None) -> None:
    """Wait until Ctrl-C or the signal to end, then stop answering and give the port back.

    Args:
        app: What `start_app` started.
        on_end: Called at once when it is to stop; stopping takes seconds.
    """
    with _ending_by_signal():
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            logger.info("Stopping.")
            if on_end is not None:
                on_end()
        finally:
            app.close(verbose=False)


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """While it is entered, the signal that ends containers does what Ctrl-C does; else uploads would stay."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's alone
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: Any) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would break off the stopping
    raise KeyboardInterrupt


def _isolate_requests(app: Any) -> None:
    """Keep a bad request from spoiling its batch.

    Gradio prepares the values of a batch together and fails it as a whole when one of them cannot be prepared, and it
    cuts all requests of a batch to the values of the shortest.
    """
    prepare, push = app.preprocess_data, app._queue.push

    async def preprocess_data(block_fn: Any, inputs: list[Any], *rest: Any, **options: Any) -> Any:
        if not block_fn.batch:
            return await prepare(block_fn, inputs, *rest, **options)
        refusal = find_refusal(*inputs)
        if refusal is None:
            try:
                return await prepare(block_fn, inputs, *rest, **options)
            except Exception as error:  # such as a file that nobody uploaded; Gradio's sentence names folders of ours
                logger.info("A picture was refused: %s", error)
                refusal = Refusal("image_error", "The picture is not among the uploaded files; upload it again.")
        return [refusal, *inputs[1:]]

    async def push_checked(body: Any, request: Any, username: Any) -> Any:
        block_fn = app.fns.get(body.fn_index)
        if block_fn is not None and block_fn.batch and len(body.data or ()) != _N_INPUTS:
            return False, _WRONG_COUNT, "error"
        return await push(body, request, username)

    app.preprocess_data = preprocess_data
    app._queue.push = push_checked


def _spell(score: PairScore, picture: Mapping[str, Any] | None) -> dict[str, Any]:
    """Spell a score as an answer; what Gradio calls the file is replaced by what the client called it."""
    record = dataclasses.asdict(score)
    elements = [
        {key: value for key, value in element.items() if key != "answers" or value} for element in record["elements"]
    ]
    message = score.message
    if message and picture is not None:
        message = message.replace(picture["path"], str(picture.get("orig_name") or "the picture"))
    answer = {
        "overall_score": record["overall"],
        "status": record["status"],
        "message": message,
        "elements": elements,
        **({"prompt_answers": record["answers"]} if record["answers"] else {}),
    }
    return dict(json.loads(json_line(answer)))  # nan becomes null, and what no JSON can hold is spelled out
