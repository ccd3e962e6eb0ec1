// The prompt, with the words of each element marked.

/** Pieces of the prompt with the elements that cover each; spans count Unicode code points, as Python does. */
function promptPieces(prompt, elements) {
  const points = Array.from(prompt);
  const cuts = new Set([0, points.length]);
  const spans = [];
  for (const element of elements) {
    for (const [start, end] of element.spans ?? []) {
      if (!(0 <= start && start < end && end <= points.length)) continue;
      spans.push({ start, end, elementId: element.element_id });
      cuts.add(start).add(end);
    }
  }
  const places = [...cuts].sort((one, other) => one - other);
  return places.slice(0, -1).map((start, index) => ({
    text: points.slice(start, places[index + 1]).join(""),
    elementIds: spans
      .filter((span) => span.start <= start && places[index + 1] <= span.end)
      .sort((one, other) => one.end - one.start - (other.end - other.start))
      .map((span) => span.elementId),
  }));
}

class PromptView {
  constructor(find, choose) {
    this.text = find("prompt");
    this.unplaced = find("unplaced");
    this.choose = choose;
    this.marks = [];
  }

  show(task) {
    this.marks = [];
    const pieces = promptPieces(task.prompt, task.elements);
    const placed = new Set(pieces.flatMap((piece) => piece.elementIds));
    this.text.replaceChildren(
      ...pieces.map((piece) => {
        if (!piece.elementIds.length) return document.createTextNode(piece.text);
        const node = make("span", { class: "word" }, piece.text);
        node.addEventListener("click", () => this.#chooseFrom(piece.elementIds));
        this.marks.push({ node, elementIds: piece.elementIds });
        return node;
      }),
    );
    const others = task.elements.filter((element) => !placed.has(element.element_id));
    this.unplaced.hidden = others.length === 0;
    this.unplaced.replaceChildren(
      make("span", { class: "soft" }, "Not found word for word:"),
      ...others.map((element) => {
        const node = make("button", { type: "button", class: "word alone" }, element.text);
        node.addEventListener("click", () => this.choose(element.element_id));
        this.marks.push({ node, elementIds: [element.element_id] });
        return node;
      }),
    );
  }

  update(answer, currentId) {
    this.current = currentId;
    for (const { node, elementIds } of this.marks) {
      const shown = elementIds.includes(currentId) ? currentId : elementIds[0];
      const value = answer.elements[shown]?.value;
      node.classList.toggle("current", elementIds.includes(currentId));
      node.dataset.answer = value === 1 ? "yes" : value === 0 ? "no" : "open";
    }
  }

  // Where elements overlap, the shortest comes first, and a second click goes on to the one around it.
  #chooseFrom(elementIds) {
    const place = elementIds.indexOf(this.current);
    this.choose(elementIds[(place + 1) % elementIds.length]);
  }
}
