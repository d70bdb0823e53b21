// What is on the map: the data, and for each VPC and peering the shapes that show it.

const map = JSON.parse(document.getElementById("data").textContent);
const svg = document.getElementById("map");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const shapesOf = (kind, index) => [...svg.querySelectorAll(`[data-${kind}="${index}"]`)];
const vpcs = map.vpcs.map((vpc, index) => ({ ...vpc, kind: "vpc", shapes: shapesOf("vpc", index), peerings: [] }));
const byKey = new Map(vpcs.map((vpc) => [vpc.key, vpc]));
const peerings = map.peerings.map((peering, index) => ({
  ...peering,
  kind: "peering",
  shapes: shapesOf("peering", index),
  vpcs: peering.ends.map((key) => byKey.get(key)),
}));
for (const peering of peerings) for (const vpc of peering.vpcs) vpc.peerings.push(peering);
const things = [...vpcs, ...peerings];
const requestCount = peerings.reduce((sum, peering) => sum + peering.requests.length, map.unplaced.length);

/** The shape that stands for a thing: it is focused, and looked for. */
const faceOf = (thing) => thing.shapes.at(-1);
const nameOf = (vpc) => vpc.name || vpc.vpc_id;
const otherEnd = (peering, vpc) => peering.vpcs.find((each) => each !== vpc);
const plainState = (state) => state.charAt(0) + state.slice(1).toLowerCase().replaceAll("_", " ");
