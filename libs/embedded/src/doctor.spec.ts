import { createServer, type Server } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { services } from '@touchstone/contracts';
import { stackDescription } from '../test/stack-description.js';
import { doctor, type DoctorCheck } from './doctor.js';
import { serverPorts } from './stack/infrastructure.js';
import { acquireLock } from './state/lock.js';
import { writeStackFile, type StackDescription } from './state/stack-file.js';

/** A stack that has every default port. */
const stack: StackDescription = {
  ...stackDescription,
  services: Object.fromEntries(
    Object.entries(services).map(([name, { http, grpc, health }]) => [name, { http, grpc, health }]),
  ),
};

describe('doctor', () => {
  let stateDir: string;
  let occupant: Server | undefined;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'touchstone-doctor-'));
  });
  afterEach(() => {
    occupant?.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const look = async (environment = {}): Promise<Record<string, DoctorCheck>> => {
    const checks = await doctor({ stateDir, environment: { PATH: process.env['PATH'], ...environment } });
    return Object.fromEntries(checks.map((check) => [check.name, check]));
  };

  it('names a port that somebody else has, and says that the stack does not run', async () => {
    occupant = createServer();
    // Where it cannot be had, somebody else has it already.
    await new Promise<void>((resolve) => {
      occupant?.once('error', () => resolve()).listen(serverPorts.anvil, '127.0.0.1', resolve);
    });
    const { ports, stack: stackCheck } = await look();
    expect(ports).toMatchObject({ status: 'warning', detail: expect.stringMatching(/\b8545\b.* in use/) });
    expect(stackCheck).toMatchObject({ status: 'ok', detail: 'does not run' });
  });

  it('does not warn of the ports of the stack that runs on the folder', async () => {
    const release = acquireLock(stateDir);
    try {
      writeStackFile(stateDir, stack);
      const { ports, stack: stackCheck } = await look();
      expect(ports).toMatchObject({
        status: 'ok',
        detail: 'the running stack has 22 of the 22 default ports, the others are free',
      });
      expect(stackCheck?.detail).toBe(`runs as pid ${process.pid}`);
    } finally {
      release();
    }
  });

  it('says what a machine without openssl lacks, which keeps no stack from starting', async () => {
    const { openssl } = await look({ PATH: '/nonexistent' });
    expect(openssl).toEqual({
      name: 'openssl',
      status: 'warning',
      detail:
        'openssl 3 or later is not on PATH; install the package openssl. Without it the stack has no time-stamping authority.',
    });
  });

  it('says where the native prover is, and how to get one', async () => {
    const home = mkdtempSync(join(tmpdir(), 'touchstone-home-'));
    const without = (await look({ PATH: '/nonexistent', HOME: home }))['native-prover'];
    expect(without).toMatchObject({ status: 'ok', detail: expect.stringContaining('install-native') });
    const folder = join(home, '.local', 'share', 'touchstone', 'bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'snarkrs'), '');
    const found = (await look({ PATH: '/nonexistent', HOME: home }))['native-prover'];
    expect(found).toMatchObject({ status: 'ok', detail: join(folder, 'snarkrs') });
    rmSync(home, { recursive: true });
  });

  it('says what an own server of the mesh means, and what is missing to start', async () => {
    expect((await look({ NATS_URL: 'nats://elsewhere' }))['nats-server']?.detail).toContain('used as it is');
    const wrong = (await look({ NATS_URL: 'http://me:hunter2@elsewhere' }))['nats-server'];
    expect(wrong).toMatchObject({ status: 'failed', detail: expect.stringContaining('NATS_URL names no') });
    expect(wrong?.detail).not.toContain('hunter2');
    const checks = await look();
    for (const name of ['node', 'user', 'process-table', 'disk', 'postgres', 'anvil'])
      expect([name, checks[name]?.status]).toEqual([name, 'ok']);
  });
});
