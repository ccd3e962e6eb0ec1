// The list of structural problems: what can be ticked, and the boxes of each.

const PROBLEM_NAMES = {
  "human-face": ["Person", "Face", "person’s face"],
  "human-hand": ["Person", "Hand", "person’s hand"],
  "human-limb": ["Person", "Arm or leg", "person’s arm or leg"],
  human: ["Person", "Other", "person"],
  animal: ["Other", "Animal", "animal"],
  object: ["Other", "Object", "object"],
};

function problemName(label) {
  return PROBLEM_NAMES[label]?.[2] ?? label;
}

class ProblemList {
  constructor(root, labels, { changed, draw, place, editBox, removeBox }) {
    this.root = root;
    this.labels = labels;
    this.actions = { changed, draw, place, editBox, removeBox };
    this.rows = new Map();
    const groups = new Map();
    for (const label of labels) {
      const [group] = PROBLEM_NAMES[label] ?? ["Other"];
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(label);
    }
    root.replaceChildren(
      ...[...groups].map(([group, members], index) =>
        make(
          "div",
          { class: "problem-group", role: "group", "aria-labelledby": `problem-group-${index}` },
          make("p", { class: "group-name", id: `problem-group-${index}` }, group),
          make("div", { class: "pills" }, ...members.map((label) => this.#makeTick(label))),
          ...members.map((label) => this.#makeRow(label)),
        ),
      ),
    );
  }

  show(answer) {
    this.answer = answer;
    this.render();
  }

  render() {
    for (const [label, { input, row, boxes, add }] of this.rows) {
      const own = this.answer.problems.map((problem, index) => ({ ...problem, index })).filter((one) => one.label === label);
      input.checked = own.length > 0;
      row.hidden = own.length === 0;
      const marked = own.filter((one) => one.box);
      add.textContent = marked.length ? "Another box" : "Mark where";
      add.setAttribute("aria-label", `${add.textContent}: ${problemName(label)}`);
      boxes.replaceChildren(...marked.map((one, place) => this.#makeBoxButtons(label, one.index, place + 1)));
    }
  }

  /** The label whose tick, or whose row, has the focus. */
  labelAt(node) {
    return node?.closest?.("[data-label]")?.dataset.label;
  }

  focus(label = this.labels[0]) {
    this.rows.get(label).input.focus();
  }

  focusNext(label, step) {
    const place = this.labels.indexOf(label) + step;
    this.focus(this.labels[(place + this.labels.length) % this.labels.length]);
  }

  #makeTick(label) {
    const [, short] = PROBLEM_NAMES[label] ?? ["", label];
    const { input, node } = makeChoice(
      {
        type: "checkbox",
        name: `problem-${label}`,
        value: label,
        label: `Drawn wrongly: ${problemName(label)}`,
        className: "pill",
        onchange: () => this.#tick(label, input.checked),
      },
      short,
    );
    node.dataset.label = label;
    this.rows.set(label, { input });
    return node;
  }

  #makeRow(label) {
    const boxes = make("span", { class: "box-list" });
    const add = make("button", { type: "button", class: "button small" });
    // A click made by the keyboard has no place on the screen: then the box starts in the middle.
    add.addEventListener("click", (event) => (event.detail === 0 ? this.actions.place(label) : this.actions.draw(label)));
    const row = make("div", { class: "problem-row", data: { label } }, make("span", { class: "row-name" }, problemName(label)), add, boxes);
    Object.assign(this.rows.get(label), { row, boxes, add });
    return row;
  }

  #makeBoxButtons(label, index, count) {
    const name = `box ${count} of the ${problemName(label)}`;
    return make(
      "span",
      { class: "box-buttons" },
      make(
        "button",
        { type: "button", class: "button small", "aria-label": `Move or resize ${name}`, onclick: () => this.actions.editBox(index) },
        `Box ${count}`,
      ),
      make(
        "button",
        { type: "button", class: "button small icon", "aria-label": `Remove ${name}`, onclick: () => this.actions.removeBox(index) },
        "×",
      ),
    );
  }

  #tick(label, on) {
    this.answer.problems = this.answer.problems.filter((problem) => problem.label !== label);
    if (on) this.answer.problems.push({ label, box: null });
    this.actions.changed();
  }
}
