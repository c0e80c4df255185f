const SIZE = 5;

/** A 32-bit FNV-1a hash. @see https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}

/** The colour of an agent's picture, in degrees. */
export const avatarHue = (id: string): number => hash(`hue ${id}`) % 360;

/** The filled cells of an agent's picture: five by five, the right half mirrors the left. */
export function avatarCells(id: string): [x: number, y: number][] {
  const bits = hash(id);
  const cells: [number, number][] = [];
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x <= SIZE >> 1; x++) {
      if (((bits >>> (y * 3 + x)) & 1) === 0) continue;
      cells.push([x, y]);
      if (x < SIZE >> 1) cells.push([SIZE - 1 - x, y]);
    }
  }
  return cells;
}
