// The panel: what is known of the thing that is selected; of none, of the whole map. Text is only ever set as text.

const panel = document.getElementById("panel");

/** An element with these properties and children; text children stay text. */
function make(tag, properties = {}, ...children) {
  const { data = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function icon(state) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("viewBox", "0 0 16 16");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${state}`);
  drawn.append(use);
  return drawn;
}

const mono = (text) => make("code", {}, text);
const heading = (text) => make("h3", {}, text);
const badge = (state) => make("span", { className: `badge s-${state}` }, icon(state), plainState(state));
const when = (text) => text.slice(0, 19).replace("T", " ");
const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;

function facts(rows) {
  const known = rows.filter(([, value]) => value);
  return make("dl", {}, ...known.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

/** A button that goes to a thing of the map. */
function goTo(thing, mark, title, note) {
  const words = make("span", {}, title, make("small", {}, note));
  const button = make("button", { type: "button", className: "go" }, mark, words);
  button.addEventListener("click", () => {
    select(thing);
    reveal(thing);
    panel.focus({ preventScroll: true });
  });
  for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => highlight(thing));
  for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => highlight(null));
  return button;
}

/** Two names that a line break keeps whole. */
const namesOf = (one, other) =>
  make("span", {}, make("span", { className: "name" }, nameOf(one)), " ↔ ", make("span", { className: "name" }, nameOf(other)));
const idsOf = (peering) => peering.requests.map((request) => request.request_id).join(", ");
const toPeering = (peering, title) =>
  goTo(
    peering,
    make("span", { className: `mark s-${peering.state}` }, icon(peering.state)),
    title ?? namesOf(...peering.vpcs),
    idsOf(peering),
  );
const toVpc = (vpc, role) =>
  goTo(vpc, make("span", { className: "role" }, role), nameOf(vpc), `${vpc.account_id}, ${vpc.region}`);

function findingList(findings) {
  if (!findings.length) return [];
  const one = (finding) =>
    make(
      "li",
      { className: "finding" },
      make("p", {}, make("code", { className: finding.blocking ? "no" : "" }, finding.code), " ", finding.where),
      make("p", {}, finding.message),
    );
  return [heading("Findings"), make("ul", {}, ...findings.map(one))];
}

/** How each of a verdict's three values looks. */
const marks = { reachable: "✓", blocked: "✕", unknown: "?" };
const classes = { reachable: "yes", blocked: "no", unknown: "quiet" };

function verdictOf(verdict) {
  return make(
    "div",
    { className: "verdict" },
    ...verdict.assumes.map((said) => make("p", { className: "quiet" }, `${said}:`)),
    make(
      "p",
      {},
      make("span", { className: classes[verdict.verdict] }, `${marks[verdict.verdict]} `),
      mono(`${verdict.source} → ${verdict.destination}`),
    ),
    ...verdict.causes.map((cause) => make("p", { className: classes[verdict.verdict] }, cause)),
    ...verdict.remedies.map((remedy) => make("p", {}, `→ ${remedy}`)),
  );
}

function flowLine(flow) {
  const [from, to] = flow.source === "accepter" ? ["accepter", "requester"] : ["requester", "accepter"];
  const direction = flow.source === "both" ? "both ways" : flow.source ? `${from} → ${to}` : "";
  return make(
    "li",
    { className: "flow" },
    make("div", {}, make("span", { className: "what mono" }, flow.what), make("span", { className: "quiet" }, direction)),
  );
}

/** The verdicts of each checked flow, folded; flows that do not work are open. */
function verdictList(request) {
  const flows = Map.groupBy(request.verdicts, (verdict) => verdict.flow);
  if (!flows.size) return [heading("Verdicts"), make("p", { className: "quiet" }, "No flow was checked.")];
  const lines = [...flows].map(([flow, verdicts]) => {
    const works = verdicts.filter((verdict) => verdict.reachable).length;
    const worst = ["blocked", "unknown", "reachable"].find((each) => verdicts.some(({ verdict }) => verdict === each));
    const said = `${marks[worst]} ${works} of ${verdicts.length}`;
    return make(
      "details",
      { className: "flow", open: worst !== "reachable" },
      make("summary", {}, make("span", { className: "what" }, flow), make("span", { className: classes[worst] }, said)),
      ...verdicts.map(verdictOf),
    );
  });
  return [heading("Verdicts"), ...lines];
}

function testimonyList(testimonies) {
  if (!testimonies.length) return [];
  const sign = (reachable) => (reachable === null ? ["quiet", "?"] : reachable ? ["yes", "✓"] : ["no", "✕"]);
  const one = ({ witness, flow, reachable, said }) => {
    const [className, mark] = sign(reachable);
    return make(
      "li",
      { className: "verdict" },
      make("p", {}, make("span", { className }, `${mark} `), `${flow}: ${witness.replaceAll("_", " ")}`),
      make("p", { className: "quiet" }, said),
    );
  };
  return [heading("Other witnesses"), make("ul", {}, ...testimonies.map(one))];
}

function requestPart(request) {
  const planned = request.changes_planned.length
    ? [
        heading("Waits for a decision"),
        make("ul", {}, ...request.changes_planned.map((change) => make("li", {}, `• ${change}`))),
      ]
    : [];
  return make(
    "section",
    { className: `request s-${request.state}` },
    make("h3", {}, request.request_id),
    badge(request.state),
    ...findingList(request.findings),
    ...planned,
    heading("Allows"),
    request.flows.length ? make("ul", {}, ...request.flows.map(flowLine)) : make("p", { className: "quiet" }, "No flows."),
    ...verdictList(request),
    ...testimonyList(request.testimonies),
    facts([
      ["connection", request.connection_id && mono(request.connection_id)],
      ["since", when(request.updated_at)],
      ["generation", request.generation],
      ...Object.entries(request.settings).map(([name, value]) => [name.replaceAll("_", " "), value]),
    ]),
  );
}

function peeringPanel(peering) {
  const first = peering.requests[0];
  const [requester, accepter] = [first.vpcs.requester, first.vpcs.accepter].map((key) => byKey.get(key));
  return [
    make("p", { className: "kind" }, "Peering"),
    make("h2", {}, namesOf(requester, accepter)),
    make("div", { className: "ends" }, toVpc(requester, "requester"), toVpc(accepter, "accepter")),
    ...peering.requests.map(requestPart),
  ];
}

function vpcPanel(vpc) {
  const blocks = vpc.cidr_blocks.length
    ? make("span", {}, ...vpc.cidr_blocks.map((block) => make("div", {}, mono(block))))
    : "not seen yet";
  return [
    make("p", { className: "kind" }, "VPC"),
    make("h2", {}, nameOf(vpc)),
    facts([
      ["id", mono(vpc.vpc_id)],
      ["account", mono(vpc.account_id)],
      ["region", vpc.region],
      ["CIDR blocks", blocks],
    ]),
    heading(counted(vpc.peerings.length, "peering", "peerings")),
    ...vpc.peerings.map((peering) => toPeering(peering, nameOf(otherEnd(peering, vpc)))),
  ];
}

/** A few words beside the pointer: far away there are no others. */
function hint(thing, at) {
  const box = document.getElementById("hint");
  box.hidden = thing === null;
  if (thing === null) return;
  const lines =
    thing.kind === "vpc"
      ? [thing.vpc_id, `${thing.account_id}, ${thing.region}`, thing.cidr_blocks.join(", ")]
      : [idsOf(thing), plainState(thing.state)];
  const title = thing.kind === "vpc" ? nameOf(thing) : namesOf(...thing.vpcs);
  box.replaceChildren(
    make("b", {}, title),
    ...lines.filter((line) => line && line !== title).map((line) => make("i", {}, line)),
  );
  const [stage, size] = [svg.getBoundingClientRect(), box.getBoundingClientRect()];
  const [left, top] = [at.clientX - stage.left, at.clientY - stage.top];
  const below = top + 20 + size.height <= stage.height;
  box.style.left = `${Math.max(4, Math.min(left + 16, stage.width - size.width - 8))}px`;
  box.style.top = `${below ? top + 20 : top - size.height - 12}px`;
}

const SETTLED = ["ACTIVE", "REACHABLE"];

function wholePanel() {
  const open = peerings.filter((peering) => !SETTLED.includes(peering.state));
  const ranked = legendOrder().flatMap((state) => open.filter((peering) => peering.state === state));
  const look = ranked.length
    ? [
        heading(`${counted(ranked.length, "peering needs", "peerings need")} a look`),
        ...ranked.map((peering) => toPeering(peering)),
      ]
    : [];
  const settled = peerings.filter((peering) => SETTLED.includes(peering.state));
  const works = settled.length
    ? [
        make(
          "details",
          { className: "rest", open: settled.length <= 8 },
          make("summary", {}, counted(settled.length, "peering works", "peerings work")),
          ...settled.map((peering) => toPeering(peering)),
        ),
      ]
    : [];
  const lost = map.unplaced.length ? [heading("Not on the map: these name no two VPCs"), ...map.unplaced.map(requestPart)] : [];
  const keys = [
    ["/", "search"],
    ["← → ↑ ↓", "from VPC to VPC"],
    ["Enter", "select"],
    ["+ − 0", "zoom, whole map"],
    ["t", "light or dark"],
    ["Esc", "back"],
  ];
  return [
    make("h2", {}, counted(requestCount, "request", "requests")),
    make(
      "p",
      { className: "quiet" },
      requestCount
        ? "Point at a VPC or a peering to see what it is joined with; click for everything about it."
        : "There is no request yet.",
    ),
    ...look,
    ...lost,
    ...works,
    heading("Keys"),
    make("dl", {}, ...keys.flatMap(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)])),
  ];
}

const legendOrder = () => [...legend.children].map((button) => button.dataset.state);

/** Fill the panel: with a thing, or with the whole map. */
function tell(thing) {
  const parts = thing === null ? wholePanel() : thing.kind === "vpc" ? vpcPanel(thing) : peeringPanel(thing);
  const close = make(
    "button",
    { type: "button", className: "close", title: "Back (Esc)", ariaLabel: "Back to the whole map" },
    "×",
  );
  close.addEventListener("click", (event) => (event.detail ? select(null) : leave())); // without clicks it was the keyboard
  panel.replaceChildren(...(thing === null ? [] : [close]), ...parts);
  panel.scrollTop = 0;
}
