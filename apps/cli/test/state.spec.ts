import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { touchstone } from './support/touchstone.js';

describe('touchstone reset', () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'touchstone-state-'));
    mkdirSync(join(state, 'demo'));
    writeFileSync(join(state, 'demo', 'evidence.json'), '{}');
    writeFileSync(join(state, 'note.txt'), 'mine');
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));

  it('deletes the evidence of the demo with the keys that it was about', async () => {
    mkdirSync(join(state, 'secrets'));
    writeFileSync(join(state, 'secrets', 'postgres.env'), '');
    expect(await touchstone(['reset', '--state', state])).toMatchObject({ status: 2 });
    expect(existsSync(join(state, 'demo', 'evidence.json'))).toBe(true);
    expect(await touchstone(['reset', '--yes', '--state', state])).toMatchObject({
      status: 0,
      stderr: 'Deleted.\n',
    });
    expect(readdirSync(state)).toEqual(['note.txt']);
  });

  it('touches nothing where no stack has been', async () => {
    const answer = await touchstone(['reset', '--yes', '--state', state]);
    expect(answer).toMatchObject({ status: 0, stderr: `There is nothing to delete in ${state}.\n` });
    expect(readdirSync(state).sort()).toEqual(['demo', 'note.txt']);
  });
});
