// Search and legend: what of the map is meant. The rest steps back.

const search = document.getElementById("search");
const found = document.getElementById("found");
const legend = document.getElementById("legend");

const textOf = (...values) => values.flat().join("\n").toLowerCase();
const vpcText = (vpc) => textOf(vpc.vpc_id, vpc.name, vpc.account_id, vpc.region, vpc.cidr_blocks);
const requestText = (request) =>
  textOf(
    request.request_id,
    request.state,
    plainState(request.state),
    request.connection_id,
    Object.values(request.settings),
    request.flows.map((flow) => flow.what),
    request.findings.map((finding) => finding.code),
  );

const vpcHas = (vpc, word) => {
  const address = addressOf(word);
  return vpcText(vpc).includes(word) || (address !== null && vpc.cidr_blocks.some((block) => holds(block, address)));
};

/** The things that the words and the states mean; null where neither says anything. */
function meant(words, states) {
  if (!words.length && !states.length) return null;
  const kept = new Set();
  const inState = (request) => !states.length || states.includes(request.state);
  const ofRequest = (peering) => (request) =>
    inState(request) &&
    words.every((word) => requestText(request).includes(word) || peering.vpcs.some((vpc) => vpcHas(vpc, word))) &&
    (!words.length || words.some((word) => requestText(request).includes(word)));
  for (const vpc of vpcs) {
    if (
      words.length &&
      words.every((word) => vpcHas(vpc, word)) &&
      (!states.length || vpc.peerings.some((each) => each.requests.some(inState)))
    ) {
      kept.add(vpc);
      for (const peering of vpc.peerings) if (peering.requests.some(inState)) kept.add(peering);
    }
  }
  for (const peering of peerings) {
    if (peering.requests.some(ofRequest(peering))) [peering, ...peering.vpcs].forEach((thing) => kept.add(thing));
  }
  return kept;
}

const pressed = () => [...legend.querySelectorAll('[aria-pressed="true"]')].map((button) => button.dataset.state);

function sift() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = meant(words, pressed());
  for (const thing of things)
    for (const shape of thing.shapes) shape.classList.toggle("miss", kept !== null && !kept.has(thing));
  const count = (kind) => [...kept].filter((thing) => thing.kind === kind).length;
  found.value = kept === null ? "" : `${count("vpc")} VPCs, ${count("peering")} peerings`;
  return kept;
}

function startFilter() {
  search.addEventListener("input", sift);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      search.value = "";
      sift();
      search.blur();
    }
    const kept = event.key === "Enter" ? sift() : null;
    if (!kept?.size) return;
    const first = [...kept][0];
    fly(framed(around([...kept].filter((thing) => thing.kind === "vpc"))));
    if ([...kept].filter((thing) => thing.kind === first.kind).length === 1) select(first);
  });
  legend.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    sift();
  });
}
