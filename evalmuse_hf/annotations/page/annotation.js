// The page: sign-in and consent, one item after the other, and what happens when something goes wrong.

const SAVE_STATES = {
  idle: "",
  saving: "Saving …",
  saved: "Saved",
  offline: "Not connected: kept on this device, will retry",
  busy: "The server is busy: kept on this device, will retry",
  trouble: "Not saved by the server: kept on this device",
  local: "Kept on this device until you submit",
  sending: "Sending …",
};

const CONFLICTS = {
  other_tab: "Open in another tab",
  already_answered: "You have answered this picture",
  expired_lease: "The time for this picture ran out",
  closed_round: "This round was closed",
  other_store: "Another campaign is at this address now",
};
const WAITING = ["offline", "busy"];

/** An answer that was given, and is only changed if its rater wants to; one that was sent back has a lease again. */
function isCorrection(task) {
  return task?.revision > 0 && task.expires_at === null;
}

class AnnotationPage {
  constructor(host) {
    this.host = host;
    const shadow = host.attachShadow({ mode: "open" });
    shadow.append(document.importNode(document.getElementById("annotation-skeleton").content, true));
    this.find = (id) => shadow.getElementById(id);
    this.app = shadow.querySelector(".app");
    this.keys = new KeySwitch(this.app, this.find("single-keys"));
    this.dialogs = new Dialogs(this.find);
    this.clock = new ActiveClock();
    this.picture = new PictureView(this.find);
    this.prompt = new PromptView(this.find, (elementId) => this.answerable && this.form.choose(elementId));
    this.ready = false;
    this.answerable = false;
    this.covered = false;
    this.sending = false;
    this.sent = 0;
    followPlace(host);
    followScheme(host);
    this.#connectButtons();
    listenToKeys(this);
  }

  get screen() {
    return this.app.dataset.screen;
  }

  get visible() {
    return !this.covered && this.app.getClientRects().length > 0;
  }

  // --- beginning ---

  async start(base, token) {
    this.connection = new Connection(base, token);
    this.met = token;
    this.#show("loading");
    this.session = await this.#insist(() => this.connection.json("GET", "/session"));
    if (!this.session) return;
    const storeId = this.session.store_id;
    this.shelf = new Shelf(storeId, this.session.rater);
    this.boxes = new BoxLayer(this.find, this.picture, {
      changed: () => this.#changed(),
      left: (label) => this.leaveBoxes(label),
      nameOf: problemName,
    });
    this.form = new AnswerForm(this.find, this.session, {
      changed: () => this.#changed(),
      chosen: () => this.prompt.update(this.answer, this.form.currentId),
      problems: {
        changed: () => this.#changed(),
        draw: (label) => this.#draw(label),
        place: (label) => this.#place(label),
        editBox: (index) => this.boxes.focus(index),
        removeBox: (index) => this.boxes.remove(index),
      },
    });
    this.saver = new DraftSaver({
      connection: this.connection,
      shelf: this.shelf,
      storeId,
      showState: (state) => this.#showSaveState(state),
      refused: (error, draft) => this.#draftRefused(error, draft),
      trouble: (error) => this.alarm(`${SAVE_STATES.trouble}. ${error.message}`),
    });
    this.outbox = new Outbox({
      connection: this.connection,
      shelf: this.shelf,
      storeId,
      waiting: (error) => this.#showSaveState(error.trouble ? "busy" : "offline"),
      trouble: (error) => this.#trouble(error),
      wake: this.find("submit"),
    });
    // The server's guidelines are its own text, made safe there; nothing that a rater or a prompt says is in them.
    this.find("instructions-text").innerHTML = this.session.guidelines.instructions_html;
    this.ready = true;
    if (this.session.consented) await this.#begin();
    else this.#askConsent();
  }

  /** A session stands in the document: one of the same rater is taken over, for anybody else the page is built anew. */
  async meetSession(token) {
    if (token === this.met) return;
    this.met = token;
    this.#cover(true); // until it is known whose it is, whoever looks sees nothing
    const session = token === this.connection.token ? this.session : await this.#sessionOf(token);
    if (token !== this.met) return;
    const same = session && session.rater === this.session?.rater && session.store_id === this.session.store_id;
    if (same) {
      this.connection.token = token;
      this.#cover(false);
    } else {
      this.saver?.close();
      location.reload();
    }
  }

  /** What the server says of a session; null if that is none. Nothing else is asked in its name. */
  async #sessionOf(token) {
    const patience = new Patience();
    while (token === this.met) {
      try {
        return await new Connection(this.connection.base, token).json("GET", "/session");
      } catch (error) {
        const delay = error instanceof Unreachable ? patience.delayAfter(error) : null;
        if (delay === null) return null;
        await waitForNetwork(delay);
      }
    }
    return null;
  }

  #cover(on) {
    const { activeElement } = this.host.shadowRoot;
    if (on) this.held = this.held ?? activeElement;
    this.covered = on;
    this.host.toggleAttribute("data-covered", on); // what is hidden cannot have the focus
    if (on) return;
    this.held?.focus({ preventScroll: true });
    this.held = null;
  }

  async #begin() {
    for (const entry of this.shelf.unsent()) {
      this.find("loading-text").textContent = "Sending an answer that was kept on this device …";
      try {
        await this.outbox.deliver(entry.assignmentId, entry.submission);
        this.announce("An answer that was kept on this device is sent.");
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (await this.#answerRefused(error, { earlier: true })) return;
      }
    }
    await this.next();
  }

  #askConsent() {
    this.find("consent-instructions").innerHTML = this.session.guidelines.instructions_html;
    this.find("consent-text").innerHTML = this.session.guidelines.consent_html;
    this.#askToTick();
    this.#show("consent", "consent-title");
  }

  async #accept() {
    const { version } = this.session.guidelines;
    this.find("consent-accept").disabled = true;
    const reply = await this.#insist(() => this.connection.json("POST", "/consent", { version }));
    if (reply) await this.#begin();
    else this.#askToTick();
  }

  // Another text needs another tick.
  #askToTick() {
    this.find("consent-tick").checked = false;
    this.find("consent-accept").disabled = true;
  }

  // --- items ---

  /** Ask for the next item and show it. */
  async next() {
    this.#putAway();
    this.find("loading-text").textContent = "Getting the next picture …";
    const shown = setTimeout(() => this.#show("loading"), 300); // a quick answer needs no screen of its own
    const reply = await this.#insist(() => this.connection.json("GET", "/task"));
    clearTimeout(shown);
    if (!reply) return;
    if (reply.task) await this.#open(reply.task);
    else this.#finish(reply.message);
  }

  #finish(message) {
    this.find("finished-text").textContent = message || "There is nothing to rate at the moment.";
    this.find("finished-done").textContent = this.sent ? `Sent since you opened this page: ${this.sent}.` : "";
    this.#showSaveState("idle");
    this.#show("finished", "finished-title");
  }

  async #open(task) {
    this.task = task;
    const entry = this.shelf.read(task.assignment_id);
    const own = (entry?.revision ?? 0) === task.revision ? entry : null;
    this.answer = readDraft(task, own?.draft ?? task.draft, this.session.structure_labels);
    this.#setAnswerable(false);
    this.find("correcting").hidden = !task.revision;
    this.find("correcting-text").textContent = isCorrection(task)
      ? "You are correcting an answer that you gave before."
      : `This answer was sent back to you. Please look at the picture again. ${task.returned_reason ?? ""}`;
    for (const id of ["earlier", "leave-correction"]) this.find(id).hidden = !isCorrection(task);
    this.find("submit").firstChild.textContent = isCorrection(task) ? "Correct " : "Submit ";
    this.#showProgress(task);
    this.prompt.show(task);
    this.form.show(task, this.answer);
    this.prompt.update(this.answer, this.form.currentId);
    this.boxes.show(this.answer);
    this.saver.open(task, task.draft && this.#spell(task, task.draft));
    this.#show("rating", "rating-title");
    this.find("questions").scrollTop = 0;
    this.app.scrollTop = 0;
    if (own?.draft && this.#isBehind(task, own)) {
      const choice = await this.#askWhich();
      if (task !== this.task) return;
      if (choice === "there") {
        this.shelf.remove(task.assignment_id);
        await this.#open(task);
        return;
      }
    }
    if (own?.draft) this.saver.change(this.answer, own.activeS ?? 0);
    if (own?.draft || (task.draft && !isCorrection(task))) this.announce("What you had filled in before is here again.");
    await this.#loadPicture(task, own?.activeS ?? 0);
  }

  /** Whether another device has saved since the draft on this one was begun, and something else. */
  #isBehind(task, own) {
    if (isCorrection(task) || !task.draft || !(own.base < task.draft_revision)) return false;
    const there = this.#spell(task, task.draft);
    return there !== this.#spell(task, own.draft) && !(own.sent ?? []).includes(there);
  }

  async #loadPicture(task, activeS) {
    this.picture.clear();
    this.find("picture-message").hidden = true;
    this.find("viewport").setAttribute("aria-busy", "true");
    try {
      const blob = await this.connection.blob(`/picture/${task.assignment_id}`);
      if (task !== this.task) return;
      await this.picture.show(blob, task.picture);
      if (task !== this.task) return;
      this.#setAnswerable(true);
      this.clock.start(activeS);
      this.find("rating-title").focus({ preventScroll: true });
    } catch (error) {
      if (task === this.task) await this.#pictureFailed(task, error, activeS);
    } finally {
      this.find("viewport").removeAttribute("aria-busy");
    }
  }

  async #pictureFailed(task, error, activeS) {
    if (error instanceof Refusal && error.http === 401) {
      await this.#signIn();
      return;
    }
    const known = error instanceof Refusal || error instanceof Unreachable;
    const text = known ? error.message : "The picture cannot be shown; its file seems to be broken.";
    this.find("picture-message-text").textContent = text;
    this.find("picture-message-actions").replaceChildren(
      make("button", { type: "button", class: "button", onclick: () => this.#loadPicture(task, activeS) }, "Try again"),
      make("button", { type: "button", class: "button primary", onclick: () => this.skip(SKIP_REASONS[0]) }, "Skip this picture"),
    );
    this.find("picture-message").hidden = false;
    this.alarm(text);
  }

  // The server leaves out what is blank; so both are read in the same way before they are compared.
  #spell(task, draft) {
    return canonical(readDraft(task, draft, this.session.structure_labels));
  }

  #changed() {
    this.form.render();
    this.prompt.update(this.answer, this.form.currentId);
    this.boxes.render();
    this.saver.change(this.answer, this.clock.seconds());
  }

  async submit() {
    if (!this.answerable) return;
    if (!missingParts(this.task, this.answer).complete) {
      this.announce(describeMissing(this.task, this.answer));
      this.find("missing").classList.remove("nudge");
      void this.find("missing").offsetWidth; // restarts the animation
      this.find("missing").classList.add("nudge");
      this.form.revealMissing();
      return;
    }
    const { task, answer } = this;
    this.#setAnswerable(false);
    this.saver.close();
    this.#showSaveState("sending");
    this.find("missing").textContent = "Sending …";
    const durationS = this.clock.stop();
    this.sending = true;
    try {
      const reply = await this.outbox.send(task.assignment_id, answer, { durationS, revision: task.revision });
      this.sent += 1;
      this.sending = false;
      this.announce(reply.message || "Your answer is stored.");
      this.#showSaveState("idle");
      await this.next();
    } catch (error) {
      this.sending = false;
      if (!(error instanceof Refusal)) throw error;
      if (await this.#answerRefused(error, {})) return;
      if (error.http === 409 || error.http === 403 || error.http === 404) await this.next();
      else this.#resume(durationS);
    }
  }

  // The answer came back, to be changed: 413, 422 and the like.
  #resume(durationS) {
    this.saver.open({ ...this.task, draft_revision: this.saver.revision }, null);
    this.#setAnswerable(true);
    this.clock.start(durationS);
    this.#changed();
  }

  async skip(suggested) {
    if (!this.task || this.screen !== "rating" || this.sending) return;
    const { task } = this;
    if (isCorrection(task)) {
      await this.next(); // a given answer cannot be skipped; it stays as it was
      return;
    }
    const reason = await this.dialogs.askSkip(suggested);
    if (reason === null || task !== this.task) return;
    this.saver.close();
    this.#setAnswerable(false);
    this.#showSaveState("sending");
    const reply = await this.#insist(() => this.connection.json("POST", `/skip/${task.assignment_id}`, { reason }));
    if (!reply) return;
    this.shelf.remove(task.assignment_id);
    this.announce("Skipped.");
    await this.next();
  }

  /** The newest answer before the one that is shown, to correct it. */
  async openPrevious() {
    if (!this.ready || !["rating", "finished"].includes(this.screen) || this.sending) return;
    const reply = await this.#insist(() => this.connection.json("GET", "/history"));
    if (!reply) return;
    const shown = this.screen === "rating" && isCorrection(this.task) ? this.task.assignment_id : null;
    const place = reply.entries.findIndex((entry) => entry.assignment_id === shown);
    const entry = reply.entries[place + 1];
    if (entry) await this.#openAnswered(entry.assignment_id);
    else this.announce(place < 0 ? "You have not answered anything yet." : "There is no earlier answer that can be opened.");
  }

  async #openHistory() {
    const reply = await this.#insist(() => this.connection.json("GET", "/history"));
    if (reply) this.dialogs.showHistory(reply.entries, (assignmentId) => this.#openAnswered(assignmentId));
  }

  async #openAnswered(assignmentId) {
    await this.saver.flush();
    const reply = await this.#insist(() => this.connection.json("GET", `/task/${assignmentId}`));
    if (!reply) return;
    this.#putAway();
    await this.#open(reply.task);
  }

  // --- boxes ---

  #draw(label) {
    this.#unfold();
    this.boxes.draw(label);
    this.announce(this.find("drawing-hint").textContent);
  }

  #place(label) {
    this.#unfold();
    this.boxes.place(label);
  }

  leaveBoxes(label) {
    this.boxes.stopDrawing();
    this.form.problems.focus(label);
  }

  focusQuestions() {
    this.find("rating-title").focus({ preventScroll: true });
    this.form.choose(this.form.currentId);
  }

  // --- what goes wrong ---

  /** Repeat a request until the server answers; null if it refused, which is then explained. */
  async #insist(request) {
    const before = this.find("save-state").dataset.state;
    const patience = new Patience();
    for (let waited = false; ; waited = true) {
      try {
        const reply = await request();
        if (waited) this.#showSaveState(before);
        return reply;
      } catch (error) {
        if (error instanceof Refusal) {
          await this.#refused(error);
          return null;
        }
        if (!(error instanceof Unreachable)) throw error;
        this.find("loading-text").textContent = `${error.message} Trying again …`;
        this.#showSaveState(error.trouble ? "busy" : "offline");
        const delay = patience.delayAfter(error);
        if (delay === null) await this.#trouble(error);
        else await waitForNetwork(delay);
      }
    }
  }

  /** The server has said so often that it cannot that only its rater has it tried once more. */
  #trouble(error) {
    return this.dialogs.ask("The server has a problem", `${error.message} What you filled in is kept on this device.`, [
      ["again", "Try again"],
    ]);
  }

  async #refused(error) {
    if (error.http === 401) return this.#signIn();
    if (error.status === "no_consent") return this.#newGuidelines();
    return this.#notice("That did not work", error.message, [["Try again", () => this.next()]]);
  }

  /** Explain why an answer was not taken; true if the page went elsewhere. */
  async #answerRefused(error, { earlier }) {
    if (error.http === 401) {
      await this.#signIn();
      return true;
    }
    if (error.status === "no_consent") {
      await this.#newGuidelines();
      return true;
    }
    if (error.status === "other_store") {
      await this.#otherStore(error);
      return true;
    }
    const title = CONFLICTS[error.status] ?? "The answer was not taken";
    const text = earlier ? `An answer that was kept on this device was not taken. ${error.message}` : error.message;
    const onward = error.http === 409 || error.http === 403 || error.http === 404 || earlier;
    await this.dialogs.ask(title, text, [["on", onward ? "Go on with the next picture" : "Look at my answer"]]);
    if (onward && !earlier) this.shelf.remove(this.task.assignment_id);
    return false;
  }

  async #draftRefused(error, draft) {
    const { task } = this;
    if (error.http === 401) return this.#signIn();
    if (error.status === "other_tab") return this.#otherTab(task, draft, error);
    if (error.status === "other_store") return this.#otherStore(error);
    if (error.http === 409 || error.http === 403 || error.http === 404) return this.#leave(task, error);
    this.#showSaveState("local");
    return this.alarm(error.message);
  }

  async #leave(task, error) {
    await this.dialogs.ask(CONFLICTS[error.status] ?? "This picture is closed to you", error.message, [
      ["on", "Go on with another picture"],
    ]);
    this.shelf.remove(task.assignment_id);
    await this.next();
  }

  async #otherTab(task, draft, error) {
    const reply = await this.#insist(() => this.connection.json("GET", `/task/${task.assignment_id}`));
    if (!reply || task !== this.task) return;
    const there = this.#spell(reply.task, reply.task.draft);
    // Our own last word before a reload, or a save whose answer was lost: nobody else was here.
    const behind = reply.task.draft_revision !== this.saver.revision;
    if (behind && (there === canonical(draft) || this.saver.tried.has(there))) {
      this.saver.adopt(reply.task.draft_revision);
      return;
    }
    if (!behind || reply.task.revision !== task.revision) {
      await this.#leave(task, error); // at work on another item there
      return;
    }
    if ((await this.#askWhich()) === "here") {
      this.saver.adopt(reply.task.draft_revision);
      return;
    }
    this.shelf.remove(task.assignment_id);
    await this.#open(reply.task);
  }

  #askWhich() {
    return this.dialogs.ask(
      "This picture is open twice",
      "Another tab or device of yours has saved answers to this picture since. Which ones do you want to keep?",
      [
        ["here", "Keep what is filled in here"],
        ["there", "Take what was saved there"],
      ],
    );
  }

  // What is kept on this device waits there for its own store.
  async #otherStore(error) {
    this.saver.close();
    await this.dialogs.ask(CONFLICTS.other_store, error.message, [["load", "Load the page again"]]);
    location.reload();
  }

  async #signIn() {
    this.saver?.close();
    await this.dialogs.ask(
      "Please sign in again",
      "You are signed out. What you filled in is kept on this device and is here again after you signed in.",
      [["again", "Sign in again"]],
    );
    location.reload();
  }

  async #newGuidelines() {
    const session = await this.#insist(() => this.connection.json("GET", "/session"));
    if (!session) return;
    this.session = session;
    this.find("instructions-text").innerHTML = session.guidelines.instructions_html;
    this.#askConsent();
  }

  #notice(title, text, actions) {
    this.find("notice-title").textContent = title;
    this.find("notice-text").textContent = text;
    this.find("notice-actions").replaceChildren(
      ...actions.map(([wording, action]) => make("button", { type: "button", class: "button primary", onclick: action }, wording)),
    );
    this.#show("notice", "notice-title");
  }

  // --- what is shown ---

  announce(text) {
    this.find("live").textContent = "";
    requestAnimationFrame(() => {
      this.find("live").textContent = text;
    });
  }

  alarm(text) {
    this.find("alarm").textContent = text;
  }

  showInstructions() {
    if (this.screen !== "consent") this.dialogs.show("instructions");
  }

  #show(screen, focus) {
    this.app.dataset.screen = screen;
    if (focus) this.find(focus).focus({ preventScroll: true });
    if (screen !== "rating") this.app.scrollTop = 0;
  }

  #showSaveState(state) {
    const before = this.find("save-state").dataset.state;
    this.find("save-state").dataset.state = state;
    this.find("save-text").textContent = SAVE_STATES[state];
    if (WAITING.includes(state) && before !== state) this.announce(SAVE_STATES[state]);
    if (state === "saved" && WAITING.includes(before)) this.announce("Connected again, saved.");
    if (WAITING.includes(state) && this.sending) {
      this.find("missing").textContent = "Not sent yet. It is kept on this device and sent as soon as possible.";
      this.find("submit").firstChild.textContent = "Try now ";
      this.find("submit").setAttribute("aria-disabled", "false");
    }
  }

  // The server counts what is left without the item at hand.
  #showProgress(task) {
    const { done } = task;
    const left = task.left + (isCorrection(task) ? 0 : 1);
    const bar = this.find("progress");
    const total = Math.max(1, done + left);
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(done));
    bar.setAttribute("aria-valuetext", `${done} done, ${left} left`);
    bar.firstChild.style.width = `${(100 * done) / total}%`;
    this.find("progress-text").textContent = `${done} done · ${left} left`;
  }

  #setAnswerable(on) {
    this.answerable = on;
    this.find("questions").inert = !on;
  }

  #putAway() {
    this.saver.close();
    this.clock.stop();
    this.task = null;
    this.#setAnswerable(false);
  }

  #unfold(open = true) {
    this.find("picture-half").classList.toggle("folded", !open);
    this.find("collapse").setAttribute("aria-expanded", String(open));
    this.find("collapse").textContent = open ? "Hide picture" : "Show picture";
  }

  #connectButtons() {
    const click = (id, action) => this.find(id).addEventListener("click", action);
    click("submit", () => this.submit());
    click("open-help", () => this.dialogs.show("help"));
    click("open-instructions", () => this.showInstructions());
    click("open-skip", () => this.skip());
    click("open-history", () => this.openPrevious());
    click("earlier", () => this.openPrevious());
    click("leave-correction", () => {
      this.shelf.remove(this.task.assignment_id);
      this.next();
    });
    click("finished-retry", () => this.next());
    click("finished-history", () => this.#openHistory());
    click("collapse", () => this.#unfold(this.find("picture-half").classList.contains("folded")));
    this.find("consent-tick").addEventListener("change", (event) => {
      this.find("consent-accept").disabled = !event.target.checked;
    });
    this.find("consent-form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.find("consent-tick").checked) this.#accept();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) location.reload(); // taken from the browser's memory, so it may be out of date
    });
  }
}
