/* Ask with a file: choose, paste or drop, and draw the part that is meant. Enter sends, Shift+Enter
   begins a new line. */

import { cropper } from "./crop.js";

for (const box of document.querySelectorAll("[data-search-box]")) prepare(box);

function prepare(box) {
  const ask = box.querySelector("#ask");
  const text = ask.querySelector("textarea");
  const details = box.querySelector("[data-picture]");
  const form = details.querySelector("form");
  const input = form.querySelector("input[type=file]");
  const clear = form.querySelector("[data-clear]");
  const said = box.querySelector("[data-said]");
  const crop = cropper(form.querySelector("[data-crop]"));

  for (const hint of box.querySelectorAll("[data-if-script]")) hint.hidden = false;
  // With the script, the words of the box above go along: a second field would only confuse.
  form.querySelector("[data-own-words]").hidden = true;

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask.requestSubmit();
  });

  ask.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    form.requestSubmit();
  });

  form.addEventListener("submit", () => {
    form.querySelector("input[name=q]").value = text.value;
    for (const old of form.querySelectorAll("input[name=corpus]")) old.remove();
    for (const chosen of ask.querySelectorAll("input[name=corpus]:checked")) {
      const copy = document.createElement("input");
      Object.assign(copy, { type: "hidden", name: "corpus", value: chosen.value });
      form.append(copy);
    }
  });

  input.addEventListener("change", show);
  clear.addEventListener("click", () => {
    input.value = "";
    show();
    text.focus();
  });

  document.addEventListener("paste", (event) => take(event.clipboardData?.files, event));
  document.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.items].some((item) => item.kind === "file")) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  for (const name of ["dragleave", "dragend", "drop"]) {
    document.addEventListener(name, () => document.body.classList.remove("dropping"));
  }
  document.addEventListener("drop", (event) => take(event.dataTransfer.files, event));

  function take(files, event) {
    const file = [...(files ?? [])].find((one) => /^(image|video|audio)\//.test(one.type));
    if (!file) return;
    event.preventDefault();
    const held = new DataTransfer();
    held.items.add(file);
    input.files = held.files;
    details.open = true;
    show();
  }

  async function show() {
    const file = input.files[0];
    text.required = !file;
    clear.hidden = !file;
    said.textContent = file ? `${file.name} will be asked with.` : "No file.";
    await crop.show(file?.type.startsWith("image/") ? file : null);
  }
}
