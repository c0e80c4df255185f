import { expect, test } from '@jest/globals';
import { avatarCells, avatarHue } from './avatar-cells.ts';

const ids = Array.from({ length: 200 }, (_, index) => `agent_${index.toString(36).padStart(12, '0')}`);

test('an avatar is the same for the same id, and mirrored', () => {
  for (const id of ids) {
    const cells = avatarCells(id);
    expect(avatarCells(id)).toEqual(cells);
    const filled = new Set(cells.map(([x, y]) => `${x} ${y}`));
    for (const [x, y] of cells) {
      expect(filled.has(`${4 - x} ${y}`)).toBe(true);
      expect(x >= 0 && x < 5 && y >= 0 && y < 5).toBe(true);
    }
  }
});

test('the avatars of 200 agents differ', () => {
  // Two of 200 may collide: there are 2^15 pictures in 360 colours.
  expect(new Set(ids.map((id) => `${avatarHue(id)} ${JSON.stringify(avatarCells(id))}`)).size).toBeGreaterThan(195);
});
