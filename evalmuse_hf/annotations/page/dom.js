// Small pieces for building the page. Text from the server goes through `make`, which never parses it as HTML.

/** An element with properties and children; strings become text nodes. */
function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/** A native radio button or checkbox that looks like a button; its label is the `children`. */
function makeChoice({ type, name, value, label, title, className, onchange }, ...children) {
  const input = make("input", { type, name, value, "aria-label": label });
  input.addEventListener("change", () => onchange(input));
  return { input, node: make("label", { class: className, title }, input, make("span", {}, ...children)) };
}

/** A name that no other answer has; `crypto.randomUUID` is missing on pages that came by plain HTTP. */
function newId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** JSON with sorted names, so that two equal values give equal texts. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
