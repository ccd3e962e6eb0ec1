"""The tab of many pictures, as its endpoint answers and as a person uses it in a browser."""

import re
from types import SimpleNamespace

import pytest

from evalmuse_hf.elements.splitters import load_splitter
from evalmuse_hf.pages.frame import block_options, prepare_gradio
from evalmuse_hf.pages.guard import guard_queue
from evalmuse_hf.pages.limits import PageLimits
from evalmuse_hf.pages.playground import batch_tab
from evalmuse_hf.pages.playground.batch_tab import BatchService, add_batch_tab
from evalmuse_hf.pages.scorers import PageError, PageScorers
from evalmuse_hf.scoring import read_scores
from tests.pages.attacked_server import attacked_server, wait_until
from tests.pages.batch_files import Brightness, png, uploaded, zip_of
from tests.servers.page_checks import DESKTOP, PHONE, assert_accessible, overflow, save_picture, watch_addresses

EVIL = "<img src=x onerror=window.owned=1>"
LIMITS = PageLimits(max_batch_rows=60)
_PATIENCE_MS = 90_000  # on a machine with other work
ROWS = (
    f'image,prompt,generator,elements\nbright.png,"two red cats, {EVIL}",A,"[""two"", ""red (color)""]"\n'
    "dark.png,=1+1,B,\nmissing.png,a dog,B,\n"
)
ARCHIVE = zip_of([("set/list.csv", ROWS), ("set/bright.png", png(255)), ("set/dark.png", png(51))])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    return tmp_path / "uploads" / "abc"


@pytest.fixture
def service():
    return BatchService(PageScorers({"brightness": Brightness()}), limits=LIMITS, splitter=load_splitter("rules"))


def paths_of(files):
    return [str(file.path) for file in files]


def test_a_batch_ends_with_rows_summary_and_files(folder, service):
    steps = list(service.steps(paths_of(uploaded(folder, set_zip=ARCHIVE)), None, True))
    assert [(step.n_done, step.n_rows) for step in steps] == [(0, 3), (3, 3), (3, 3)]
    last = steps[-1]
    assert [row["overall_score"] for row in last.rows] == [5.0, pytest.approx(1.8), None]
    assert (last.summary.n_scored, last.summary.failures[0].status) == (2, "image_error")
    assert [dict(row) for row in read_scores(last.paths[1]).rows] == [dict(row) for row in last.rows]
    assert last.paths[0].parent.parent == folder.parent


def test_elements_are_proposed_only_if_that_is_asked_for(folder, service):
    files = uploaded(folder, list_csv="image,prompt\na.png,two red cats\n", a_png=png())
    for propose, count in ((True, 3), (False, 0), ("yes", 0), (None, 0)):
        assert len(list(service.steps(paths_of(files), "brightness", propose))[-1].rows[0]["elements"]) == count


@pytest.mark.parametrize("files", [None, [], "", {}, {"path": None}, [7], ["/etc/passwd"]])
def test_what_is_no_upload_is_one_sentence(folder, service, files):
    with pytest.raises(PageError, match=r"no uploaded file|There is no list"):
        list(service.steps(files, None, False))


def test_too_many_files_are_refused_before_one_is_looked_at(service):
    with pytest.raises(PageError, match="There are 2,001 files; 2,000 are allowed"):
        list(service.steps(["/none"] * 2_001, None, False))


def test_without_room_on_the_disk_nothing_is_scored(folder):
    scorer = Brightness()
    limits = PageLimits(max_upload_bytes=14_000)
    service = BatchService(PageScorers({"brightness": scorer}), limits=limits)
    files = paths_of(uploaded(folder, list_csv="image,prompt\na.png,a cat\n", a_png=png()))
    assert list(service.steps(files, None, False))[-1].summary.n_scored == 1
    with pytest.raises(PageError, match="no room for more files now; older ones go within 60 min"):
        list(service.steps(files, None, False))  # the files of the first batch lie there
    assert scorer.calls == 1


def test_the_time_limit_begins_before_the_list_is_read(folder, monkeypatch):
    seen = []
    monkeypatch.setattr(batch_tab, "score_batch", lambda *_, start, **__: seen.append(start) or [])
    monkeypatch.setattr(batch_tab, "time", SimpleNamespace(monotonic=iter([1.0, 2.0]).__next__))
    real = batch_tab.read_inputs
    monkeypatch.setattr(
        batch_tab, "read_inputs", lambda *given, **limits: seen.append("read") or real(*given, **limits)
    )
    service = BatchService(PageScorers({"brightness": Brightness()}), limits=LIMITS)
    steps = service.steps(paths_of(uploaded(folder, list_csv="image,prompt\na.png,a\n", a_png=png())), None, False)
    next(steps)
    monkeypatch.setattr(batch_tab, "time", None)
    assert next(steps).n_rows == 0
    assert seen == ["read", 1.0]


def test_a_batch_cancelled_at_any_step_leaves_no_file(folder, service):
    files = uploaded(folder, list_csv="image,prompt\n" + "a.png,a cat\n" * 10, a_png=png())
    n_steps = len(list(service.steps(paths_of(files), None, False)))
    assert n_steps == 5
    for finished in folder.parent.glob("batch-*"):
        for path in finished.iterdir():
            path.unlink()
        finished.rmdir()
    for count in range(1, n_steps + 1):
        steps = service.steps(paths_of(files), None, False)
        for _ in range(count):
            next(steps)
        steps.close()
        assert not list(folder.parent.glob("batch-*"))
        assert not service.scorers.lock().locked()


def build(scorer):
    scorers = PageScorers({"brightness": scorer, "brightness again": Brightness()})
    gradio = prepare_gradio()
    with gradio.Blocks(**block_options("Many pictures")) as app:
        gradio.Markdown("# Many pictures")
        add_batch_tab(scorers, limits=LIMITS, splitter=load_splitter("rules"))
    app.queue(max_size=LIMITS.max_waiting, default_concurrency_limit=1, api_open=False)
    app.page_limits = LIMITS
    guard_queue(app, limits=LIMITS)
    return app


def test_names_of_clients_and_examples_are_those_of_the_endpoint():
    info = build(Brightness()).get_api_info()["named_endpoints"]["/batch"]
    assert [found["parameter_name"] for found in info["parameters"]] == ["files", "scorer", "propose_elements"]
    assert [file["url"] for file in info["parameters"][0]["example_input"]] == ["pairs.csv", "pictures.zip"]
    assert "addresses are refused" in info["description"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with attacked_server(tmp_path_factory.mktemp("batch"), build) as running:
        yield running


@pytest.mark.browser
def test_a_person_uploads_an_archive_sees_the_scores_and_takes_them_home(server, browser_page, tmp_path):
    archive = tmp_path / "set.zip"
    archive.write_bytes(ARCHIVE)
    for size, name in ((DESKTOP, "desktop"), (PHONE, "phone")):
        page = browser_page(*size)
        page.set_default_timeout(_PATIENCE_MS)
        asked = watch_addresses(page)
        page.goto(server.address)
        page.locator("#batch-files input[type=file]").set_input_files(archive)
        page.get_by_text("set.zip").first.wait_for()
        page.get_by_role("button", name="Score all").click()
        page.get_by_text("2 of 3 rows have a score").wait_for()
        cells = page.locator("#batch-table td")
        assert EVIL in cells.filter(has_text="two red cats").inner_text()
        assert page.evaluate("window.owned") is None
        assert overflow(page) == 0
        save_picture(page, f"batch-{name}")
        assert_accessible(page)
        with page.expect_download() as downloads:
            page.get_by_role("button", name=re.compile("CSV")).click()
        text = downloads.value.path().read_text("utf-8-sig")
        assert downloads.value.suggested_filename == "scores.csv"
        assert "'=1+1" in text
        assert text.startswith('"image","prompt","generator","overall_score"')
        assert not asked


@pytest.mark.browser
def test_the_page_for_programs_names_files_that_the_page_takes(server, browser_page):
    page = browser_page(*DESKTOP)
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(server.address)
    page.get_by_role("button", name="Use via API").click()
    docs = page.locator(".api-docs-wrap")
    docs.get_by_text("addresses are refused").first.wait_for()
    assert "files=[handle_file('pairs.csv'), handle_file('pictures.zip')]" in docs.inner_text()
    shown = docs.locator(".endpoint > .snippets > .snippet:visible").all_inner_texts()
    assert [name.strip() for name in shown] == ["Python", "JavaScript", "CLI", "cURL"]
    save_picture(page, "batch-api")


@pytest.mark.browser
def test_a_mistake_is_a_sentence_and_cancelling_gives_the_page_back(server, browser_page, tmp_path):
    page = browser_page(*DESKTOP)
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(server.address)
    start = page.get_by_role("button", name="Score all")
    start.click()
    page.get_by_role("alert").get_by_text("There is no list.").wait_for()
    save_picture(page, "batch-mistake")
    rows = "image,prompt\n" + "a.png,a cat\n" * 60
    archive = tmp_path / "many.zip"
    archive.write_bytes(zip_of([("list.csv", rows), ("a.png", png())]))
    server.scorer.seconds = 0.3
    try:
        page.locator("#batch-files input[type=file]").set_input_files(archive)
        page.get_by_text("many.zip").first.wait_for()
        start.click()
        page.get_by_text(re.compile(r"Scored [1-9]\d* of 60 rows")).wait_for()
        save_picture(page, "batch-progress")
        assert_accessible(page)
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("Cancelled; nothing was kept.").wait_for()
        wait_until(lambda: not any(server.app._queue.active_jobs))
    finally:
        server.scorer.seconds = 0.0
    assert server.is_well()
