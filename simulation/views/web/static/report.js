// Without this script all turns can be opened and one choice hides answers; with it one also chooses by category and by
// words, and turns in which nothing is left are hidden, the others opened.
"use strict";
const words = document.querySelector("#words");
const category = document.querySelector("#category");
const answers = [...document.querySelectorAll(".asked[id]")];
const turns = [...document.querySelectorAll("details.turn")];
for (const name of [...new Set(answers.map((answer) => answer.dataset.category))].sort()) {
  category.append(new Option(name || "none", `=${name}`));
}
const sides = { "only-wrong": "is-wrong", "only-right": "is-right", "only-erred": "is-erred" };
const choose = () => {
  const wanted = words.value.toLowerCase();
  const side = sides[document.querySelector("[name=only]:checked").className];
  const narrowed = wanted !== "" || category.value !== "" || side !== undefined;
  for (const answer of answers) {
    answer.hidden =
      (category.value !== "" && category.value !== `=${answer.dataset.category}`) ||
      (wanted !== "" && !answer.textContent.toLowerCase().includes(wanted));
    answer.dataset.left = !answer.hidden && (side === undefined || answer.classList.contains(side));
  }
  for (const turn of turns) {
    const left = turn.querySelector(".asked[data-left=true]") !== null;
    turn.hidden = narrowed && !left;
    turn.open = narrowed && left;
  }
  const count = answers.filter((answer) => answer.dataset.left === "true").length;
  document.querySelector("#left").textContent = narrowed ? `${count} of ${answers.length} answers` : "";
};
for (const control of [words, category]) control.closest("label").hidden = false;
for (const control of document.querySelectorAll("#words, #category, [name=only]")) {
  control.addEventListener("input", choose);
}
