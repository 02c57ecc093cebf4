import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assignPorts } from '../stack/assign-ports.js';
import { PortClaims } from './port-claims.js';

describe('port claims', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-claims-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('promise a port once, until it is given back', () => {
    const [one, other] = [new PortClaims(folder), new PortClaims(folder)];
    expect([one.claim(8080), one.claim(8080), other.claim(8080), other.claim(8081)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    one.release();
    expect(other.claim(8080)).toBe(true);
  });

  it('keep stacks that start together apart, though nothing listens yet', async () => {
    const stacks = [new PortClaims(folder), new PortClaims(folder), new PortClaims(folder)];
    const assigned = await Promise.all(
      stacks.map((claims) => assignPorts(['signer', 'proof-service'], claims)),
    );
    const ports = assigned.flatMap((services) =>
      [...services.values()].flatMap(({ http, grpc, health }) => [http, grpc, health]),
    );
    expect(new Set(ports).size).toBe(3 * 2 * 3);
  });
});
