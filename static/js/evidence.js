/* On wide screens a source opens beside the answer. Elsewhere, and without this, the link opens. */
import { prepare } from "./recording.js";

const panel = document.querySelector("#evidence-panel");
const wide = window.matchMedia("(min-width: 72rem)");
let opener = null;

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close && panel.contains(close)) return shut();
  const link = event.target.closest("a[data-evidence]");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || !wide.matches || !window.htmx || !panel) return;
  event.preventDefault();
  open(link);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel && !panel.hidden) shut();
});

async function open(link) {
  opener?.removeAttribute("aria-expanded");
  opener = link;
  panel.hidden = false;
  try {
    await window.htmx.ajax("GET", link.href, { target: panel, swap: "innerHTML" });
  } catch {
    window.location.assign(link.href);
    return;
  }
  const title = panel.querySelector("[data-panel-title]");
  if (!title) return window.location.assign(link.href);
  link.setAttribute("aria-expanded", "true");
  for (const recording of panel.querySelectorAll("[data-recording]")) prepare(recording);
  panel.scrollTop = 0;
  title.focus({ preventScroll: true });
}

function shut() {
  panel.hidden = true;
  panel.replaceChildren();
  opener?.removeAttribute("aria-expanded");
  opener?.focus();
  opener = null;
}
