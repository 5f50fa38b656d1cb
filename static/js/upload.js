/* Uploads with a bar for each file. Without this script the form posts as it is. */

for (const place of document.querySelectorAll("[data-upload]")) prepare(place);

function prepare(place) {
  const form = place.querySelector("form");
  const input = form.querySelector("input[type=file]");
  const list = place.querySelector("[data-uploads]");
  const said = place.querySelector("[data-said]");

  for (const hint of place.querySelectorAll("[data-if-script]")) hint.hidden = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send([...input.files]);
    form.reset();
  });
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("dropping");
  });
  for (const name of ["dragleave", "dragend", "drop"]) {
    place.addEventListener(name, () => place.classList.remove("dropping"));
  }
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    send([...event.dataTransfer.files]);
  });

  async function send(files) {
    if (!files.length) return;
    list.hidden = false;
    let kept = 0;
    for (const group of together(files)) {
      const row = rowFor(group);
      const { ok, sentence } = await post(group, row.bar);
      row.done(sentence);
      if (ok) kept += group.length;
      refresh();
    }
    said.textContent = `${kept} of ${files.length} files were taken in.`;
  }

  function rowFor(group) {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const state = document.createElement("span");
    name.textContent = group.map((file) => file.name).join(", ");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Upload of ${name.textContent}`);
    row.append(name, bar, state);
    list.append(row);
    return {
      bar,
      done: (sentence) => {
        bar.value = 1;
        state.textContent = sentence;
      },
    };
  }

  function post(group, bar) {
    const body = new FormData(form);
    body.delete("file");
    for (const file of group) body.append("file", file);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("load", () => {
        const ok = request.status < 300;
        const sentence = request.response?.detail ?? `The server answered ${request.status}.`;
        resolve({ ok, sentence });
      });
      request.addEventListener("error", () => {
        resolve({ ok: false, sentence: "The connection broke; try this file again." });
      });
      request.send(body);
    });
  }

  function refresh() {
    window.htmx?.ajax("GET", window.location.pathname, { target: "#documents", swap: "outerHTML" });
  }
}

/* Subtitles travel with the recording of the same name; every other file alone. */
function together(files) {
  const stemOf = (file) => file.name.replace(/\.[^.]+$/, "").toLowerCase();
  const subtitles = files.filter((file) => /\.(vtt|srt)$/i.test(file.name));
  const stems = new Set(subtitles.map(stemOf));
  const groups = new Map();
  for (const file of files) {
    const key = stems.has(stemOf(file)) ? stemOf(file) : file;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return groups.values();
}
