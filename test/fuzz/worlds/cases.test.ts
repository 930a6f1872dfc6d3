// Every world in which a guest once saw or did what it must not: each configuration of modes must write down, line by line, what is right.
import { expect, test } from 'vitest';
import { loadMode, MODES } from '../modes.js';
import { loadWorldCases } from './cases.js';
import { configurationsOf, examineWorld } from './examine.js';
import { generateWorld } from './generate.js';

const modes = await Promise.all(MODES.map(loadMode));
const engines = modes.map(({ engine }) => engine);
const configurations = configurationsOf(MODES, true);

for (const { name, world, expected } of loadWorldCases()) {
  test(name, async () => {
    const { differences, transcript } = await examineWorld(world, configurations, engines);
    expect(differences).toEqual([]);
    expect(transcript?.lines).toEqual(expected);
  });
}

test('one seed makes one world, and its plan is the same when it is read back', async () => {
  const world = generateWorld(3, 5);
  expect(generateWorld(3, 5)).toEqual(world);
  const kept = JSON.parse(JSON.stringify(world)) as typeof world;
  const [interp] = configurations;
  const [first, second] = [world, kept].map((one) => examineWorld(one, [interp!], engines));
  expect((await first)!.transcript?.lines).toEqual((await second)!.transcript?.lines);
});
