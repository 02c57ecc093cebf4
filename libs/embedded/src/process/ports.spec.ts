import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort, isPortFree } from './ports.js';

describe('free ports', () => {
  let server: Server;
  let taken: number;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    taken = (server.address() as { port: number }).port;
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it('finds any port', async () => {
    const port = await freePort();
    await expect(isPortFree(port)).resolves.toBe(true);
  });

  it('goes on to the next one when the preferred one is in use', async () => {
    await expect(isPortFree(taken)).resolves.toBe(false);
    await expect(freePort(taken)).resolves.toBeGreaterThan(taken);
  });

  it('leaves out ports that are not accepted', async () => {
    const free = await freePort();
    await expect(freePort(free, (port) => port !== free)).resolves.toBeGreaterThan(free);
  });

  it('says so when there is none', async () => {
    await expect(freePort(65_535, () => false)).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
  });
});
