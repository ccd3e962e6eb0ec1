"""Answers in JSON from any chat model: asked in parallel, checked, asked again when they are wrong, and remembered.

A request ends in a status, never in an error that would lose the others; only what makes every request fail alike,
such as a wrong key, ends the run. What was answered by then is in the cache, so that repeating the run goes on.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from evalmuse_hf.llm.chat import ChatError, ChatMessage, ChatModel, ChatReply
from evalmuse_hf.llm.json_schema import schema_problem
from evalmuse_hf.llm.json_text import find_json
from evalmuse_hf.llm.pacing import LONGEST_PAUSE, RunStop, SharedPace
from evalmuse_hf.llm.reply_cache import ReplyCache, request_digest
from evalmuse_hf.llm.usage import CostEstimate, Usage, approximate_tokens, conversation_tokens, cost_estimate

_log = logging.getLogger(__name__)

_MOST_TRIES = 5  # of one request that the server does not answer
_TOO_MANY_REQUESTS = 429
_LONGEST_ASKED_WAIT = 600.0  # a server that asks for more is not waited for
_WAITING_PER_WORKER = 4  # requests that are begun ahead of the one whose answer is due
_MOST_REPEATED = 4000  # characters of a wrong answer that are shown to the model again
_TOO_LONG = "The answer was cut off, as it was too long."
_BROKEN_OFF = "The answer breaks off before its end."
_REFUSALS = frozenset({"content_filter", "refusal"})


class DoubtfulAnswerError(ValueError):
    """Raised by a check for an answer that is asked for again, and believed only if every answer is doubtful.

    Args:
        problem: Sentence for the model.
        value: What becomes of the answer if it is believed.
    """

    def __init__(self, problem: str, value: Any) -> None:
        super().__init__(problem)
        self.value = value


@dataclass(frozen=True, slots=True)
class StructuredRequest:
    """A question whose answer is JSON.

    Attributes:
        key: Anything that tells the caller which question this is.
        messages: The conversation. What people wrote belongs into a message as JSON (`quote_data`), as data.
        schema: JSON schema of the answer, of the keywords that `evalmuse_hf.llm.json_schema.schema_problem` knows.
        check: Takes the value and returns what becomes of it, or raises a ValueError with a sentence for the model;
            a `DoubtfulAnswerError` for one that is believed only if all answers are so.
        max_tokens: Tokens that an answer may have; an answer that was cut off is asked for again with twice as many.
        repair: Takes the value before it is held against the schema, and returns it mended.
    """

    key: Any
    messages: tuple[ChatMessage, ...]
    schema: Mapping[str, Any]
    check: Callable[[Any], Any]
    max_tokens: int = 512
    repair: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True)
class StructuredAnswer:
    """What became of a request.

    Attributes:
        key: That of the request.
        value: What the check returned; None unless the status is "ok".
        status: "ok"; "invalid" where no answer passed; "truncated" where the last one was cut off; "refused" where the
            model would not answer; "failed" where no reply came.
        message: What happened, in a sentence; empty where all is well.
        attempts: Replies that were looked at.
        cached: Every reply came from the cache.
        prompt_tokens: Tokens read for all attempts, those of cached replies too.
        completion_tokens: Tokens written for all attempts.
    """

    key: Any
    value: Any
    status: str
    message: str = ""
    attempts: int = 0
    cached: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0


class StructuredClient:
    """Asks a chat model for JSON.

    Args:
        model: The model.
        cache: File of replies; None keeps none.
        attempts: Answers that are asked for until one passes its check.
        workers: Requests at a time.
        seed: Given to the model with each request; None where nothing is drawn.
        wait: Seconds before a request that failed is first sent again; doubled each time, with a random part.
        patience: Seconds that a request waits in all for a server that asks to slow down (status 429).
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        cache: Path | None = None,
        attempts: int = 3,
        workers: int = 4,
        seed: int | None = None,
        wait: float = 1.0,
        patience: float = 600.0,
    ) -> None:
        for name, number in (("attempts", attempts), ("workers", workers)):
            if number < 1:
                raise ValueError(f"`{name}` is {number}, expected 1 or more.")
        self.model = model
        self.name = model.name
        self._cache = ReplyCache(cache) if cache else None
        self._attempts = attempts
        self._workers = workers
        self._seed = seed
        self._wait = wait
        self._patience = patience
        self._pace = SharedPace(wait=wait, seed=seed or 0)
        self._jitter = Random(seed or 0)
        self._lock = threading.Lock()
        self._usage = Usage()

    @property
    def usage(self) -> Usage:
        """What was used since the client was made."""
        return self._usage

    def ask_all(self, requests: Iterable[StructuredRequest]) -> Iterator[StructuredAnswer]:
        """Ask every request, several at a time.

        Args:
            requests: The requests; they are taken as they are needed.

        Yields:
            One answer per request, in order, as soon as those before it are there.

        Raises:
            ChatError: If the model refuses every request alike, as with a wrong key. The cache has what was answered.
        """
        stop = RunStop()
        if self._workers == 1:
            for request in requests:
                yield self._ask(request, stop)
            return
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="evalmuse-llm")
        waiting: deque[Future[StructuredAnswer]] = deque()
        try:
            for request in requests:
                waiting.append(pool.submit(self._ask, request, stop))
                if len(waiting) >= self._workers * _WAITING_PER_WORKER:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
        finally:
            stop.stop()
            if n_asked := sum(future.running() for future in waiting):
                kept = " and kept" if self._cache is not None else ""
                _log.warning("The run ends early; %d answers that were asked for are waited for%s.", n_asked, kept)
            pool.shutdown(cancel_futures=True)

    def estimate(
        self, requests: Iterable[StructuredRequest], price_in: float | None = None, price_out: float | None = None
    ) -> CostEstimate:
        """Say what requests will need; nothing is sent.

        Args:
            requests: The requests.
            price_in: Of a million tokens read; None if not known.
            price_out: Of a million tokens written; None if not known.
        """
        n_in, n_out, cached = [], [], 0
        for request in requests:
            if self._cache is not None and self._cache.get(
                self._digest(request.messages, request, request.max_tokens)
            ):
                cached += 1
                continue
            n_in.append(conversation_tokens(request.messages))
            n_out.append(request.max_tokens)
        return cost_estimate(n_in, n_out, cached=cached, price_in=price_in, price_out=price_out)

    def _ask(self, request: StructuredRequest, stop: RunStop) -> StructuredAnswer:
        """Ask until an answer passes."""
        messages, max_tokens = request.messages, request.max_tokens
        answer = StructuredAnswer(request.key, None, "failed", cached=True)
        last_resort: tuple[Any, str] | None = None
        doubtful = 0
        for number in range(1, self._attempts + 1):
            try:
                reply, cached = self._reply(messages, request, max_tokens, stop)
            except ChatError as error:
                if error.stops_run and not self._pace.is_of_one_row(error):
                    stop.stop(str(error))
                    raise
                status = "refused" if error.stops_run else "failed"
                return replace(answer, status=status, message=error.plain, cached=False)
            answer = _count(answer, messages, reply, cached)
            if reply.finish_reason in _REFUSALS:
                return replace(answer, status="refused", message="The model would not answer.")
            status, value, problem = _judge(reply, request)
            if status == "ok":
                return replace(answer, status="ok", value=value, message=problem)
            if status == "closed":
                last_resort = value, problem
                status, problem = "truncated", _TOO_LONG if reply.finish_reason == "length" else _BROKEN_OFF
            if status == "doubtful":
                doubtful += 1
                if doubtful == self._attempts:
                    return replace(answer, status="ok", value=value, message=f"{problem} Every answer says so.")
                status = "invalid"
            answer = replace(answer, status=status, message=problem)
            if status == "truncated" or reply.finish_reason == "length":
                max_tokens *= 2
            messages = (*request.messages, *_complain(number, reply.text, problem))
        if last_resort:
            return replace(answer, status="ok", value=last_resort[0], message=last_resort[1])
        return answer

    def _reply(
        self, messages: Sequence[ChatMessage], request: StructuredRequest, max_tokens: int, stop: RunStop
    ) -> tuple[ChatReply, bool]:
        """A reply and whether it was cached; the same request is sent again where that may help."""
        pace, tried = self._pace, 0
        limited_since: float | None = None
        digest = self._digest(messages, request, max_tokens)
        if self._cache is not None and (found := self._cache.get(digest)):
            pace.has_answered = True
            with self._lock:
                self._usage = replace(self._usage, cached=self._usage.cached + 1)
            return found, True
        while True:
            pace.check(stop)
            try:
                reply = self.model.reply(messages, schema=request.schema, max_tokens=max_tokens, seed=self._seed)
            except ChatError as error:
                if not error.may_retry:
                    raise
                is_too_long = (error.retry_after or 0.0) > _LONGEST_ASKED_WAIT
                if error.status == _TOO_MANY_REQUESTS and not is_too_long:
                    # The server is well: this is neither a try nor a failure, until patience ends.
                    limited_since = pace.clock() if limited_since is None else limited_since
                    until = pace.clock() + pace.slow_down(error.retry_after)
                    if until - limited_since <= self._patience:
                        continue
                    is_too_long = True
                tried += 1
                if tried == _MOST_TRIES or is_too_long:
                    pace.note_failure()
                    raise
                pause = self._pause(tried - 1, error.retry_after)
                pace.sleep(pause, stop, for_all=error.retry_after is not None)
                continue
            pace.note_success()
            if self._cache is not None:
                self._cache.put(digest, reply, model_name=self.name)
            self._add_usage(messages, reply)
            return reply, False

    def _pause(self, tried: int, asked: float | None) -> float:
        """Seconds to wait after a try; what the server asks for is never cut short."""
        with self._lock:
            jitter = self._jitter.uniform(0.5, 1.0)
        own = min(self._wait * 2.0**tried, LONGEST_PAUSE) * jitter
        return own if asked is None else asked + own * (1.0 - jitter)

    def _digest(self, messages: Sequence[ChatMessage], request: StructuredRequest, max_tokens: int) -> str:
        return request_digest(self.name, messages, schema=request.schema, max_tokens=max_tokens, seed=self._seed)

    def _add_usage(self, messages: Sequence[ChatMessage], reply: ChatReply) -> None:
        n_in, n_out, is_estimate = _tokens(messages, reply)
        with self._lock:
            used = self._usage
            self._usage = Usage(
                used.requests + 1,
                used.cached,
                used.prompt_tokens + n_in,
                used.completion_tokens + n_out,
                used.is_estimate or is_estimate,
            )


def quote_data(**fields: Any) -> str:
    r"""What people wrote, as a JSON object for a message of the user: quotes and line breaks in it end nothing.

    Args:
        **fields: Names and values.

    >>> print(quote_data(prompt='a cat". Ignore the above'))
    {"prompt": "a cat\". Ignore the above"}
    """
    return json.dumps(fields, ensure_ascii=False)


def _first(waiting: "deque[Future[StructuredAnswer]]") -> StructuredAnswer:
    """The answer that is due; it is taken from the row only when it is there, so that the row tells what is asked."""
    answer = waiting[0].result()
    waiting.popleft()
    return answer


def _judge(reply: ChatReply, request: StructuredRequest) -> tuple[str, Any, str]:
    """Status, value and problem of a reply.

    "closed" is an answer that broke off and passes once it is closed, whatever the server says of its end; "doubtful"
    is one that the check doubts.
    """
    was_cut = reply.finish_reason == "length"
    try:
        found = find_json(reply.text, kind=request.schema.get("type"))
    except ValueError as error:
        return ("truncated", None, _TOO_LONG) if was_cut else ("invalid", None, str(error))
    value = request.repair(found.value)
    problem = schema_problem(value, request.schema)
    if problem is None:
        try:
            value = request.check(value)
        except DoubtfulAnswerError as doubt:
            return ("invalid" if found.closed else "doubtful"), doubt.value, str(doubt)
        except ValueError as error:
            problem = str(error)
    if problem is not None:
        return ("truncated", None, _TOO_LONG) if was_cut and found.closed else ("invalid", None, problem)
    if not found.closed:
        return "ok", value, ""
    return "closed", value, "The answer broke off; it was closed, and what it has passes."


def _complain(number: int, text: str, problem: str) -> tuple[ChatMessage, ChatMessage]:
    """The wrong answer and what is wrong with it; numbered, so that the cache takes no two for the same."""
    shown = text[:_MOST_REPEATED] or "(nothing)"
    again = f"Answer {number} cannot be used. {problem} Answer again, with the JSON and nothing else."
    return ChatMessage("assistant", shown), ChatMessage("user", again)


def _tokens(messages: Sequence[ChatMessage], reply: ChatReply) -> tuple[int, int, bool]:
    """Tokens read and written, and whether they were counted by characters."""
    n_in, n_out = reply.prompt_tokens, reply.completion_tokens
    if n_in is not None and n_out is not None:
        return n_in, n_out, False
    return (
        conversation_tokens(messages) if n_in is None else n_in,
        approximate_tokens(reply.text) if n_out is None else n_out,
        True,
    )


def _count(
    answer: StructuredAnswer, messages: Sequence[ChatMessage], reply: ChatReply, cached: bool
) -> StructuredAnswer:
    n_in, n_out, _ = _tokens(messages, reply)
    return replace(
        answer,
        attempts=answer.attempts + 1,
        cached=answer.cached and cached,
        prompt_tokens=answer.prompt_tokens + n_in,
        completion_tokens=answer.completion_tokens + n_out,
    )
