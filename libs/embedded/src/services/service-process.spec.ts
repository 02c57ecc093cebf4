import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('process of a service', () => {
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
