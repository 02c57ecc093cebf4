import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../process/ports.js';
import { SERVICE_HEAP_MAX_MEBIBYTES, startServiceProcess } from './service-process.js';

/** Writes its heap limit to the log, is ready, and ends with its standard input as every service does. */
const ENTRY = `
import { createServer } from 'node:http';
import { getHeapStatistics } from 'node:v8';
console.log('heap ' + getHeapStatistics().heap_size_limit);
createServer((_request, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
process.stdin.on('end', () => process.exit(0)).resume();
`;

const folder = mkdtempSync(join(tmpdir(), 'touchstone-service-process-'));

/** Is not ready, for the reasons that its environment has. */
const NOT_READY = `
import { createServer } from 'node:http';
createServer((_request, response) => {
  response.statusCode = 503;
  response.end(process.env.READINESS);
}).listen(Number(process.env.PORT), '127.0.0.1');
setTimeout(() => process.exit(3), 2000);
process.stdin.on('end', () => process.exit(0)).resume();
`;

describe('process of a service', () => {
  beforeEach(() => void mkdirSync(folder, { recursive: true }));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const failed = (name: string) => ({ name, ok: false, detail: `${name} says why.`, durationMs: 1 });
  const notReady = async (text: string) => {
    const entry = join(folder, 'entry.mjs');
    writeFileSync(entry, NOT_READY);
    const healthPort = await freePort();
    const environment = { PORT: String(healthPort), READINESS: text };
    const logFile = join(folder, 'entry.log');
    const service = startServiceProcess({
      ...{ name: 'entry', entry, root: folder, environment, logFile, healthPort },
    });
    return service.ready().finally(() => service.stop());
  };

  it('counts as started when nothing but an operator is missing, and says what for', async () => {
    const passed = { name: 'postgres', ok: true, durationMs: 1 };
    const answer = { ready: false, draining: false, checks: [passed, failed('log')] };
    expect(await notReady(JSON.stringify(answer))).toBe('log says why.');
  });

  it.each([
    [
      'another check fails too',
      JSON.stringify({ ready: false, draining: false, checks: [failed('log'), failed('nats')] }),
    ],
    ['it is about to end', JSON.stringify({ ready: false, draining: true, checks: [failed('log')] })],
    ['no check fails', JSON.stringify({ ready: false, draining: false, checks: [] })],
    ['it answers something else', 'no'],
  ])('does not count as started while %s', async (_while, answer) => {
    await expect(notReady(answer)).rejects.toThrow('ended at its start (code 3)');
  });

  it('has a bounded heap, within which V8 collects early', async () => {
    const entry = join(folder, 'entry.mjs');
    const logFile = join(folder, 'entry.log');
    writeFileSync(entry, ENTRY);
    const healthPort = await freePort();
    const service = startServiceProcess({
      name: 'entry',
      entry,
      root: folder,
      environment: { PORT: String(healthPort) },
      logFile,
      healthPort,
    });
    try {
      await service.ready();
    } finally {
      await service.stop();
    }
    await expect(service.exited).resolves.toBe('code 0');
    const limit = Number(/heap (\d+)/.exec(readFileSync(logFile, 'utf8'))?.[1]) / 1_048_576;
    expect(limit).toBeGreaterThanOrEqual(SERVICE_HEAP_MAX_MEBIBYTES);
    // Old objects are what is bounded; V8 counts the young generation on top.
    expect(limit).toBeLessThan(SERVICE_HEAP_MAX_MEBIBYTES + 64);
  });
});
