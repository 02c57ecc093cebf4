import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSupportedNatsVersion, locateNatsServer } from './locate-nats-server.js';

function program(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe('version of nats-server', () => {
  it.each([
    ['2.8.4', false],
    ['1.99.0', false],
    ['2.9.0', true],
    ['2.9.10', true],
    ['2.10.1', true],
    ['3.0.0', true],
  ])('%s: supported is %s', (version, supported) => {
    expect(isSupportedNatsVersion(version)).toBe(supported);
  });
});

describe('search for nats-server', () => {
  let root: string;
  let environment: Record<string, string>;
  let said: string[];
  const announce = (line: string): void => void said.push(line);
  const report = (version: string): string => `echo "nats-server: v${version}"`;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'touchstone-locate-'));
    environment = { PATH: `${join(root, 'bin')}:relative`, XDG_CACHE_HOME: join(root, 'cache') };
    said = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('takes the one on PATH', async () => {
    program(join(root, 'bin'), 'nats-server', report('2.10.7'));
    await expect(locateNatsServer(announce, environment)).resolves.toEqual({
      path: join(root, 'bin/nats-server'),
      version: '2.10.7',
      source: 'path',
    });
    expect(said).toEqual([]);
  });

  it.each([report('2.8.0'), 'exit 1', 'echo nonsense'])(
    'passes over one that does not do: %s',
    async (script) => {
      program(join(root, 'bin'), 'nats-server', script);
      program(join(root, 'cache/touchstone/nats-server-go'), 'nats-server', report('2.9.1'));
      await expect(locateNatsServer(announce, environment)).resolves.toMatchObject({ source: 'cache' });
    },
  );

  it('says what to install when nothing works', async () => {
    for (const name of ['apt-get', 'go']) program(join(root, 'bin'), name, 'echo no network >&2; exit 7');
    await expect(locateNatsServer(announce, environment)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringMatching(/Install it .* or set NATS_URL\. Tried: .*apt-get.*go/s),
    });
    expect(said).toHaveLength(2);
  });

  it('builds it with go when there is no package, and finds that in the cache the next time', async () => {
    program(join(root, 'bin'), 'apt-get', 'exit 100');
    program(
      join(root, 'bin'),
      'go',
      `printf '#!/bin/sh\\n${report('2.11.10')}\\n' > "$GOBIN/nats-server" && /bin/chmod 755 "$GOBIN/nats-server"`,
    );
    await expect(locateNatsServer(announce, environment)).resolves.toMatchObject({ source: 'go' });
    await expect(locateNatsServer(announce, environment)).resolves.toMatchObject({ source: 'cache' });
  });
});
