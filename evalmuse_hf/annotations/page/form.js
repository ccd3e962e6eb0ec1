// The questions about one item. The form changes the answer in place and calls `changed`.

class AnswerForm {
  constructor(find, session, { changed, chosen, problems }) {
    this.find = find;
    this.changed = changed;
    this.chosen = chosen;
    this.anchors = session.anchors;
    this.problems = new ProblemList(find("problems"), session.structure_labels, problems);
    this.overall = this.#makeOverall();
    this.switches = { split_wrong: find("split-wrong"), prompt_meaningless: find("prompt-meaningless") };
    for (const [name, input] of Object.entries(this.switches)) {
      input.addEventListener("change", () => {
        this.answer[name] = input.checked;
        this.changed();
      });
    }
    this.comment = find("comment");
    this.comment.addEventListener("input", () => {
      this.answer.comment = this.comment.value;
      this.changed();
    });
  }

  show(task, answer) {
    this.task = task;
    this.answer = answer;
    this.rows = new Map(task.elements.map((element) => [element.element_id, this.#makeElement(element)]));
    this.find("elements").replaceChildren(...[...this.rows.values()].map((row) => row.node));
    this.find("elements-section").hidden = task.elements.length === 0;
    this.comment.value = answer.comment;
    this.problems.show(answer);
    this.currentId = this.#firstOpen() ?? task.elements[0]?.element_id;
    this.render();
  }

  render() {
    const { answer } = this;
    for (const [value, input] of this.overall) input.checked = answer.overall === value;
    for (const [elementId, row] of this.rows) {
      const { value, sure } = answer.elements[elementId];
      row.yes.checked = value === 1;
      row.no.checked = value === 0;
      row.unsure.checked = !sure;
      row.node.dataset.answer = value === 1 ? "yes" : value === 0 ? "no" : "open";
      row.node.classList.toggle("current", elementId === this.currentId);
      row.node.setAttribute("aria-current", String(elementId === this.currentId));
    }
    for (const [name, input] of Object.entries(this.switches)) input.checked = answer[name];
    this.problems.render();
    const { complete } = missingParts(this.task, answer);
    this.find("missing").textContent = describeMissing(this.task, answer);
    this.find("submit").setAttribute("aria-disabled", String(!complete));
  }

  rate(value) {
    this.answer.overall = value;
    this.changed();
  }

  toggle(name) {
    this.answer[name] = !this.answer[name];
    this.changed();
    return this.answer[name];
  }

  /** Answer an element; then the next one that is open is current. */
  say(elementId, value) {
    if (elementId === undefined) return;
    this.answer.elements[elementId].value = value;
    this.currentId = this.#firstOpen(elementId) ?? elementId;
    this.changed();
    this.#reveal();
    this.chosen();
  }

  toggleSure(elementId = this.currentId) {
    if (elementId === undefined) return;
    const own = this.answer.elements[elementId];
    own.sure = !own.sure;
    this.changed();
  }

  choose(elementId) {
    this.currentId = elementId;
    this.render();
    this.#reveal();
    this.chosen();
  }

  step(by) {
    const { elements } = this.task;
    if (!elements.length) return;
    const place = elements.findIndex((element) => element.element_id === this.currentId);
    this.choose(elements[Math.min(elements.length - 1, Math.max(0, place + by))].element_id);
  }

  /** The element that is marked, and what is said of it. */
  describeCurrent() {
    const element = this.task.elements.find((one) => one.element_id === this.currentId);
    if (!element) return "This prompt has no elements";
    const { value, sure } = this.answer.elements[this.currentId];
    const said = value === 1 ? "yes" : value === 0 ? "no" : "open";
    return `Element ${element.text}: ${said}${sure ? "" : ", not sure"}`;
  }

  /** Show the first question that is open. */
  revealMissing() {
    const { overall, elements } = missingParts(this.task, this.answer);
    if (overall) this.find("overall").scrollIntoView({ block: "center" });
    else if (elements.length) this.choose(elements[0].element_id);
  }

  // From the element after this one round to it, as a rater who went back wants to go on from there.
  #firstOpen(after) {
    const { elements } = this.task;
    const start = elements.findIndex((element) => element.element_id === after) + 1;
    const order = [...elements.slice(start), ...elements.slice(0, start)];
    return order.find((element) => this.answer.elements[element.element_id].value === null)?.element_id;
  }

  #reveal() {
    this.rows.get(this.currentId)?.node.scrollIntoView({ block: "nearest" });
  }

  #makeOverall() {
    const inputs = new Map();
    const nodes = [1, 2, 3, 4, 5].map((value) => {
      const wording = this.anchors[value] ?? "";
      const { input, node } = makeChoice(
        {
          type: "radio",
          name: "overall",
          value,
          label: wording ? `${value}: ${wording}` : String(value),
          className: "grade",
          onchange: () => this.rate(value),
        },
        make("b", {}, String(value)),
        make("span", { class: "wording" }, ...emphasized(wording)),
      );
      inputs.set(value, input);
      return node;
    });
    this.find("overall").replaceChildren(...nodes);
    return inputs;
  }

  #makeElement(element) {
    const id = element.element_id;
    const choice = (type, name, value, label, className, onchange) =>
      makeChoice({ type, name: `${name}-${id}`, value, label: `${label}: ${element.text}`, className, onchange }, label);
    const yes = choice("radio", "element", 1, "Yes", "pill yes", () => this.say(id, 1));
    const no = choice("radio", "element", 0, "No", "pill no", () => this.say(id, 0));
    const unsure = choice("checkbox", "unsure", 1, "Not sure", "pill unsure", () => this.toggleSure(id));
    const name = make("p", { class: "element-name", id: `element-${id}` }, make("span", { dir: "auto" }, element.text));
    if (element.category) name.append(" ", make("span", { class: "category" }, element.category));
    const node = make(
      "li",
      { class: "element", data: { element: id } },
      make("div", { class: "element-text" }, name, element.question ? make("p", { class: "question", dir: "auto" }, element.question) : ""),
      make("div", { class: "element-answers", role: "radiogroup", "aria-labelledby": `element-${id}` }, yes.node, no.node),
      unsure.node,
    );
    node.addEventListener("click", (event) => {
      if (!event.target.closest("label, input")) this.choose(id);
    });
    return { node, yes: yes.input, no: no.input, unsure: unsure.input };
  }
}

/** "Matches fully: everything is there" with its first words set off. */
function emphasized(wording) {
  const [lead, ...rest] = wording.split(":");
  return rest.length ? [make("strong", {}, `${lead}:`), rest.join(":")] : [make("strong", {}, wording)];
}
