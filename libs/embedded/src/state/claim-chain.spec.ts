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
import { developmentNetwork } from '../evm/development-chain.js';
import { stackLayout } from '../stack/layout.js';
import { startStack } from '../stack/start-stack.js';
import { resetState } from '../stack/stop-and-reset.js';
import { noteChain, requireSameChain } from './claim-chain.js';

describe('the chain of a state folder', () => {
  let folder: string;
  let note: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-chain-'));
    note = stackLayout(folder).chainNote;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const claim = (network: string): void => requireSameChain(folder, note, network);
  /** What a stack left whose chain had the number of Base. */
  const leaveOlderStack = (...entries: string[]): void => {
    for (const name of ['secrets', ...entries]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'secrets', 'postgres.env'), '');
  };

  it('is noted once, and holds from then on', () => {
    claim('eip155:84532');
    noteChain(note, 'eip155:84532');
    noteChain(note, 'eip155:1');
    claim('eip155:84532');
    expect(readFileSync(note, 'utf8')).toBe('eip155:84532\n');
    expect(() => claim('eip155:1')).toThrow(
      `The data in ${folder} belongs to a chain eip155:84532, and the development chain of this version is eip155:1; nothing was touched. Delete the old data with: touchstone reset --state ${folder}`,
    );
  });

  it.each(['chain', 'nats', 'postgres', 'data'])('is Base’s number where an older stack left %s', (name) => {
    leaveOlderStack(name);
    expect(() => claim(developmentNetwork)).toThrow('belongs to a chain eip155:8453');
  });

  it('is open where a start got no further than its secrets', () => {
    leaveOlderStack();
    claim(developmentNetwork);
  });

  it('keeps a stack from starting on another one’s data, until a reset', async () => {
    leaveOlderStack('chain');
    writeFileSync(stackLayout(folder).chainState, '{}');
    const start = () => startStack({ root: folder, stateDir: folder, services: [], restart: false });
    await expect(start()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`touchstone reset --state ${folder}`),
    });
    expect(readdirSync(folder).sort()).toEqual(['chain', 'secrets']);
    expect(readdirSync(join(folder, 'chain'))).toEqual(['state.json']);
    resetState(folder, folder);
    expect(existsSync(join(folder, 'chain'))).toBe(false);
    const fresh = await startStack({
      root: folder,
      stateDir: folder,
      services: [],
      restart: false,
      durable: false,
    });
    expect(readFileSync(note, 'utf8')).toBe(`${developmentNetwork}\n`);
    await fresh.stop();
  }, 60_000);
});
