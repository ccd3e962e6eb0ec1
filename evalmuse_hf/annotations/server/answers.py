"""Records as the JSON of the API; see the module `api` for the routes."""

from pathlib import Path
from typing import Any

from evalmuse_hf.annotations.records import Task
from evalmuse_hf.annotations.server.pictures import picture_size
from evalmuse_hf.elements.spans import find_spans


def task_answer(task: Task, *, base: str, pictures: Path) -> dict[str, Any]:
    """Spell a task: what a rater is shown, and nothing of what others said or whether it is a gold item.

    Args:
        task: The task.
        base: Path of the API.
        pictures: Folder of the pictures.
    """
    item = task.item
    found = find_spans(item.prompt.text, [element.text for element in item.prompt.elements])
    elements = [
        {
            "element_id": element_id,
            "text": element.text,
            "category": element.category,
            "question": question,
            "spans": [[span.start, span.end] for span in spans.prompt],
        }
        for element_id, element, question, spans in zip(
            item.element_ids, item.prompt.elements, item.questions, found, strict=True
        )
    ]
    size = picture_size(pictures, item.image_path)
    return {
        "assignment_id": task.assignment_id,
        "round_name": task.round_name,
        "prompt": item.prompt.text,
        "elements": elements,
        "expires_at": task.expires_at,
        "draft": None if task.draft is None else dict(task.draft),
        "draft_revision": task.draft_revision,
        "revision": task.revision,
        "done": task.done,
        "left": task.left,
        "returned_reason": task.returned_reason,
        "picture": {
            "width": size.width,
            "height": size.height,
            "url": f"{base}/picture/{task.assignment_id}",
        },
    }


def as_html(markdown: str) -> str:
    """Markdown as HTML, in which any HTML that it holds is text.

    Args:
        markdown: The text of an organiser.
    """
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))
