// The picture: fitted into its half, zoomed and moved by wheel, buttons, keys, mouse and fingers.

const MOST_ZOOM = 12;
const ZOOM_STEP = 1.4;

class PictureView {
  constructor(find) {
    this.viewport = find("viewport");
    this.stage = find("stage");
    this.image = find("picture");
    this.level = find("zoom-level");
    this.size = { width: 1, height: 1 };
    this.pointers = new Map();
    this.reset();
    find("zoom-in").addEventListener("click", () => this.zoomBy(ZOOM_STEP));
    find("zoom-out").addEventListener("click", () => this.zoomBy(1 / ZOOM_STEP));
    find("zoom-fit").addEventListener("click", () => this.reset());
    this.viewport.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    // Else the browser would take a drag of the picture for one of a selection.
    this.viewport.addEventListener("dragstart", (event) => event.preventDefault());
    this.viewport.addEventListener("dblclick", (event) => this.#doubleClick(event));
    this.viewport.addEventListener("pointerdown", (event) => this.#down(event));
    this.viewport.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.viewport.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
    this.viewport.addEventListener(
      "touchmove",
      (event) => {
        if (event.touches.length > 1 && event.cancelable) event.preventDefault();
      },
      { passive: false },
    );
    new ResizeObserver(() => this.#place()).observe(this.viewport);
  }

  /** Set while a box is drawn; then one pointer draws instead of moving the picture. */
  set drawing(on) {
    this.viewport.classList.toggle("drawing", on);
  }

  get drawing() {
    return this.viewport.classList.contains("drawing");
  }

  async show(blob, { width, height }) {
    const address = URL.createObjectURL(blob);
    this.image.src = address;
    try {
      await this.image.decode();
    } finally {
      URL.revokeObjectURL(address);
    }
    this.size = { width: this.image.naturalWidth || width, height: this.image.naturalHeight || height };
    this.image.hidden = false;
    this.reset();
  }

  clear() {
    this.image.hidden = true;
    this.image.removeAttribute("src");
  }

  reset() {
    this.zoom = 1;
    this.shift = { x: 0, y: 0 };
    this.#place();
  }

  zoomBy(factor, at) {
    const frame = this.viewport.getBoundingClientRect();
    const from = at ?? { x: frame.left + frame.width / 2, y: frame.top + frame.height / 2 };
    const middle = { x: from.x - frame.left - frame.width / 2, y: from.y - frame.top - frame.height / 2 };
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    for (const axis of ["x", "y"]) {
      this.shift[axis] = middle[axis] - ((middle[axis] - this.shift[axis]) * zoom) / this.zoom;
    }
    this.zoom = zoom;
    this.#place();
  }

  /** A place on the screen as shares of the picture. */
  toShare(event) {
    const frame = this.stage.getBoundingClientRect();
    return { x: (event.clientX - frame.left) / frame.width, y: (event.clientY - frame.top) / frame.height };
  }

  #place() {
    const frame = { width: this.viewport.clientWidth, height: this.viewport.clientHeight };
    if (!frame.width || !frame.height) return;
    const fit = Math.min(frame.width / this.size.width, frame.height / this.size.height);
    const fitted = { width: this.size.width * fit, height: this.size.height * fit };
    this.shift.x = clampShift(this.shift.x, fitted.width * this.zoom, frame.width);
    this.shift.y = clampShift(this.shift.y, fitted.height * this.zoom, frame.height);
    Object.assign(this.stage.style, {
      width: `${fitted.width}px`,
      height: `${fitted.height}px`,
      transform: `translate(-50%, -50%) translate(${this.shift.x}px, ${this.shift.y}px) scale(${this.zoom})`,
    });
    this.stage.style.setProperty("--zoom", String(this.zoom));
    this.viewport.classList.toggle("zoomed", this.zoom > 1.001);
    this.level.textContent = this.zoom > 1.001 ? `${Math.round(this.zoom * 100)} %` : "Fit";
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1;
    this.zoomBy(Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) / 300), { x: event.clientX, y: event.clientY });
  }

  #doubleClick(event) {
    if (this.drawing || event.target.closest("button")) return;
    if (this.zoom > 1.001) this.reset();
    else this.zoomBy(2.5, { x: event.clientX, y: event.clientY });
  }

  #down(event) {
    if (event.target.closest("button, .box") || event.button > 0) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.pointers.size === 1 && (this.drawing || this.zoom > 1.001)) this.viewport.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (this.pointers.size === 2) this.#pinch(event.pointerId, before, now);
    else if (!this.drawing && this.zoom > 1.001) {
      this.shift.x += now.x - before.x;
      this.shift.y += now.y - before.y;
      this.#place();
    }
    this.pointers.set(event.pointerId, now);
  }

  #pinch(pointerId, before, now) {
    const [, other] = [...this.pointers].find(([id]) => id !== pointerId);
    const stretch = Math.hypot(now.x - other.x, now.y - other.y) / (Math.hypot(before.x - other.x, before.y - other.y) || 1);
    this.zoomBy(stretch, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    this.shift.x += (now.x - before.x) / 2;
    this.shift.y += (now.y - before.y) / 2;
    this.#place();
  }
}

function clampShift(shift, length, frame) {
  const most = Math.max(0, (length - frame) / 2);
  return Math.min(most, Math.max(-most, shift));
}
