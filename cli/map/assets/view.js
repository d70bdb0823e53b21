// Zoom and pan: the part of the picture that the stage shows, as the SVG's view box.

const CLOSEST = 3; // pixels for a unit of the picture
const FAR = 0.5; // below this, small print is left out
const TINY = 0.27; // below this, words are but those of accounts
const [, , pictureWidth, pictureHeight] = svg.getAttribute("viewBox").split(" ").map(Number);
const picture = { x: 0, y: 0, width: pictureWidth, height: pictureHeight };
let view = picture;
let flight = 0;

const stageSize = () => ({ width: svg.clientWidth || 1, height: svg.clientHeight || 1 });
const scaleOf = (box) => Math.min(stageSize().width / box.width, stageSize().height / box.height);

function show(box) {
  view = box;
  svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  svg.classList.toggle("far", scaleOf(box) < FAR);
  svg.classList.toggle("tiny", scaleOf(box) < TINY);
}

/** Go there, in steps that can be followed unless less motion is wanted. */
function fly(box) {
  cancelAnimationFrame(flight);
  if (calm.matches) return show(box);
  const from = view;
  const began = performance.now();
  const step = (now) => {
    const part = Math.min(1, (now - began) / 220);
    const eased = 1 - (1 - part) ** 3;
    const between = (name) => from[name] + (box[name] - from[name]) * eased;
    show(part === 1 ? box : { x: between("x"), y: between("y"), width: between("width"), height: between("height") });
    if (part < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}

/** The box in the shape of the stage, around the same centre and no closer than is of use. */
function framed(box, closest = 1.25) {
  const size = stageSize();
  const scale = Math.min(closest, scaleOf(box));
  const [width, height] = [size.width / scale, size.height / scale];
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
}

const showWhole = () => fly(framed(picture));

/** A box of the picture around all these things. */
function around(chosen, margin = 130) {
  const boxes = chosen.map((thing) => faceOf(thing).getBBox());
  const [x, y] = [Math.min(...boxes.map((box) => box.x)), Math.min(...boxes.map((box) => box.y))];
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x: x - margin, y: y - margin, width: right - x + 2 * margin, height: bottom - y + 2 * margin };
}

/** Zoom by a factor; what is at this point of the stage stays there. */
function zoom(factor, at = { x: stageSize().width / 2, y: stageSize().height / 2 }, go = show) {
  const base = framed(view, Infinity);
  const farthest = scaleOf(picture) / 2;
  const scale = Math.max(Math.min(farthest, scaleOf(view)), Math.min(CLOSEST, scaleOf(base) * factor));
  const [width, height] = [stageSize().width / scale, stageSize().height / scale];
  const [across, down] = [at.x / stageSize().width, at.y / stageSize().height];
  go({ x: base.x + (base.width - width) * across, y: base.y + (base.height - height) * down, width, height });
}

function pan(dx, dy) {
  const scale = scaleOf(view);
  show({ ...view, x: view.x - dx / scale, y: view.y - dy / scale });
}

/** Bring a thing into view, if it is not there. */
function reveal(thing) {
  const box = faceOf(thing).getBBox();
  const seen = framed(view, Infinity);
  const inside =
    box.x > seen.x && box.y > seen.y && box.x + box.width < seen.x + seen.width && box.y + box.height < seen.y + seen.height;
  if (!inside) fly({ ...seen, x: box.x + box.width / 2 - seen.width / 2, y: box.y + box.height / 2 - seen.height / 2 });
}

/** Whether the pointers have moved the picture since they went down: then their click is none. */
let dragged = false;

function followPointers() {
  const pointers = new Map();
  const place = (event) => ({
    x: event.clientX - svg.getBoundingClientRect().left,
    y: event.clientY - svg.getBoundingClientRect().top,
  });
  const apart = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y);
  svg.addEventListener("pointerdown", (event) => {
    if (pointers.size === 0) dragged = false;
    pointers.set(event.pointerId, place(event));
  });
  svg.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    if (!dragged && Math.hypot(now.x - before.x, now.y - before.y) < 4) return;
    if (!dragged) svg.setPointerCapture(event.pointerId);
    dragged = true;
    svg.classList.add("moving");
    const old = [...pointers.values()];
    pointers.set(event.pointerId, now);
    const both = [...pointers.values()];
    if (both.length === 2) zoom(apart(both) / apart(old), { x: (both[0].x + both[1].x) / 2, y: (both[0].y + both[1].y) / 2 });
    else pan(now.x - before.x, now.y - before.y);
  });
  const end = (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) svg.classList.remove("moving");
  };
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  svg.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), place(event));
    },
    { passive: false },
  );
}

function startView() {
  show(framed(picture));
  followPointers();
  document.getElementById("closer").addEventListener("click", () => zoom(1.4, undefined, fly));
  document.getElementById("farther").addEventListener("click", () => zoom(1 / 1.4, undefined, fly));
  document.getElementById("whole").addEventListener("click", showWhole);
  let shown;
  addEventListener("beforeprint", () => {
    shown = view;
    show(picture);
    svg.classList.remove("far", "tiny");
  });
  addEventListener("afterprint", () => show(shown));
  let size = stageSize();
  new ResizeObserver(() => {
    const whole =
      Math.abs(scaleOf(view) - Math.min(1.25, Math.min(size.width / picture.width, size.height / picture.height))) < 0.01;
    size = stageSize();
    show(framed(whole ? picture : view, whole ? 1.25 : Infinity));
  }).observe(svg);
}
