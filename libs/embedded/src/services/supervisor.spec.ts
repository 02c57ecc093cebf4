import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../process/ports.js';
import { Supervisor } from './supervisor.js';

/** Takes a moment to stop, and writes when it began and when it was done. */
const ENTRY = `
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
const note = (what) => appendFileSync(process.env.NOTES, process.env.NAME + ' ' + what + '\\n');
createServer((_request, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
process.stdin.on('end', () => {
  note('begins');
  setTimeout(() => { note('is done'); process.exit(0); }, 500);
}).resume();
`;

describe('the end of all services', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-supervisor-'));
    writeFileSync(join(folder, 'entry.mjs'), ENTRY);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('stops who asks before and who is asked after the rest, and the rest at once', async () => {
    const notes = join(folder, 'notes');
    const unexpected: string[] = [];
    const supervisor = new Supervisor({
      restart: false,
      announce: (line) => unexpected.push(line),
      onExit: (name) => unexpected.push(name),
    });
    const start = async (name: string): Promise<void> => {
      const healthPort = await freePort();
      await supervisor.start({
        name,
        entry: join(folder, 'entry.mjs'),
        root: folder,
        environment: { PORT: String(healthPort), NAME: name, NOTES: notes },
        logFile: join(folder, `${name}.log`),
        healthPort,
      });
    };
    for (const name of ['asked', 'one', 'asker', 'other']) await start(name);
    await supervisor.stop(['asker'], ['asked']);
    const lines = readFileSync(notes, 'utf8').trim().split('\n');
    expect([lines.slice(0, 2), lines.slice(-2)]).toEqual([
      ['asker begins', 'asker is done'],
      ['asked begins', 'asked is done'],
    ]);
    expect(lines.slice(2, 4).sort()).toEqual(['one begins', 'other begins']);
    expect(lines).toHaveLength(8);
    expect(unexpected).toEqual([]);
  });
});
