// Looking, selecting, moving by keyboard, and the page's address.

let selected = null;

/** Show a thing with all that it is joined with; null goes back to what is selected. */
function highlight(thing) {
  const shown = thing ?? selected;
  const lit = new Set(
    shown === null
      ? []
      : shown.kind === "vpc"
        ? [shown, ...shown.peerings, ...shown.peerings.map((peering) => otherEnd(peering, shown))]
        : [shown, ...shown.vpcs],
  );
  svg.classList.toggle("choosing", shown !== null);
  for (const each of things)
    for (const shape of each.shapes) {
      shape.classList.toggle("lit", lit.has(each));
      shape.classList.toggle("chosen", each === selected);
    }
}

const addressFor = (thing) => (thing.kind === "vpc" ? thing.vpc_id : thing.requests[0].request_id);

function select(thing) {
  selected = thing;
  highlight(null);
  tell(thing);
  const hash = thing === null ? "" : `#${encodeURIComponent(addressFor(thing))}`;
  history.replaceState(null, "", hash || location.pathname + location.search);
}

const thingAt = (target) => {
  const shape = target.closest?.("[data-vpc], [data-peering]");
  if (!shape) return null;
  return shape.dataset.vpc === undefined ? peerings[shape.dataset.peering] : vpcs[shape.dataset.vpc];
};

/** What the page's address names: a request, or a VPC. */
function named() {
  let name = location.hash.slice(1);
  try {
    name = decodeURIComponent(name);
  } catch {
    return null;
  }
  if (!name) return null;
  return (
    peerings.find((peering) => peering.requests.some((request) => request.request_id === name)) ??
    vpcs.find((vpc) => vpc.vpc_id === name || vpc.key === name) ??
    null
  );
}

function goToNamed() {
  const thing = named();
  if (!thing) return;
  select(thing);
  if (svg.classList.contains("crowded")) fly(framed(around(thing.kind === "vpc" ? [thing] : thing.vpcs)));
}

// One stop of the Tab key; the arrow keys go on from there.

let current = null;

function stand(thing, { focus = true } = {}) {
  if (current) faceOf(current).setAttribute("tabindex", "-1");
  current = thing;
  faceOf(thing).setAttribute("tabindex", "0");
  if (!focus) return;
  faceOf(thing).focus({ preventScroll: true });
  reveal(thing);
}

const centreOf = (thing) => {
  const box = faceOf(thing).getBBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The nearest thing in a direction, what lies straight ahead before what lies aside. */
function ahead(thing, [across, down]) {
  const from = centreOf(thing);
  let best = null;
  for (const each of things) {
    if (each === thing || faceOf(each).classList.contains("miss")) continue;
    const to = centreOf(each);
    const along = (to.x - from.x) * across + (to.y - from.y) * down;
    const aside = Math.abs((to.x - from.x) * down) + Math.abs((to.y - from.y) * across);
    if (along > 1 && (best === null || along + 2 * aside < best.far)) best = { each, far: along + 2 * aside };
  }
  return best?.each ?? null;
}

function startKeys() {
  if (things.length) stand(things[0], { focus: false });
  svg.addEventListener("keydown", (event) => {
    const thing = thingAt(event.target);
    if (!thing) return;
    if (event.key in WAYS) {
      event.preventDefault();
      const next = ahead(thing, WAYS[event.key]);
      if (next) stand(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      select(thing);
      panel.focus();
    }
  });
  const ofPage = {
    "/": () => search.focus(),
    "+": () => zoom(1.4, undefined, fly),
    "=": () => zoom(1.4, undefined, fly),
    "-": () => zoom(1 / 1.4, undefined, fly),
    0: showWhole,
    t: switchTheme,
    Escape: () => leave(),
  };
  addEventListener("keydown", (event) => {
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(ofPage, event.key)) return;
    event.preventDefault();
    ofPage[event.key]();
  });
}

/** Back to the whole map; who was reading in the panel stands again where they came from. */
function leave() {
  const back = panel.contains(document.activeElement) ? selected : null;
  select(null);
  if (back) stand(back);
}

// Light and dark

const root = document.documentElement;
const kept = {
  get: () => {
    try {
      return localStorage.getItem("causeway-theme");
    } catch {
      return null;
    }
  },
  set: (value) => {
    try {
      localStorage.setItem("causeway-theme", value);
    } catch {
      /* a page from a file may keep nothing */
    }
  },
};

function switchTheme() {
  const dark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  kept.set(root.dataset.theme);
}

function start() {
  if (["light", "dark"].includes(kept.get())) root.dataset.theme = kept.get();
  document.getElementById("theme").addEventListener("click", switchTheme);
  svg.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") highlight(thingAt(event.target));
  });
  svg.addEventListener("pointermove", (event) =>
    hint(event.pointerType === "touch" || event.buttons ? null : thingAt(event.target), event),
  );
  svg.addEventListener("pointerleave", () => {
    highlight(null);
    hint(null);
  });
  svg.addEventListener("focusin", (event) => {
    const thing = thingAt(event.target);
    if (thing) {
      stand(thing, { focus: false });
      highlight(thing);
    }
  });
  svg.addEventListener("focusout", () => highlight(null));
  svg.addEventListener("click", (event) => {
    if (!dragged) select(thingAt(event.target));
  });
  addEventListener("hashchange", goToNamed);
  startView();
  startFilter();
  startKeys();
  tell(null);
  goToNamed();
}

start();
