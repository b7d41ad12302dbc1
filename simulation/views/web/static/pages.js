// What pages are without this script they stay: it only adds keys for the turns and follows a study that goes on.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
  const way = { j: "next", k: "prev" }[event.key];
  const link = way && document.querySelector(`link[rel="${way}"]`);
  if (link) location.assign(link.href);
});
const watched = document.body.dataset.watch;
if (watched) {
  const look = async () => {
    const answer = await fetch(watched, { cache: "no-store" });
    const state = await answer.text();
    if (answer.ok && state !== document.body.dataset.state) {
      const page = await fetch(location.href, { cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      document.querySelector("h1").textContent = fresh.querySelector("h1").textContent;
      for (const rel of ["prev", "next"]) {
        const link = fresh.querySelector(`link[rel="${rel}"]`);
        if (link && !document.querySelector(`link[rel="${rel}"]`)) document.head.append(link);
      }
      if (!fresh.body.dataset.state) return;
      document.body.dataset.state = fresh.body.dataset.state;
    }
    setTimeout(look, 1000);
  };
  const again = () => look().catch(() => setTimeout(again, 5000));
  setTimeout(again, 1000);
}
