import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { claimState } from './claim-state.js';
import { stateEntries } from './layout.js';
import { startStack } from './start-stack.js';
import { resetState } from './stop-and-reset.js';

describe('whose a state folder is', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-claim-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, file: string): void => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), 'mine');
  };

  it.each(['data', 'logs', 'secrets'])('a reset leaves a folder alone whose %s is not of a stack', (name) => {
    put(name, 'letter.txt');
    expect(() => resetState(folder, folder)).toThrow('is not the state folder of a stack');
    expect(readFileSync(join(folder, name, 'letter.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('a stack does not start in such a folder, so that a later reset finds nothing of somebody else', async () => {
    put('data', 'letter.txt');
    writeFileSync(join(folder, 'stack.json'), 'mine');
    const start = startStack({ root: folder, stateDir: folder, services: [], restart: false });
    await expect(start).rejects.toMatchObject({ code: 'conflict' });
    expect(readdirSync(folder)).toEqual(['data', 'stack.json']);
  });

  it('a reset deletes what a stack left, however little that is', () => {
    put('secrets', 'postgres.env');
    put('run', 'nats.json');
    expect(resetState(folder, folder)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a reset of nothing says so and creates nothing', () => {
    expect(resetState(folder, folder)).toBe(false);
    expect(resetState(join(folder, 'absent'), folder)).toBe(false);
    expect(existsSync(join(folder, 'absent'))).toBe(false);
  });

  it('takes an empty folder, one with other names, and one of its own', () => {
    expect(() => claimState(folder)).not.toThrow();
    put('photos', 'a.png');
    expect(() => claimState(folder)).not.toThrow();
    put('secrets', 'postgres.env');
    put('data', 'x');
    expect(() => claimState(folder)).not.toThrow();
  });

  it('deletes the sign of ownership last, so that a reset which broke off can be repeated', () => {
    expect(stateEntries.at(-1)).toBe('secrets');
  });
});
