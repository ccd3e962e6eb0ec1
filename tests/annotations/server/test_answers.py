from PIL import Image

from evalmuse_hf.annotations.records import StoredItem, Task
from evalmuse_hf.annotations.server.answers import as_html, task_answer
from evalmuse_hf.schema import Element, Prompt


def test_a_task_has_all_that_the_page_shows(tmp_path):
    Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    prompt = Prompt("p", "\U0001f600 two dogs, dogs", elements=(Element.read("dogs (object)"), Element.read("bird")))
    item = StoredItem(
        item_id=3,
        image_path="a.png",
        prompt=prompt,
        element_ids=(11, 12),
        questions=("Are there dogs?", ""),
        generator="secret generator",
    )
    numbers = {"expires_at": 9.0, "done": 2, "left": 4}
    task = Task(assignment_id=5, round_id=1, round_name="first", item=item, returned_reason="too fast", **numbers)
    answer = task_answer(task, base="/api", pictures=tmp_path)
    assert answer["elements"] == [
        # Offsets count characters, not UTF-16 halves.
        {
            "element_id": 11,
            "text": "dogs",
            "category": "object",
            "question": "Are there dogs?",
            "spans": [[6, 10], [12, 16]],
        },
        {"element_id": 12, "text": "bird", "category": None, "question": "", "spans": []},
    ]
    assert answer["picture"] == {"width": 7, "height": 5, "url": "/api/picture/5"}
    assert (answer["draft"], answer["revision"], answer["done"], answer["left"]) == (None, 0, 2, 4)
    assert answer["returned_reason"] == "too fast"
    assert "secret generator" not in str(answer)  # knowing it would sway a rater


def test_markdown_becomes_html_in_which_html_is_text():
    page = as_html("# Title\n\n- **1** <script>alert(1)</script> [x](javascript:alert(2))\n")
    assert "<h1>Title</h1>" in page
    assert "<strong>1</strong>" in page
    assert "<script>" not in page
    assert 'href="javascript' not in page
