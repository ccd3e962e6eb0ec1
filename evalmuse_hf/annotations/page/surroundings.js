// What is around the page: where it stands in the document, and whether that is light or dark.

const SLIVER_PX = 24;

/** Let the page fill the window from where it stands downwards; a sliver above it is not worth showing. */
function followPlace(host) {
  const place = () => {
    const above = host.getBoundingClientRect().top + window.scrollY;
    host.style.setProperty("--above", `${above < SLIVER_PX ? 0 : Math.round(above)}px`);
  };
  new ResizeObserver(place).observe(document.documentElement);
  new ResizeObserver(place).observe(host);
  window.addEventListener("resize", place);
  place();
}

/** Gradio marks its dark scheme on the body; elsewhere the system decides. */
function followScheme(host) {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const dark = document.body.classList.contains("dark") || (!window.gradio_config && system.matches);
    host.dataset.scheme = dark ? "dark" : "light";
  };
  system.addEventListener("change", follow);
  new MutationObserver(follow).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  follow();
}
