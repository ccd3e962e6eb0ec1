// The keyboard. Keys do nothing while somebody writes, while a window is open, and before the picture is there.

const TEXT_INPUTS = new Set(["text", "search", "email", "url", "password", "number", "tel"]);
const KEYS_SETTING = "evalmuse-annotation-keys";

function isWriting(node) {
  if (!node?.tagName) return false;
  if (node.tagName === "INPUT") return TEXT_INPUTS.has(node.type);
  return node.tagName === "TEXTAREA" || node.tagName === "SELECT" || node.isContentEditable;
}

/** Whether single letters, digits and signs do anything; whoever dictates, or hits keys by accident, turns them off. */
class KeySwitch {
  constructor(root, tick) {
    this.root = root;
    this.tick = tick;
    try {
      tick.checked = localStorage.getItem(KEYS_SETTING) !== "off";
    } catch {
      // without a storage it holds for this page only
    }
    tick.addEventListener("change", () => this.#store());
    this.#show();
  }

  get on() {
    return this.tick.checked;
  }

  #store() {
    try {
      localStorage.setItem(KEYS_SETTING, this.on ? "on" : "off");
    } catch {
      // as above
    }
    this.#show();
  }

  // What is written on the page about keys has to stay true.
  #show() {
    this.root.dataset.keys = this.on ? "on" : "off";
    for (const node of this.root.querySelectorAll("[aria-keyshortcuts], [data-shortcut]")) {
      const key = node.dataset.shortcut ?? node.getAttribute("aria-keyshortcuts");
      if (key.length > 1) continue;
      node.dataset.shortcut = key;
      node.dataset.title ??= node.title;
      node.title = this.on ? node.dataset.title : node.dataset.title.replace(/ \(.\)$/, "");
      if (this.on) node.setAttribute("aria-keyshortcuts", key);
      else node.removeAttribute("aria-keyshortcuts");
    }
  }
}

function listenToKeys(page) {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || page.dialogs.open || !page.visible) return;
    const target = event.composedPath()[0];
    const action = pressed(page, event, target);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/**
 * The key by what is printed on it for us. Where digits need Shift, as in France, and where letters are not Latin ones,
 * the place of the key decides.
 */
function keyOf(event) {
  const digit = /^Digit([0-5])$/.exec(event.code);
  if (digit && !event.shiftKey) return digit[1];
  const foreign = event.key.codePointAt(0) > 127;
  const letter = /^Key([A-Z])$/.exec(event.code);
  if (foreign && letter) return letter[1].toLowerCase();
  if (foreign && event.code === "Slash" && event.shiftKey) return "?";
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** What a key does now; undefined if nothing. */
function pressed(page, event, target) {
  const { form } = page;
  const rating = page.screen === "rating";
  const key = keyOf(event);
  if (event.altKey || event.metaKey) return undefined;
  if (event.ctrlKey) return key === "Enter" && rating && !event.repeat ? () => page.submit() : undefined;
  if (isWriting(target)) return key === "Escape" && target === page.form?.comment ? () => target.blur() : undefined;
  if (key.length === 1 && !page.keys.on) return undefined;
  const always = { "?": () => page.dialogs.show("help"), i: () => page.showInstructions(), b: () => page.openPrevious() };
  if (always[key] && page.ready) return event.repeat ? undefined : always[key];
  if (!rating || !page.ready) return undefined;

  const zoom = { "+": ZOOM_STEP, "=": ZOOM_STEP, "-": 1 / ZOOM_STEP }[key];
  if (zoom) return () => page.picture.zoomBy(zoom);
  if (key === "0") return () => page.picture.reset();
  if (key === "k") return event.repeat ? undefined : () => page.skip();
  if (!page.answerable) return undefined;

  const label = form.problems.labelAt(target);
  if (key === "ArrowDown" || key === "ArrowUp") {
    if (target?.type === "radio") return undefined; // there the arrows choose
    const step = key === "ArrowDown" ? 1 : -1;
    return label ? () => form.problems.focusNext(label, step) : say(page, () => form.step(step));
  }
  if (event.repeat) return undefined; // a key held down is no second answer
  if (page.boxes.label && key === "Escape") return () => page.leaveBoxes(page.boxes.label);
  if (page.boxes.label && key === "Enter") return () => page.boxes.place(page.boxes.label);
  if (label && key === "d") return () => page.boxes.place(label);
  if (label && key === "Escape") return () => page.focusQuestions();
  if (key === "Enter") return target?.closest?.("button, a, summary") ? undefined : () => page.submit();
  const value = /^[1-5]$/.test(key) ? Number(key) : null;
  if (value) return say(page, () => form.rate(value), () => `Overall: ${value}`);
  return {
    y: say(page, () => form.say(form.currentId, 1)),
    n: say(page, () => form.say(form.currentId, 0)),
    u: say(page, () => form.toggleSure()),
    s: () => page.announce(form.toggle("split_wrong") ? "The split may be wrong" : "The split is all right"),
    m: () => page.announce(form.toggle("prompt_meaningless") ? "The prompt is meaningless" : "The prompt makes sense"),
    p: () => form.problems.focus(),
    c: () => form.comment.focus(),
  }[key];
}

/** The focus stays where it is when such a key is pressed; so what has changed, and what is marked now, is said. */
function say(page, action, words = () => page.form.describeCurrent()) {
  return () => {
    action();
    page.announce(words());
  };
}
