// Windows over the page: help, instructions, skipping, earlier answers, and questions with buttons.

const SKIP_REASONS = [
  "The picture does not load or cannot be seen",
  "The picture upsets me",
  "I do not understand the words of the prompt",
  "I cannot judge this fairly",
];
const OTHER_REASON = "Another reason";

class Dialogs {
  constructor(find) {
    this.find = find;
    this.all = ["help", "instructions", "skip", "history", "choice"].map((name) => find(`dialog-${name}`));
    for (const dialog of this.all) {
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog && dialog !== find("dialog-choice")) dialog.close(); // beside the window
      });
    }
    find("dialog-choice").addEventListener("cancel", (event) => event.preventDefault());
    this.turn = Promise.resolve();
  }

  get open() {
    return this.all.some((dialog) => dialog.open);
  }

  show(name) {
    const dialog = this.find(`dialog-${name}`);
    if (!dialog.open) dialog.showModal();
  }

  /**
   * Ask, as soon as no other question is open; resolves to the value of the button that was pressed. `choices` are
   * [value, wording], the first one is usual.
   */
  ask(title, text, choices) {
    this.turn = this.turn.then(() => this.#choose(title, text, choices));
    return this.turn;
  }

  #choose(title, text, choices) {
    const dialog = this.find("dialog-choice");
    for (const other of this.all) if (other.open) other.close();
    this.find("choice-title").textContent = title;
    this.find("choice-text").textContent = text;
    return new Promise((resolve) => {
      const stop = new AbortController();
      // The browser closes a window that Esc is pressed in twice, whatever "cancel" is told.
      dialog.addEventListener("close", () => dialog.open || dialog.showModal(), { signal: stop.signal });
      this.find("choice-actions").replaceChildren(
        ...choices.map(([value, wording], place) =>
          make(
            "button",
            {
              type: "button",
              class: place === 0 ? "button primary" : "button",
              onclick: () => {
                stop.abort();
                dialog.close();
                resolve(value);
              },
            },
            wording,
          ),
        ),
      );
      dialog.showModal();
    });
  }

  /** Ask why an item is skipped; resolves to the reason, or to null. */
  askSkip(suggested) {
    const dialog = this.find("dialog-skip");
    const form = this.find("skip-form");
    const words = this.find("skip-text");
    const error = this.find("skip-error");
    const stop = new AbortController();
    const radios = [...SKIP_REASONS, OTHER_REASON].map((reason) =>
      makeChoice({ type: "radio", name: "skip", value: reason, label: reason, className: "tick", onchange: () => {} }, reason),
    );
    this.find("skip-reasons").replaceChildren(...radios.map((radio) => radio.node));
    const chosen = radios.find((radio) => radio.input.value === suggested) ?? radios[0];
    chosen.input.checked = true;
    words.value = "";
    error.textContent = "";
    dialog.showModal();
    chosen.input.focus();
    return new Promise((resolve) => {
      const finish = (reason) => {
        stop.abort();
        dialog.close();
        resolve(reason);
      };
      const { signal } = stop;
      this.find("skip-cancel").addEventListener("click", () => finish(null), { signal });
      dialog.addEventListener("close", () => finish(null), { signal });
      words.addEventListener("input", () => error.replaceChildren(), { signal });
      form.addEventListener(
        "submit",
        (event) => {
          event.preventDefault();
          const ticked = radios.find((radio) => radio.input.checked).input.value;
          const own = words.value.trim();
          if (ticked === OTHER_REASON && !own) {
            error.textContent = "Say in a few words why.";
            words.focus();
            return;
          }
          if (ticked === OTHER_REASON) finish(own);
          else finish(own ? `${ticked}: ${own}` : ticked);
        },
        { signal },
      );
    });
  }

  showHistory(entries, open) {
    this.find("history").replaceChildren(
      ...entries.map((entry) =>
        make(
          "li",
          {},
          make(
            "button",
            {
              type: "button",
              class: "entry",
              onclick: () => {
                this.find("dialog-history").close();
                open(entry.assignment_id);
              },
            },
            make("b", { "aria-label": `rated ${entry.overall}` }, String(entry.overall)),
            make("span", { dir: "auto" }, entry.prompt),
            make("time", {}, new Date(entry.rated_at * 1000).toLocaleString([], { dateStyle: "short", timeStyle: "short" })),
          ),
        ),
      ),
    );
    if (!entries.length) this.find("history").append(make("li", { class: "hint" }, "You have not answered anything yet."));
    this.show("history");
  }
}
