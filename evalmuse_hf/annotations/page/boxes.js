// Boxes on the picture, around what is drawn wrongly. A box is [left, top, right, bottom], in shares of the picture.

const SMALLEST_BOX = 0.01;
const BOX_STEP = 0.01;
const HANDLES = ["nw", "ne", "sw", "se"];

function rounded(box) {
  return box.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 10000) / 10000);
}

/** The box moved as a whole, kept inside the picture. */
function movedBox([left, top, right, bottom], x, y) {
  const across = Math.min(1 - right, Math.max(-left, x));
  const down = Math.min(1 - bottom, Math.max(-top, y));
  return rounded([left + across, top + down, right + across, bottom + down]);
}

/** The box with one corner moved; the corner does not pass the opposite one. */
function resizedBox([left, top, right, bottom], corner, x, y) {
  return rounded([
    corner.includes("w") ? Math.min(left + x, right - SMALLEST_BOX) : left,
    corner.includes("n") ? Math.min(top + y, bottom - SMALLEST_BOX) : top,
    corner.includes("e") ? Math.max(right + x, left + SMALLEST_BOX) : right,
    corner.includes("s") ? Math.max(bottom + y, top + SMALLEST_BOX) : bottom,
  ]);
}

class BoxLayer {
  /** `changed` is called after each change of a box, `left` when the rater is done with the boxes of a label. */
  constructor(find, picture, { changed, left, nameOf }) {
    this.layer = find("boxes");
    this.hint = find("drawing-hint");
    this.picture = picture;
    this.changed = changed;
    this.left = left;
    this.nameOf = nameOf;
    this.answer = null;
    this.label = null;
    const { viewport } = picture;
    viewport.addEventListener("pointerdown", (event) => this.#startDrawing(event));
  }

  show(answer) {
    this.answer = answer;
    this.stopDrawing();
    this.render();
  }

  render() {
    const held = this.layer.getRootNode().activeElement?.dataset?.problem;
    const counts = {};
    const nodes = [];
    this.answer.problems.forEach((problem, index) => {
      if (!problem.box) return;
      counts[problem.label] = (counts[problem.label] ?? 0) + 1;
      nodes.push(this.#makeBox(problem, index, counts[problem.label]));
    });
    this.layer.replaceChildren(...nodes);
    if (held !== undefined) this.focus(Number(held));
  }

  focus(index) {
    this.layer.querySelector(`[data-problem="${index}"]`)?.focus({ preventScroll: true });
  }

  /** Wait for a box to be dragged. */
  draw(label) {
    this.label = label;
    this.picture.drawing = true;
    this.hint.textContent = `Drag a box around it: ${this.nameOf(label)}. Enter puts one in the middle, Esc stops.`;
    this.hint.hidden = false;
  }

  stopDrawing() {
    this.label = null;
    this.picture.drawing = false;
    this.hint.hidden = true;
  }

  /** A box in the middle of the picture, for the keyboard. */
  place(label) {
    this.stopDrawing();
    const shift = 0.04 * (this.answer.problems.filter((problem) => problem.box).length % 5);
    this.#add(label, movedBox([0.35, 0.35, 0.65, 0.65], shift, shift));
  }

  #add(label, box) {
    const { problems } = this.answer;
    const empty = problems.findIndex((problem) => problem.label === label && !problem.box);
    const index = empty >= 0 ? empty : problems.length;
    problems[index] = { label, box };
    this.changed();
    this.focus(index);
  }

  remove(index) {
    const { problems } = this.answer;
    const { label } = problems[index];
    const last = problems.filter((problem) => problem.label === label).length === 1;
    if (last) problems[index].box = null;
    else problems.splice(index, 1);
    this.changed();
    this.left(label);
  }

  #makeBox(problem, index, count) {
    const name = `${this.nameOf(problem.label)}, box ${count}`;
    const node = make(
      "div",
      {
        class: "box",
        tabindex: "0",
        role: "group",
        "aria-roledescription": "box",
        "aria-label": `${name}. Arrows move it, Shift with arrows changes its size, Enter: done, Delete removes it.`,
        data: { problem: index },
      },
      make("span", { class: "box-name", "aria-hidden": "true" }, name),
      ...HANDLES.map((corner) => make("span", { class: `handle ${corner}`, "aria-hidden": "true", data: { corner } })),
    );
    this.#put(node, problem.box);
    node.addEventListener("keydown", (event) => this.#key(event, index));
    node.addEventListener("pointerdown", (event) => this.#drag(event, node, index));
    return node;
  }

  #put(node, [left, top, right, bottom]) {
    node.toggleAttribute("data-low", top < 0.08); // no room for its name above it
    Object.assign(node.style, {
      left: `${left * 100}%`,
      top: `${top * 100}%`,
      width: `${(right - left) * 100}%`,
      height: `${(bottom - top) * 100}%`,
    });
  }

  #key(event, index) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const problem = this.answer.problems[index];
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (steps) {
      const [x, y] = steps.map((step) => (step * BOX_STEP) / Math.sqrt(this.picture.zoom));
      problem.box = event.shiftKey ? resizedBox(problem.box, "se", x, y) : movedBox(problem.box, x, y);
      this.changed();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.remove(index);
    } else if (event.key === "Enter" || event.key === "Escape") {
      this.left(problem.label);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #drag(event, node, index) {
    if (event.button > 0 || this.picture.drawing) return;
    event.preventDefault();
    event.stopPropagation();
    node.focus({ preventScroll: true });
    const corner = event.target.dataset.corner;
    const from = this.picture.toShare(event);
    const { box } = this.answer.problems[index];
    let now = box;
    this.#follow(event, node, {
      move: (moved) => {
        const to = this.picture.toShare(moved);
        const [x, y] = [to.x - from.x, to.y - from.y];
        now = corner ? resizedBox(box, corner, x, y) : movedBox(box, x, y);
        this.#put(node, now);
      },
      end: () => {
        this.answer.problems[index].box = now;
        this.changed();
      },
    });
  }

  #startDrawing(event) {
    if (!this.label || event.button > 0 || this.picture.pointers.size > 1) return;
    event.preventDefault();
    const from = this.picture.toShare(event);
    const node = make("div", { class: "box fresh", "aria-hidden": "true" });
    this.layer.append(node);
    let box = null;
    this.#follow(event, this.picture.viewport, {
      move: (moved) => {
        const to = this.picture.toShare(moved);
        box = rounded([Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y)]);
        this.#put(node, box);
      },
      end: () => {
        node.remove();
        if (!box || !this.label || box[2] - box[0] < SMALLEST_BOX || box[3] - box[1] < SMALLEST_BOX) return;
        const { label } = this;
        this.stopDrawing();
        this.#add(label, box);
      },
    });
  }

  #follow(event, node, { move, end }) {
    node.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const { signal } = stop;
    const mine = (happening) => happening.pointerId === event.pointerId;
    node.addEventListener("pointermove", (moved) => mine(moved) && move(moved), { signal });
    for (const name of ["pointerup", "pointercancel"]) {
      node.addEventListener(
        name,
        (ended) => {
          if (!mine(ended)) return;
          stop.abort();
          end();
        },
        { signal },
      );
    }
  }
}
