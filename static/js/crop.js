/* The part of a picture that is meant: drawn with a pointer, or moved with the keys. */

const STEP = 0.05;
const LEAST = 0.02;

/* Gives {show(file)}; the hidden input holds "x,y,w,h" as fractions, or nothing for all of it. */
export function cropper(place) {
  const canvas = place.querySelector("canvas");
  const said = place.querySelector("[data-crop-said]");
  const input = place.querySelector("input");
  const ask = said.textContent;
  let bitmap = null;
  let part = null; // {x, y, w, h}
  let from = null;

  canvas.addEventListener("pointerdown", (event) => {
    from = at(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from) choose(between(from, at(event)));
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!from) return;
    const drawn = between(from, at(event));
    from = null;
    choose(drawn.w > LEAST && drawn.h > LEAST ? drawn : null);
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose(null);
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [dx, dy] = move.map((way) => way * STEP);
    const now = part ?? { x: 0.25, y: 0.25, w: 0.5, h: 0.5 };
    choose(
      event.shiftKey
        ? { ...now, w: within(now.w + dx, LEAST, 1 - now.x), h: within(now.h + dy, LEAST, 1 - now.y) }
        : { ...now, x: within(now.x + dx, 0, 1 - now.w), y: within(now.y + dy, 0, 1 - now.h) },
    );
  });

  async function show(file) {
    bitmap?.close();
    bitmap = null;
    place.hidden = true;
    if (file) {
      try {
        bitmap = await createImageBitmap(file);
        const scale = Math.min(480 / bitmap.width, 320 / bitmap.height, 1);
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        place.hidden = false;
      } catch {
        // A format that this browser cannot show may still be one that we can read.
      }
    }
    choose(null);
  }

  function choose(chosen) {
    part = chosen;
    input.value = part ? [part.x, part.y, part.w, part.h].map((side) => side.toFixed(4)).join(",") : "";
    said.textContent = part ? "Only the framed part is asked with." : ask;
    draw();
  }

  /* On a canvas: the page's policy allows no blob addresses. */
  function draw() {
    if (!bitmap) return;
    const pen = canvas.getContext("2d");
    const { width, height } = canvas;
    pen.globalAlpha = part ? 0.35 : 1;
    pen.clearRect(0, 0, width, height);
    pen.drawImage(bitmap, 0, 0, width, height);
    pen.globalAlpha = 1;
    if (!part) return;
    const box = [part.x * width, part.y * height, part.w * width, part.h * height];
    const whole = [part.x * bitmap.width, part.y * bitmap.height, part.w * bitmap.width, part.h * bitmap.height];
    pen.drawImage(bitmap, ...whole, ...box);
    pen.lineWidth = 2;
    pen.strokeStyle = getComputedStyle(canvas).getPropertyValue("--accent") || "blue";
    pen.strokeRect(...box);
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return {
      x: within((event.clientX - box.left) / box.width, 0, 1),
      y: within((event.clientY - box.top) / box.height, 0, 1),
    };
  }

  return { show };
}

function between(one, other) {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return { x, y, w: Math.abs(one.x - other.x), h: Math.abs(one.y - other.y) };
}

function within(value, least, most) {
  return Math.min(Math.max(value, least), most);
}
