"""The page of the leaderboard: four tabs over records that are finished, so every answer is laying out text."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evalmuse_hf.pages.frame import block_options, prepare_gradio
from evalmuse_hf.pages.leaderboard.about_view import render_about, render_source
from evalmuse_hf.pages.leaderboard.choices import (
    SCORER_SORTS,
    choose_comparison,
    choose_generators,
    choose_scorers,
    group_choices,
    record_choices,
)
from evalmuse_hf.pages.leaderboard.comparison_view import render_comparison
from evalmuse_hf.pages.leaderboard.generators_view import render_generators
from evalmuse_hf.pages.leaderboard.record_keeper import RecordKeeper
from evalmuse_hf.pages.leaderboard.records import LeaderboardRecords
from evalmuse_hf.pages.leaderboard.scorers_view import render_scorers

gradio = prepare_gradio()
import gradio as gr  # noqa: E402 - reads its settings at import

TITLE = "EvalMuse leaderboard"
MAX_WAITING = 256
_QUERY = {"tab", "record", "skill", "sort", "reverse", "search", "first", "second", "data", "figure"}
TABS = ("generators", "two", "scorers", "about")
_STYLE = Path(__file__).with_name("leaderboard.css")
# A click on a heading sorts; the new table has a new heading, which gets the focus that the old one had.
_SORTING = """
element.addEventListener('click', (event) => {
  const heading = event.target.closest('[data-sort]');
  if (!heading) return;
  element.dataset.sorted = heading.dataset.sort;
  trigger('click', {sort: heading.dataset.sort});
});
new MutationObserver(() => {
  if (!element.dataset.sorted || element.contains(document.activeElement)) return;
  if (document.activeElement && document.activeElement !== document.body) return;
  const headings = [...element.querySelectorAll('[data-sort]')];
  const same = headings.find((heading) => heading.dataset.sort === element.dataset.sorted);
  if (same) same.focus({preventScroll: true});
}).observe(element, {childList: true, subtree: true});
"""
_TEXT: dict[str, Any] = {"elem_classes": "lb-page", "padding": False, "apply_default_css": False}
_EVENT: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 8}


@dataclass(frozen=True, slots=True)
class _Tab:
    """The components of a tab.

    Attributes:
        inputs: What a visitor sets, by the names that `evalmuse_hf.pages.leaderboard.choices` uses.
        table: What is laid out.
        download: The file behind it; None without.
    """

    inputs: Mapping[str, Any]
    table: Any
    download: Any = None

    @property
    def everything(self) -> list[Any]:
        """All components, in the order of the updates."""
        return [*self.inputs.values(), self.table, *([self.download] if self.download is not None else [])]

    def asked(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """The values of the inputs by their names."""
        return dict(zip(self.inputs, values, strict=True))

    def changed(self, updates: list[Any], *names: str) -> dict[Any, Any]:
        """Of the updates that of the table and of these inputs; what a visitor may be typing into stays theirs."""
        by_component = dict(zip(self.everything, updates, strict=True))
        return {component: by_component[component] for component in (*map(self.inputs.get, names), self.table)}


def build_leaderboard(records: LeaderboardRecords | RecordKeeper) -> Any:
    """Build the page.

    Args:
        records: What is shown; a keeper reads it again from time to time.

    Returns:
        `gradio.Blocks`, to be started with `evalmuse_hf.pages.frame.start_page`.
    """
    shown = _Shown(records)
    with gr.Blocks(**block_options(TITLE), fill_width=False) as app:
        gr.HTML(Markup("<style>{}</style>").format(Markup(_STYLE.read_text("utf-8"))), elem_classes="lb-style")
        source = gr.HTML(_head(shown), **_TEXT)
        with gr.Tabs() as tabs:
            with gr.Tab("Generators", id=TABS[0]):
                generators = _generators_tab(shown)
            with gr.Tab("Two generators", id=TABS[1]):
                two = _comparison_tab(shown)
            with gr.Tab("Scorers", id=TABS[2]):
                scorers = _scorers_tab(shown)
            with gr.Tab("About", id=TABS[3]):
                about = gr.HTML(render_about(shown.records), **_TEXT)
        _keep_one_record(shown, generators, two)

        built = shown.records

        def open_page(request: gr.Request) -> Any:
            query = dict(request.query_params)
            if shown.records is built and not shown.failed and not query.keys() & _QUERY:
                return gr.skip()  # a visitor may have begun to choose before this answer comes
            tab = query.get("tab")
            return [
                gr.update(selected=tab if tab in TABS else TABS[0]),
                _head(shown),
                render_about(shown.records),
                *shown.generators(query),
                *shown.comparison(query),
                *shown.scorers(query),
            ]

        outputs = [tabs, source, about, *generators.everything, *two.everything, *scorers.everything]
        app.load(open_page, None, outputs, **_EVENT)
        gradio.api(shown.list_records, api_name="records")
    app.queue(max_size=MAX_WAITING, default_concurrency_limit=8, api_open=False)
    app.takes_uploads = False
    return app


class _Shown:
    """What the tabs answer, from the records as they are now."""

    def __init__(self, records: LeaderboardRecords | RecordKeeper) -> None:
        self._source = records

    @property
    def records(self) -> LeaderboardRecords:
        """The records as they are now."""
        return self._source.current() if isinstance(self._source, RecordKeeper) else self._source

    @property
    def failed(self) -> bool:
        """Whether the last reading failed."""
        return isinstance(self._source, RecordKeeper) and self._source.failed

    def generators(self, asked: Mapping[str, Any]) -> list[Any]:
        """Updates of `_generators_tab`."""
        records = self.records
        chosen = choose_generators(records, asked)
        content = render_generators(
            chosen.entry, skill=chosen.skill, sort=chosen.sort, reverse=chosen.reverse, search=chosen.search
        )
        return [
            gr.update(choices=record_choices(records), value=chosen.entry.label.key),
            gr.update(choices=chosen.skills, value=chosen.skill),
            gr.update(choices=chosen.sorts, value=chosen.sort),
            chosen.search,
            chosen.reverse,
            content,
            gr.update(value=(file := _record_file(records, chosen.entry.label.key)), visible=file is not None),
        ]

    def comparison(self, asked: Mapping[str, Any]) -> list[Any]:
        """Updates of `_comparison_tab`."""
        records = self.records
        chosen = choose_comparison(records, asked)
        return [
            gr.update(choices=record_choices(records), value=chosen.entry.label.key),
            gr.update(choices=chosen.names, value=chosen.first or None),
            gr.update(choices=chosen.names, value=chosen.second or None),
            render_comparison(chosen.entry, chosen.first, chosen.second),
        ]

    def scorers(self, asked: Mapping[str, Any]) -> list[Any]:
        """Updates of `_scorers_tab`."""
        records = self.records
        chosen = choose_scorers(records, asked)
        content = render_scorers(chosen.group, figure=chosen.figure, sort=chosen.sort, reverse=chosen.reverse)
        return [
            gr.update(choices=group_choices(records), value=chosen.group.key),
            gr.update(choices=chosen.figures, value=chosen.figure),
            chosen.sort,
            chosen.reverse,
            content,
        ]

    def list_records(self) -> list[dict[str, str]]:
        """Name the rankings and the data sets of scorers that this page shows."""
        rankings = [{"kind": "ranking", "key": key, "name": name} for name, key in record_choices(self.records)]
        return rankings + [{"kind": "scorers", "key": key, "name": name} for name, key in group_choices(self.records)]


def _head(shown: _Shown) -> Markup:
    return Markup("<h1>{}</h1>{}").format(TITLE, render_source(shown.records, failed=shown.failed))


def _generators_tab(shown: _Shown) -> _Tab:
    chosen = choose_generators(shown.records, {})
    with gr.Row():
        record = gr.Dropdown(
            record_choices(shown.records), value=chosen.entry.label.key, label="Ranking", scale=3, min_width=240
        )
        skill = gr.Dropdown(chosen.skills, value=chosen.skill, label="Skill", min_width=140)
        sort = gr.Dropdown(chosen.sorts, value=chosen.sort, label="Sort by", min_width=160)
        search = gr.Textbox("", label="Search by name", max_length=200, min_width=140)
        reverse = gr.Checkbox(chosen.reverse, label="Reverse the order", min_width=160)
    table = gr.HTML(render_generators(chosen.entry), js_on_load=_SORTING, **_TEXT)
    file = _record_file(shown.records, chosen.entry.label.key)
    download = gr.DownloadButton("Download this record", value=file, visible=file is not None, size="sm")
    inputs = {"record": record, "skill": skill, "sort": sort, "search": search, "reverse": reverse}
    tab = _Tab(inputs, table, download)

    def answer(*values: Any) -> dict[Any, Any]:
        return tab.changed(shown.generators(tab.asked(values)))

    def change_skill(*values: Any) -> dict[Any, Any]:
        return tab.changed(shown.generators(tab.asked(values)), "sort")

    def sort_by_heading(event: gr.EventData, *values: Any) -> dict[Any, Any]:
        return tab.changed(shown.generators(_sorted_by(event, tab.asked(values))), "sort", "reverse")

    asked = list(inputs.values())
    gr.on([sort.input, search.change, reverse.input], answer, asked, table, trigger_mode="always_last", **_EVENT)
    skill.input(change_skill, asked, [sort, table], trigger_mode="always_last", **_EVENT)
    table.click(sort_by_heading, asked, [sort, reverse, table], **_EVENT)
    return tab


def _comparison_tab(shown: _Shown) -> _Tab:
    chosen = choose_comparison(shown.records, {})
    with gr.Row():
        record = gr.Dropdown(
            record_choices(shown.records), value=chosen.entry.label.key, label="Ranking", scale=2, min_width=240
        )
        first = gr.Dropdown(chosen.names, value=chosen.first or None, label="First generator", min_width=160)
        second = gr.Dropdown(chosen.names, value=chosen.second or None, label="Second generator", min_width=160)
    table = gr.HTML(render_comparison(chosen.entry, chosen.first, chosen.second), **_TEXT)
    inputs = {"record": record, "first": first, "second": second}
    tab = _Tab(inputs, table)

    def answer(*values: Any) -> dict[Any, Any]:
        return tab.changed(shown.comparison(tab.asked(values)))

    gr.on([first.input, second.input], answer, list(inputs.values()), table, trigger_mode="always_last", **_EVENT)
    return tab


def _scorers_tab(shown: _Shown) -> _Tab:
    chosen = choose_scorers(shown.records, {})
    with gr.Row():
        data = gr.Dropdown(
            group_choices(shown.records), value=chosen.group.key, label="Data set", scale=3, min_width=240
        )
        figure = gr.Dropdown(chosen.figures, value=chosen.figure, label="Drawn statistic", min_width=160)
        sort = gr.Dropdown(
            [(words, name) for name, words in SCORER_SORTS.items()], value=chosen.sort, label="Sort by", min_width=160
        )
        reverse = gr.Checkbox(chosen.reverse, label="Reverse the order", min_width=160)
    table = gr.HTML(render_scorers(chosen.group), js_on_load=_SORTING, **_TEXT)
    inputs = {"data": data, "figure": figure, "sort": sort, "reverse": reverse}
    tab = _Tab(inputs, table)

    def answer(*values: Any) -> dict[Any, Any]:
        return tab.changed(shown.scorers(tab.asked(values)))

    def change_data(*values: Any) -> dict[Any, Any]:
        return tab.changed(shown.scorers(tab.asked(values)), "figure")

    def sort_by_heading(event: gr.EventData, *values: Any) -> dict[Any, Any]:
        asked = tab.asked(values)
        now = "name" if asked["sort"] == "name" else asked["figure"]
        wanted = _sorted_by(event, {**asked, "sort": now})
        by_name = wanted["sort"] == "name"
        figure = asked["figure"] if by_name else wanted["sort"]
        kept = asked["sort"] if asked["sort"] != "name" else "value"
        chosen = {**wanted, "figure": figure, "sort": "name" if by_name else kept}
        return tab.changed(shown.scorers(chosen), "figure", "sort", "reverse")

    asked = list(inputs.values())
    gr.on([figure.input, sort.input, reverse.input], answer, asked, table, trigger_mode="always_last", **_EVENT)
    data.input(change_data, asked, [figure, table], trigger_mode="always_last", **_EVENT)
    table.click(sort_by_heading, asked, [figure, sort, reverse, table], **_EVENT)
    return tab


def _keep_one_record(shown: _Shown, generators: _Tab, two: _Tab) -> None:
    """Both tabs show the same ranking, whichever of them it is chosen in."""

    def answer(key: str) -> list[Any]:
        return [*shown.generators({"record": key}), *shown.comparison({"record": key})]

    for tab in (generators, two):
        record: Any = tab.inputs["record"]
        record.input(answer, record, [*generators.everything, *two.everything], **_EVENT)


def _sorted_by(event: gr.EventData, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Sort by the heading that was clicked; a second click turns the order round."""
    heading = event._data.get("sort") if isinstance(event._data, Mapping) else None
    if not isinstance(heading, str):
        return dict(asked)
    again = asked.get("sort") == heading
    return {**asked, "sort": heading, "reverse": not asked.get("reverse") if again else False}


def _record_file(records: LeaderboardRecords, key: str) -> str | None:
    """The file behind a ranking, as it was read; the folder is the one that Gradio serves from and clears."""
    content = records.contents.get(key)
    if content is None:
        return None
    name = re.sub(r"[^\w.-]+", "_", key.rpartition("/")[2])[-100:].lstrip(".")
    path = Path(os.environ["GRADIO_TEMP_DIR"], hashlib.sha256(content).hexdigest(), name)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(path)
