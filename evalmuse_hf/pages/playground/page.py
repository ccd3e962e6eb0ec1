"""The playground: the page, and which of its parts asks what."""

import html
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmuse_hf.pages.frame import block_options, name_examples, prepare_gradio
from evalmuse_hf.pages.guard import guard_queue
from evalmuse_hf.pages.limits import PageLimits, spell_bytes
from evalmuse_hf.pages.playground.batch_tab import add_batch_tab
from evalmuse_hf.pages.playground.endpoints import Endpoints
from evalmuse_hf.pages.playground.example_drawings import EXAMPLES, draw_examples
from evalmuse_hf.pages.playground.judging import PICTURE_NAMES
from evalmuse_hf.pages.playground.map_reports import find_map_scorer
from evalmuse_hf.pages.playground.mini_world import mini_note
from evalmuse_hf.pages.playground.proposals import Proposal, is_edited, load_proposer
from evalmuse_hf.pages.playground.result_html import EMPTY, note
from evalmuse_hf.pages.playground.views import Asked, Chips, Playground, View, follow_prompt
from evalmuse_hf.pages.playground.zero_gpu import BorrowingScorers, is_borrowed
from evalmuse_hf.pages.scorers import PageScorers

TITLE = "EvalMuse playground"
YOURS = "These are yours. “Propose again” brings the proposal back."
_STYLE = Path(__file__).with_name("playground.css")
_BARE: dict[str, Any] = {"container": False, "padding": False}
_PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_SCROLL = """() => {
    if (window.innerWidth < 700) document.getElementById("overall").scrollIntoView({block: "start"});
}"""
_SCORING: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "scoring", "preprocess": False}
_READING: dict[str, Any] = {"concurrency_limit": 4, "concurrency_id": "reading"}


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a visitor fills in."""

    picture: Any
    is_pair: Any
    second: Any
    prompt: Any
    elements: Any
    proposal_note: Any
    again: Any
    labels: Any
    score: Any
    stop: Any
    examples: tuple[Any, ...]
    last: Any

    @property
    def asked(self) -> list[Any]:
        """In the order in which `_Handlers.score` takes them."""
        return [self.picture, self.second, self.is_pair, self.prompt, self.elements, self.labels]


@dataclass(frozen=True, slots=True)
class _Results:
    """What a visitor sees, in the order of `_Handlers.show`, and what belongs to maps."""

    overall: Any
    chips: tuple[Any, Any]
    details: Any
    maps: Any
    element: Any
    which: Any
    heat: Any
    sentence: Any
    asked: Any

    @property
    def shown(self) -> list[Any]:
        """In the order of `_Handlers.show`."""
        maps = [self.maps, self.element, self.which, self.heat, self.sentence]
        return [self.overall, *self.chips, self.details, *maps, self.asked]


def build_playground(scorers: PageScorers, *, limits: PageLimits) -> Any:
    """Build the page, its endpoints for programs, and the tab of many pictures; every scorer is warmed up.

    Args:
        scorers: Of the server, loaded.
        limits: What a request may hold.

    Returns:
        `gradio.Blocks`, to be started with `evalmuse_hf.pages.frame.start_page`.

    Raises:
        ImportError: If gradio is not installed.
    """
    gradio = prepare_gradio()
    names = [scorers.find(label).name for label in scorers.labels]
    if is_borrowed():
        scorers = BorrowingScorers(scorers, duration_s=limits.time_limit_s)
    else:
        scorers.warm_up()
    proposer = load_proposer(names, limits=limits)
    proposer.splitter.split(["a red cat"])
    scorers.set_patience(limits.time_limit_s)
    playground = Playground(scorers, proposer, limits=limits)
    drawings = tempfile.TemporaryDirectory(prefix="evalmuse-examples-")
    paths = draw_examples(Path(drawings.name))
    with gradio.Blocks(**block_options(TITLE, keep_uploads_s=limits.keep_uploads_s)) as app:
        gradio.HTML(_header(mini_note(names)), elem_id="playground-header", **_BARE)
        with gradio.Tabs():
            with gradio.Tab("One picture"), gradio.Row(equal_height=False):
                with gradio.Column(scale=5, min_width=320):
                    inputs = _add_inputs(gradio, scorers, limits, paths)
                with gradio.Column(scale=6, min_width=320):
                    results = _add_results(gradio, has_maps=find_map_scorer(scorers, scorers.labels) is not None)
            with gradio.Tab("Many pictures"):
                add_batch_tab(scorers, limits=limits, splitter=proposer.splitter)
            with gradio.Tab("About"):
                gradio.HTML(_about(scorers, limits), elem_id="about", **_BARE)
        _add_endpoints(gradio, Endpoints(scorers, proposer, limits=limits))  # first: equal names get a number
        _connect(_Handlers(gradio, playground, paths), inputs, results)
    # Requests that skip the queue would also skip the limit of one at a time.
    app.queue(max_size=limits.max_waiting, default_concurrency_limit=1, api_open=False)
    guard_queue(app, limits=limits)
    app.page_css, app.page_limits, app.drawings = _STYLE.read_text("utf-8"), limits, drawings
    return app


def _add_inputs(gradio: Any, scorers: PageScorers, limits: PageLimits, paths: Sequence[Path]) -> _Inputs:
    """What a visitor fills in, and examples to begin with."""
    upload: dict[str, Any] = {"type": "filepath", "sources": ["upload", "clipboard"], "height": 190, "buttons": []}
    with gradio.Row():
        picture = gradio.Image(label="Picture", elem_id="picture", min_width=140, **upload)
        second = gradio.Image(label="Picture B", elem_id="second-picture", visible=False, min_width=140, **upload)
    with gradio.Row(elem_id="examples"):
        examples = tuple(
            gradio.Button(example.name, icon=str(path), size="sm", min_width=90, elem_classes=["em-example"])
            for example, path in zip(EXAMPLES, paths, strict=True)
        )
    prompt = gradio.Textbox(
        label="Prompt", placeholder="What the picture was meant to show", lines=2, max_lines=4, elem_id="prompt"
    )
    elements = gradio.Textbox(
        label="Elements",
        info="Checked one by one: one per line, its category in parentheses.",
        lines=3,
        max_lines=8,
        elem_id="elements",
    )
    with gradio.Row(elem_id="proposal"):
        proposal_note = gradio.HTML("", elem_id="proposal-note", **_BARE)
        again = gradio.Button("Propose again", size="sm", min_width=120, scale=0)
    with gradio.Row(elem_id="choices"):
        labels = gradio.CheckboxGroup(
            list(scorers.labels),
            value=[scorers.labels[0]],
            label="Scorers",
            visible=len(scorers.labels) > 1,
            elem_id="scorers",
            scale=2,
        )
        is_pair = gradio.Checkbox(False, label="Second picture", info="Same prompt, side by side.", elem_id="pair")
    with gradio.Row(elem_id="actions"):
        score = gradio.Button("Score", variant="primary", elem_id="score", scale=3)
        stop = gradio.Button("Stop", variant="secondary", elem_id="stop", scale=1, min_width=80)
    last = gradio.State(Proposal(), time_to_live=limits.keep_uploads_s)
    return _Inputs(
        picture, is_pair, second, prompt, elements, proposal_note, again, labels, score, stop, examples, last
    )


def _add_results(gradio: Any, *, has_maps: bool) -> _Results:
    """Where the result appears."""
    overall = gradio.HTML(EMPTY, elem_id="overall", **_BARE)
    chips = tuple(
        gradio.HighlightedText(visible=False, label="Elements in the prompt", elem_id=f"chips-{name}", buttons=[])
        for name in PICTURE_NAMES
    )
    details = gradio.HTML(visible=False, elem_id="details", **_BARE)
    with gradio.Accordion("Where the model looked", open=False, visible=False, elem_id="maps") as maps:
        with gradio.Row():
            element = gradio.Dropdown([], label="Element", elem_id="map-element", visible=has_maps)
            which = gradio.Radio(
                list(PICTURE_NAMES), value=PICTURE_NAMES[0], label="Picture", visible=False, elem_id="map-picture"
            )
        sentence = gradio.HTML("", elem_id="map-sentence", **_BARE)
        heat = gradio.Image(
            label="Map", type="pil", interactive=False, visible=False, height=320, buttons=[], elem_id="heat"
        )
    asked = gradio.State(Asked(), time_to_live=3600)
    return _Results(overall, (chips[0], chips[1]), details, maps, element, which, heat, sentence, asked)


class _Handlers:
    """Turns what is asked and answered into values and updates of components."""

    def __init__(self, gradio: Any, playground: Playground, paths: Sequence[Path]) -> None:
        self.gradio, self.playground, self.paths = gradio, playground, paths

    def score(
        self, picture: Any, second: Any, is_pair: Any, prompt: Any, lines: Any, labels: Any, last: Proposal
    ) -> Iterator[list[Any]]:
        """Score what is filled in; elements that nobody edited follow the prompt, however fast somebody presses."""
        proposal = follow_prompt(self.playground.proposer, prompt, lines, last)
        own = [self.gradio.skip()] * 3 if proposal is last else self.propose_updates(proposal)
        settled = lines if proposal is last else proposal.lines
        pictures = [picture, second] if is_pair else [picture]
        for view in self.playground.score(pictures, prompt, settled, labels):
            yield [*self.show(view), *own]

    def follow(self, prompt: Any, lines: Any, last: Proposal) -> list[Any]:
        """The prompt changes."""
        proposal = follow_prompt(self.playground.proposer, prompt, lines, last)
        return [self.gradio.skip()] * 3 if proposal is last else self.propose_updates(proposal)

    def propose_again(self, prompt: Any, lines: Any, last: Proposal) -> list[Any]:
        """Somebody wants the proposal back."""
        return self.propose_updates(follow_prompt(self.playground.proposer, prompt, lines, last, again=True))

    def edit(self, lines: Any, last: Proposal) -> str:
        """Say whose the elements are, while somebody types them."""
        if isinstance(lines, str) and is_edited(lines, last):
            return _quiet_note(YOURS)
        return _quiet_note(last.message)

    def pick(self, number: int) -> Callable[[], list[Any]]:
        """Fill in an example."""

        def fill() -> list[Any]:
            proposal = self.playground.proposer.propose(EXAMPLES[number].prompt)
            return [str(self.paths[number]), EXAMPLES[number].prompt, *self.propose_updates(proposal)]

        return fill

    def show(self, view: View) -> list[Any]:
        """Values of `_Results.shown`."""
        update = self.gradio.update
        chips = [self._chips(view.chips, index) for index in range(len(PICTURE_NAMES))]
        several = len(view.asked.pictures) > 1
        maps = [
            update(visible=bool(view.map_choices)),
            update(choices=list(view.map_choices), value=None),
            update(visible=several, value=PICTURE_NAMES[0]),
            update(value=None, visible=False),
            "",
        ]
        return [
            view.overall,
            *chips,
            self.gradio.update(value=view.details, visible=bool(view.details)),
            *maps,
            view.asked,
        ]

    def look(self, asked: Asked, element: Any, which: Any) -> list[Any]:
        """Show where a scorer looked."""
        if not element:
            return [self.gradio.update(value=None, visible=False), ""]
        report = self.playground.show_map(asked, element, which)
        shown = report.picture is not None
        picture = self.gradio.update(value=report.picture, visible=shown, alt_text=report.description or None)
        words = f'<p class="em-quiet">{html.escape(report.description)}</p>' if shown else ""
        return [picture, note(report.sentence, kind="info" if shown else "warning") + words]

    def propose_updates(self, proposal: Proposal) -> list[Any]:
        """Values of the elements, of the last proposal, and of the note beside them."""
        return [proposal.lines, proposal, _quiet_note(proposal.message)]

    def _chips(self, chips: Sequence[Chips], index: int) -> Any:
        if index >= len(chips):
            return self.gradio.update(value=None, visible=False)
        one = chips[index]
        return self.gradio.update(value=list(one.pieces), color_map=dict(one.colors), label=one.label, visible=True)


def _connect(handlers: _Handlers, inputs: _Inputs, results: _Results) -> None:
    """Which part of the page asks what; the prompt by `change`, as Gradio drops the first `input`, perhaps a paste."""
    proposal = [inputs.elements, inputs.last, inputs.proposal_note]
    written = [inputs.prompt, inputs.elements, inputs.last]
    hidden: dict[str, Any] = {**_PRIVATE, **_READING, "show_progress": "hidden"}
    inputs.prompt.change(handlers.follow, written, proposal, trigger_mode="always_last", **hidden)
    typed = [inputs.elements, inputs.last]
    # Not `input`, which Gradio leaves out for the first change after an update of its own, such as a paste.
    inputs.elements.change(handlers.edit, typed, inputs.proposal_note, trigger_mode="always_last", **hidden)
    inputs.again.click(handlers.propose_again, written, proposal, **hidden)
    asking: dict[str, Any] = {**_PRIVATE, **_SCORING, "show_progress": "minimal", "show_progress_on": results.overall}
    everything = ([*inputs.asked, inputs.last], [*results.shown, *proposal])
    running = [event(handlers.score, *everything, **asking) for event in (inputs.score.click, inputs.prompt.submit)]
    for number, example in enumerate(inputs.examples):
        filled = example.click(handlers.pick(number), None, [inputs.picture, inputs.prompt, *proposal], **hidden)
        running.append(filled.then(handlers.score, *everything, **asking))
    for done in tuple(running):
        done.then(None, None, None, js=_SCROLL, **_PRIVATE)
    stopped = note("Nothing more is scored; what was there stays.", word="Stopped.")
    inputs.stop.click(lambda: stopped, None, inputs.proposal_note, cancels=running, **hidden)
    inputs.is_pair.change(
        lambda wanted: [handlers.gradio.update(visible=bool(wanted)), handlers.gradio.update(label=_name(wanted))],
        inputs.is_pair,
        [inputs.second, inputs.picture],
        **hidden,
    )
    looking: dict[str, Any] = {
        **_PRIVATE,
        **_SCORING,
        "show_progress": "minimal",
        "show_progress_on": results.sentence,
    }
    for part in (results.element, results.which):
        part.input(
            handlers.look, [results.asked, results.element, results.which], [results.heat, results.sentence], **looking
        )


def _quiet_note(words: str) -> str:
    return f'<p class="em-quiet" role="status">{html.escape(words)}</p>' if words else ""


def _name(is_pair: Any) -> str:
    return "Picture A" if is_pair else "Picture"


def _add_endpoints(gradio: Any, endpoints: Endpoints) -> None:
    """What programs may ask; each in components of its own that nobody sees, whose names clients use."""

    def score(image: Any, prompt: Any, elements: Any, scorer: Any) -> Any:
        return endpoints.score(image, prompt, elements, scorer)

    def compare(image: Any, second_image: Any, prompt: Any, elements: Any, scorer: Any) -> Any:
        return endpoints.compare(image, second_image, prompt, elements, scorer)

    def maps(image: Any, prompt: Any, elements: Any, scorer: Any) -> Any:
        return endpoints.maps(image, prompt, elements, scorer)

    def propose_elements(prompt: Any) -> Any:
        return endpoints.propose(prompt)

    def about() -> dict[str, Any]:
        """Say which scorers there are, on which scales, and what a request may hold."""
        return endpoints.about()

    with gradio.Column(visible=False):
        image = name_examples(gradio.Image(type="filepath", label="Picture"), "picture.png")
        second = name_examples(gradio.Image(type="filepath", label="Second picture"), "second.png")
        prompt = gradio.Textbox(label="Prompt")
        elements = gradio.JSON(label="Elements: a list of texts, or null")
        scorer = gradio.Textbox("", label="Scorer: a label of /about; empty for the first")
        answer = gradio.JSON(label="Answer")
        texts = [prompt, elements, scorer]
        listed: tuple[tuple[Any, list[Any], str], ...] = (
            (score, [image, *texts], "Score a picture against its prompt, and each of the elements."),
            (compare, [image, second, *texts], "Score two pictures of one prompt; difference is second minus first."),
            (maps, [image, *texts], "Say where FGA-BLIP2 looked for each element, and whether that is evidence."),
        )
        for function, given, words in listed:
            gradio.Button().click(
                function, given, answer, api_name=function.__name__, api_description=words, **_SCORING
            )
        gradio.Button().click(
            propose_elements,
            prompt,
            answer,
            api_name="propose_elements",
            api_description="Propose the elements of a prompt.",
            preprocess=False,
            **_READING,
        )
        gradio.api(about, api_name="about", **_READING)


def _header(words: str) -> str:
    """Title, what this is, and what has to be known before anything is believed."""
    banner = note(words, kind="warning", word="Drawings only.")
    return (
        "<h1>Does the picture show what the prompt asks for?</h1>"
        f'<p class="em-quiet">An overall score on the scale of human raters, and one for each element.</p>{banner}'
    )


def _about(scorers: PageScorers, limits: PageLimits) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th><td>{html.escape(scorers.find(label).name)}</td></tr>'
        for label in scorers.labels
    )
    return f"""
<h2>What the numbers mean</h2>
<p>FGA-BLIP2 was trained on ratings of people: its overall score is what raters would give on average, from 1 (does
not match) to 5 (matches fully). Scorers that ask questions give the share of what was answered with yes, from 0 to 1.
These are two scales; do not compare one with the other.</p>
<p>An element that does not stand in the prompt has no score with FGA-BLIP2, which reads the prompt and scores its
words. That is no zero: it says nothing about the picture.</p>
<h2>Scorers of this server</h2>
<div class="em-scroll" tabindex="0" role="region" aria-label="Scorers"><table class="em-table"><thead><tr>
<th scope="col">Label</th><th scope="col">Scorer</th></tr></thead><tbody>{rows}</tbody></table></div>
<h2>Your pictures</h2>
<p>They go to this server and nowhere else, are read by the scorers, and are deleted after
{limits.keep_uploads_s / 60:.0f} minutes at the latest. A picture may have {spell_bytes(limits.max_file_size)} and
{limits.max_pixels / 1e6:.0f} million pixels, a prompt {limits.max_prompt_length:,} characters and
{limits.max_elements} elements.</p>
<h2>For programs</h2>
<p>“Use via API” at the foot of the page lists the endpoints <code>/score</code>, <code>/compare</code>,
<code>/maps</code>, <code>/propose_elements</code>, <code>/batch</code> and <code>/about</code>.</p>
"""
