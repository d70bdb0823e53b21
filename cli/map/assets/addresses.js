// Addresses and CIDR blocks of both families, as numbers.

const DIGITS = { 4: 32n, 6: 128n };

/** An address as {family, value}, or null where the text is none. */
function addressOf(text) {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".").map(Number);
    return parts.every((part) => part < 256)
      ? { family: 4, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
      : null;
  }
  if (!/^[\da-f:]+$/i.test(text) || !text.includes(":")) return null;
  const halves = text.split("::").map((half) => (half ? half.split(":") : []));
  const given = halves.flat();
  if (halves.length > 2 || given.length > 8 || (halves.length === 1 && given.length < 8)) return null;
  if (!given.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null;
  const zeros = Array(8 - given.length).fill("0");
  const groups = halves.length === 1 ? given : [...halves[0], ...zeros, ...halves[1]];
  return { family: 6, value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

/** Whether a CIDR block holds an address. */
function holds(block, address) {
  const [text, length] = block.split("/");
  const start = addressOf(text);
  if (!start || start.family !== address.family || !/^\d+$/.test(length ?? "")) return false;
  const rest = DIGITS[start.family] - BigInt(length);
  return rest >= 0n && start.value >> rest === address.value >> rest;
}
