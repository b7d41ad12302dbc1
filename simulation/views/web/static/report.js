// Without this script all answers are shown; with it, those that hold the words looked for.
"use strict";
const field = document.querySelector("#words");
field.closest("label").hidden = false;
field.addEventListener("input", () => {
  const words = field.value.toLowerCase();
  for (const answer of document.querySelectorAll(".asked[id]")) {
    answer.hidden = words !== "" && !answer.textContent.toLowerCase().includes(words);
  }
});
