// Names for what the theme leaves without one, and a stop of the Tab key at whatever scrolls sideways.
window.addEventListener("load", () => {
  document.querySelectorAll('[role="dialog"]:not([aria-label])').forEach((dialog) => {
    dialog.setAttribute("aria-label", "Search");
  });
  document.querySelectorAll(".md-typeset__scrollwrap").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
});
