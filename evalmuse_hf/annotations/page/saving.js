// Saving: a draft goes to this device at once and to the server soon; a submission is sent until the server has it.

const DRAFT_DELAY_MS = 800;
const MOST_TRIED = 20;

/** Saves the draft of the task that is shown. States: idle, saving, saved, offline, busy, trouble, local. */
class DraftSaver {
  constructor({ connection, shelf, storeId, showState, refused, trouble }) {
    Object.assign(this, { connection, shelf, storeId, showState, refused, trouble });
    this.patience = new Patience();
    this.waiting = null; // the state that is shown while a retry is due
    this.task = null;
    this.timer = null;
    this.sending = null;
    window.addEventListener("online", () => this.#soon(0));
    window.addEventListener("pagehide", () => this.#lastWord());
    document.addEventListener("visibilitychange", () => document.hidden && this.#soon(0));
  }

  /** Begin with a task; `saved` is the draft that the server has of it, as `canonical` spells it, or null. */
  open(task, saved) {
    this.close();
    this.task = task;
    this.revision = task.draft_revision;
    this.saved = saved;
    this.draft = null;
    this.#calm();
    // What was sent without an answer since the last one: the server may have any of these.
    this.tried = new Set(this.shelf.read(task.assignment_id)?.sent ?? []);
    this.showState(saved && !isCorrection(task) ? "saved" : "idle");
  }

  close() {
    clearTimeout(this.timer);
    this.task = null;
    this.draft = null;
  }

  /** Call after each change of the answer. */
  change(answer, activeS) {
    if (!this.task) return;
    this.draft = structuredClone(answer);
    const { revision } = this.task;
    this.shelf.update(this.task.assignment_id, { draft: this.draft, base: this.revision, activeS, revision });
    if (isCorrection(this.task)) {
      this.showState("local"); // an answer that was given is corrected by submitting, not by drafts
      return;
    }
    if (!this.#dirty()) {
      if (!this.sending) this.showState("saved"); // as it was
      return;
    }
    this.showState(this.waiting ?? "saving");
    if (!this.waiting) this.#soon(DRAFT_DELAY_MS);
  }

  /** Send what is unsaved now; resolves when it is tried. */
  async flush() {
    clearTimeout(this.timer);
    if (this.#dirty()) await this.#send();
  }

  /** Take over the revision of the server, after another tab had saved. */
  adopt(revision) {
    this.revision = revision;
    this.saved = null;
    this.shelf.update(this.task.assignment_id, { base: revision });
    this.#soon(0);
  }

  #dirty() {
    return this.task !== null && !isCorrection(this.task) && this.draft !== null && canonical(this.draft) !== this.saved;
  }

  #soon(delay) {
    clearTimeout(this.timer);
    if (this.#dirty()) this.timer = setTimeout(() => this.#send(), delay);
  }

  async #send() {
    if (this.sending) {
      await this.sending;
      if (!this.#dirty() || this.waiting) return;
    }
    this.sending = this.#put().finally(() => {
      this.sending = null;
    });
    await this.sending;
  }

  async #put() {
    const { task, draft } = this;
    if (!task || !draft) return;
    this.#note(task, draft);
    try {
      const body = { revision: this.revision, draft, store_id: this.storeId };
      const reply = await this.connection.json("PUT", `/draft/${task.assignment_id}`, body);
      if (task !== this.task) return;
      this.revision = reply.revision;
      this.saved = canonical(draft);
      this.#calm();
      this.tried.clear();
      this.shelf.update(task.assignment_id, { base: this.revision, sent: null });
      if (this.#dirty()) {
        this.#soon(DRAFT_DELAY_MS);
        return;
      }
      // From now on the server knows best: the rater may go on with another device and come back to this one.
      this.shelf.update(task.assignment_id, { draft: null });
      this.showState("saved");
    } catch (error) {
      if (task !== this.task) return;
      if (error instanceof Refusal) {
        this.refused(error, draft);
        return;
      }
      if (!(error instanceof Unreachable)) throw error;
      const delay = this.patience.delayAfter(error);
      if (delay === null) {
        this.#calm(); // the next change is tried again
        this.showState("trouble");
        this.trouble(error);
        return;
      }
      this.waiting = error.trouble ? "busy" : "offline";
      this.showState(this.waiting);
      this.#soon(delay);
    }
  }

  #calm() {
    this.patience.reset();
    this.waiting = null;
  }

  #note(task, draft) {
    this.tried.add(canonical(draft));
    this.shelf.update(task.assignment_id, { sent: [...this.tried].slice(-MOST_TRIED) });
  }

  // The page goes away: one request that outlives it. This device has the draft in any case.
  #lastWord() {
    if (!this.#dirty()) return;
    const body = { revision: this.revision, draft: this.draft, store_id: this.storeId };
    this.#note(this.task, this.draft);
    this.connection.json("PUT", `/draft/${this.task.assignment_id}`, body, { keepalive: true }).catch(() => {});
  }
}

/** Sends answers, each under one name until it is acknowledged, so that a repeated request is no second answer. */
class Outbox {
  constructor({ connection, shelf, storeId, waiting, trouble, wake }) {
    Object.assign(this, { connection, shelf, storeId, waiting, trouble, wake });
  }

  /** Keep an answer on this device and send it. Throws the `Refusal` of the server, and then keeps it no longer. */
  async send(assignmentId, answer, { durationS, revision }) {
    const submission = {
      ...structuredClone(answer),
      submission_id: newId(),
      store_id: this.storeId,
      client: `page/1 ${window.matchMedia("(max-width: 800px)").matches ? "phone" : "desktop"}`,
      duration_s: durationS,
    };
    if (revision > 0) submission.revision = revision;
    this.shelf.update(assignmentId, { submission });
    return this.deliver(assignmentId, submission);
  }

  async deliver(assignmentId, submission) {
    const patience = new Patience();
    for (;;) {
      try {
        const reply = await this.connection.json("POST", `/rating/${assignmentId}`, submission);
        this.shelf.remove(assignmentId);
        return reply;
      } catch (error) {
        if (error instanceof Refusal) {
          // With a new session, or once its own store is back, it is sent again; anything else was decided.
          if (error.http !== 401 && error.status !== "other_store") this.shelf.update(assignmentId, { submission: null });
          throw error;
        }
        if (!(error instanceof Unreachable)) throw error;
        this.waiting(error);
        const delay = patience.delayAfter(error);
        if (delay === null) await this.trouble(error);
        else await waitForNetwork(delay, this.wake);
      }
    }
  }
}
