// The beginning: wait for what the page needs, and build it once.

/** Start as soon as the page's place and the session are there; of a new session the page is told. */
function startAnnotation() {
  const pages = new WeakMap();
  const look = () => {
    const host = document.getElementById("annotation-root");
    const session = document.getElementById("annotation-session");
    const token = session?.dataset.token;
    if (!host || !token || !document.getElementById("annotation-skeleton")) return;
    const known = pages.get(host);
    if (!known) {
      const page = new AnnotationPage(host);
      pages.set(host, page);
      page.start(session.dataset.base || "/annotation/api", token);
    } else known.meetSession(token);
  };
  new MutationObserver(look).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-token"],
  });
  look();
}

startAnnotation();
