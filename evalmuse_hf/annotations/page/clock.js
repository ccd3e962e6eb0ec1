// How long the rater was at it: time in a hidden tab does not count, and of a pause at most a minute does.

const IDLE_AFTER_MS = 60000;

class ActiveClock {
  constructor() {
    this.activeMs = 0;
    this.last = null;
    for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
      window.addEventListener(name, () => this.touch(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => (document.hidden ? this.pause() : this.resume()));
  }

  start(activeS = 0) {
    this.activeMs = activeS * 1000;
    this.last = document.hidden ? null : performance.now();
  }

  touch() {
    if (this.last === null) return;
    const now = performance.now();
    this.activeMs += Math.min(now - this.last, IDLE_AFTER_MS);
    this.last = now;
  }

  pause() {
    this.touch();
    this.last = null;
  }

  resume() {
    this.last = performance.now();
  }

  stop() {
    this.pause();
    return this.seconds();
  }

  seconds() {
    this.touch();
    return Math.round(this.activeMs / 100) / 10;
  }
}
