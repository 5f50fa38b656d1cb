/* Ask with a picture: choose, paste or drop. Enter sends, Shift+Enter begins a new line. */

for (const box of document.querySelectorAll("[data-search-box]")) prepare(box);

function prepare(box) {
  const ask = box.querySelector("#ask");
  const text = ask.querySelector("textarea");
  const details = box.querySelector("[data-picture]");
  const form = details.querySelector("form");
  const input = form.querySelector("input[type=file]");
  const preview = form.querySelector("[data-preview]");
  const clear = form.querySelector("[data-clear]");
  const said = box.querySelector("[data-said]");

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
    const picture = [...(files ?? [])].find((file) => file.type.startsWith("image/"));
    if (!picture) return;
    event.preventDefault();
    const held = new DataTransfer();
    held.items.add(picture);
    input.files = held.files;
    details.open = true;
    show();
  }

  async function show() {
    const picture = input.files[0];
    text.required = !picture;
    clear.hidden = !picture;
    preview.hidden = true;
    said.textContent = picture ? `${picture.name} will be asked with.` : "No picture.";
    if (!picture) return;
    try {
      await draw(picture);
      preview.hidden = false;
    } catch {
      // A format that this browser cannot show may still be one that we can read.
    }
  }

  /* On a canvas: the page's policy allows no blob addresses. */
  async function draw(picture) {
    const bitmap = await createImageBitmap(picture);
    const scale = Math.min(192 / bitmap.width, 144 / bitmap.height);
    preview.width = Math.max(1, Math.round(bitmap.width * scale));
    preview.height = Math.max(1, Math.round(bitmap.height * scale));
    preview.getContext("2d").drawImage(bitmap, 0, 0, preview.width, preview.height);
    bitmap.close();
  }
}
