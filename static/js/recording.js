/* Click a line, a marker or a frame to hear it; the line being said is marked. */

for (const recording of document.querySelectorAll("[data-recording]")) prepare(recording);
document.addEventListener("htmx:afterSwap", (event) => {
  for (const recording of event.target.querySelectorAll("[data-recording]")) prepare(recording);
});

export function prepare(recording) {
  if (recording.dataset.isReady) return;
  recording.dataset.isReady = "yes";
  const player = recording.querySelector("video, audio");
  const lines = [...recording.querySelectorAll(".line.transcript a[data-second]")];

  recording.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-second]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    player.currentTime = Number(link.dataset.second);
    player.play().catch(() => {}); // a browser may want a press of its own button first
  });

  player.addEventListener("timeupdate", () => {
    const second = player.currentTime;
    for (const link of lines) {
      const isNow = Number(link.dataset.second) <= second && second < Number(link.dataset.until);
      link.parentElement.classList.toggle("now", isNow);
      if (isNow) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  });

  const complain = () => {
    recording.querySelector("[data-unplayable]").hidden = false;
  };
  player.addEventListener("error", complain);
  if (player.error) complain();

  const cited = recording.querySelector(".line.cited");
  const list = cited?.closest("ol");
  if (list) list.scrollTop = cited.offsetTop - list.clientHeight / 3;
}
