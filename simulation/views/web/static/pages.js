// What pages are without this script they stay: it adds keys for the turns, and keeps the keyboard where it is.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input:not([type=radio]), select, textarea")) return;
  const way = { j: "next", k: "prev" }[event.key];
  const link = way && document.querySelector(`a[rel="${way}"]`);
  if (link) location.assign(link.href);
});
// A page of a study that goes on is renewed: what had the focus has it again, and what was chosen to be shown still is.
let focused = "", shown = "";
const name = (one) => one.getAttribute("href") ?? one.getAttribute("aria-label");
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement.closest("#main") && name(document.activeElement);
  shown = document.querySelector("#filters input[type=radio]:checked")?.className;
});
document.addEventListener("htmx:afterSwap", () => {
  if (shown) document.querySelector(`#filters .${shown}`).checked = true;
  const same = focused && [...document.querySelectorAll("#main a, #main .scroll")].find((one) => name(one) === focused);
  if (same) same.focus({ preventScroll: true });
});
