import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from '@jest/globals';
import { assignPorts } from '../stack/assign-ports.js';
import { PortClaims } from './port-claims.js';
import { freePort } from './ports.js';

describe('port claims', () => {
  const all: PortClaims[] = [];
  const claims = () => {
    const made = new PortClaims();
    all.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of all.splice(0)) made.release();
  });

  it('promise a port once, until it is given back', async () => {
    const port = await freePort();
    const [one, other] = [claims(), claims()];
    expect([await one.claim(port), await one.claim(port), await other.claim(port)]).toEqual([
      true,
      false,
      false,
    ]);
    one.release();
    await expect(other.claim(port)).resolves.toBe(true);
  });

  it('hold against a process of another temporary folder, and end with their process', async () => {
    const port = await freePort();
    const elsewhere = () =>
      execFileSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { PortClaims } from ${JSON.stringify(new URL('../../dist/process/port-claims.js', import.meta.url).href)};
           process.stdout.write(String(await new PortClaims().claim(${port})));`,
        ],
        { encoding: 'utf8', env: { TMPDIR: '/nowhere' } },
      );
    expect(elsewhere()).toBe('true');
    await expect(claims().claim(port)).resolves.toBe(true);
    expect(elsewhere()).toBe('false');
  });

  it('stand in nobody’s way where the machine forbids UDP', async () => {
    const forbidden = Object.assign(new Error('bind EPERM'), { code: 'EPERM' });
    const made = new PortClaims(() => {
      const socket = createSocket('udp4');
      socket.bind = () => {
        process.nextTick(() => socket.emit('error', forbidden));
        return socket;
      };
      return socket;
    });
    await expect(made.claim(await freePort())).resolves.toBe(true);
    made.release();
  });

  it('keep stacks that start together apart, though nothing listens yet', async () => {
    const assigned = await Promise.all(
      [claims(), claims(), claims()].map((one) => assignPorts(['signer', 'proof-service'], one)),
    );
    const ports = assigned.flatMap((services) =>
      [...services.values()].flatMap(({ http, grpc, health }) => [http, grpc, health]),
    );
    expect(new Set(ports).size).toBe(3 * 2 * 3);
  });
});
