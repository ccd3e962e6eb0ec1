// Requests to the server, and the three ways in which one can fail.

const REQUEST_LIMIT_MS = 20000; // until the whole answer is there, not only its beginning
const PICTURE_LIMIT_MS = 120000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30000;
const MOST_TROUBLE = 6;

/** The server said no, in a sentence; asking again in the same way would not help. */
class Refusal extends Error {
  constructor(http, status, message) {
    super(message);
    this.http = http;
    this.status = status;
  }
}

/** The server could not be reached, or is busy or in `trouble`: the same request may be sent again. */
class Unreachable extends Error {
  constructor(message, { retryAfterMs = 0, trouble = false } = {}) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.trouble = trouble;
  }
}

class Connection {
  constructor(base, token) {
    this.base = base.replace(/\/+$/, "");
    this.token = token;
  }

  json(method, path, body, { keepalive = false } = {}) {
    return this.#ask(method, path, { body, keepalive, read: (response) => response.json(), limitMs: REQUEST_LIMIT_MS });
  }

  blob(path) {
    return this.#ask("GET", path, { read: (response) => response.blob(), limitMs: PICTURE_LIMIT_MS });
  }

  async #ask(method, path, { body, keepalive = false, read, limitMs }) {
    const headers = { Authorization: `Bearer ${this.token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), limitMs);
    let response;
    try {
      response = await fetch(this.base + path, {
        method,
        headers,
        keepalive,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: stop.signal,
        credentials: "same-origin",
        cache: "no-store",
      });
      this.token = response.headers.get("X-Session-Token") ?? this.token; // the one before is running out
      if (response.ok) return await read(response);
      throw await failureOf(response);
    } catch (error) {
      if (error instanceof Refusal || error instanceof Unreachable) throw error;
      throw new Unreachable(response ? "The answer of the server was cut off." : "The server cannot be reached.");
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What an answer that is not ok means. */
async function failureOf(response) {
  let said = {};
  try {
    said = await response.json();
  } catch {
    // a proxy's page, not an answer of ours
  }
  const message = typeof said?.message === "string" ? said.message : `The server answered with ${response.status}.`;
  if (response.status === 429 || response.status >= 500) {
    const retryAfterMs = 1000 * (Number(response.headers.get("Retry-After")) || 0);
    return new Unreachable(message, { retryAfterMs, trouble: true });
  }
  return new Refusal(response.status, typeof said?.status === "string" ? said.status : "", message);
}

/** How long to wait before the n-th retry: doubles, with some chance in it so that many pages do not come at once. */
function retryDelay(attempt, error) {
  const doubled = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  return Math.max(error?.retryAfterMs ?? 0, doubled * (0.75 + Math.random() / 2));
}

/** Counts retries. A server that cannot be reached is tried for ever, one that answers with trouble a few times. */
class Patience {
  constructor() {
    this.reset();
  }

  reset() {
    this.attempt = 0;
    this.troubles = 0;
  }

  /** Take note of a failure; null if it was one too many, else how long to wait before the next try. */
  delayAfter(error) {
    this.troubles = error.trouble ? this.troubles + 1 : 0;
    if (this.troubles >= MOST_TROUBLE) {
      this.reset();
      return null;
    }
    const delay = retryDelay(this.attempt, error);
    this.attempt += 1;
    return delay;
  }
}

/** Resolves after a while, or as soon as the browser says that it is online again. */
function waitForNetwork(milliseconds, wake) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      wake?.removeEventListener("click", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    wake?.addEventListener("click", done);
  });
}
