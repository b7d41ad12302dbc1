// What pages are without this script they stay: it adds keys for the turns, and keeps the keyboard where it is.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const way = { j: "next", k: "prev" }[event.key];
  const link = way && document.querySelector(`a[rel="${way}"]`);
  if (link) location.assign(link.href);
});
// A page of a study that goes on is renewed: what had the focus has it again.
let focused = "";
const name = (one) => one.getAttribute("href") ?? one.getAttribute("aria-label");
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement.closest("#main") && name(document.activeElement);
});
document.addEventListener("htmx:afterSwap", () => {
  const same = focused && [...document.querySelectorAll("#main a, #main .scroll")].find((one) => name(one) === focused);
  if (same) same.focus({ preventScroll: true });
});
