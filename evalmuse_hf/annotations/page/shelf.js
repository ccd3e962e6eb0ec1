// What this device keeps until the server has it: drafts and answers, by store, rater and assignment.

const SHELF_PREFIX = "evalmuse-annotation";
const SHELF_LIFE_MS = 30 * 24 * 3600 * 1000;

/**
 * Entries: {draft, base, sent, activeS, savedAt, revision, submission}; `base` is the revision of the server's draft that
 * the own one goes on from. Works without a storage too, then for this page only.
 */
class Shelf {
  /** Numbers of assignments say nothing without their store: one address may show another campaign some day. */
  constructor(storeId, rater) {
    this.prefix = `${SHELF_PREFIX}:${encodeURIComponent(storeId ?? "")}:${encodeURIComponent(rater)}:`;
    this.memory = new Map();
    this.#forgetOld();
  }

  read(assignmentId) {
    const key = this.prefix + assignmentId;
    if (this.memory.has(key)) return this.memory.get(key);
    try {
      const entry = JSON.parse(localStorage.getItem(key));
      return entry && typeof entry === "object" ? entry : null;
    } catch {
      return null;
    }
  }

  /** Change some fields of an entry; a field that is null is dropped. */
  update(assignmentId, fields) {
    const entry = { ...this.read(assignmentId), ...fields, savedAt: Date.now() };
    for (const name of Object.keys(entry)) if (entry[name] === null) delete entry[name];
    const key = this.prefix + assignmentId;
    try {
      localStorage.setItem(key, JSON.stringify(entry));
      this.memory.delete(key);
    } catch {
      this.memory.set(key, entry); // full, or switched off
    }
  }

  remove(assignmentId) {
    const key = this.prefix + assignmentId;
    this.memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // switched off
    }
  }

  /** Assignments with a submission that the server has not acknowledged, oldest first. */
  unsent() {
    return this.#keys()
      .map((key) => key.slice(this.prefix.length))
      .map((assignmentId) => ({ assignmentId, ...this.read(assignmentId) }))
      .filter((entry) => entry.submission)
      .sort((one, other) => one.savedAt - other.savedAt);
  }

  #keys() {
    const keys = new Set(this.memory.keys());
    try {
      for (let place = 0; place < localStorage.length; place += 1) keys.add(localStorage.key(place));
    } catch {
      // switched off
    }
    return [...keys].filter((key) => key.startsWith(this.prefix));
  }

  #forgetOld() {
    for (const key of this.#keys()) {
      const assignmentId = key.slice(this.prefix.length);
      const entry = this.read(assignmentId);
      if (!entry || !(Date.now() - entry.savedAt < SHELF_LIFE_MS)) this.remove(assignmentId);
    }
  }
}
