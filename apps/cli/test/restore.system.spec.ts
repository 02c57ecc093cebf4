import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceNames } from '@touchstone/contracts';
import { randomSecret, serviceDatabaseUrl, type RunningStack } from '@touchstone/embedded';
import { readTrustFile, verifyEvidence, type TrustFile } from '@touchstone/evidence';
import {
  available,
  DISTRIBUTION_POSTGRES_REMEDY,
  freePort,
  obtainDistributionPostgres,
  startDistributionPostgres,
  waitUntil,
  type DistributionPostgres,
} from '@touchstone/testing';
import pg from 'pg';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits, infer } from '../src/demo/digits.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { removeState } from './support/remove-state.js';
import { secondService } from './support/second-service.js';
import { startTestStack } from './support/test-stack.js';

const START_TIMEOUT_MS = 180_000;
const EVIDENCE_TIMEOUT_MS = 60_000;
const CLOSED_TIMEOUT_MS = 20_000;

const page = readFileSync(new URL('../../../docs/runbooks/restore.md', import.meta.url), 'utf8');
const roles = fileURLToPath(new URL('../../../deploy/postgres/roles.sql', import.meta.url));

/** The commands of the runbook under a name. */
function runbook(name: string): string {
  const [, body] = new RegExp(`^ *\`\`\`sh ${name}\n([\\s\\S]*?)^ *\`\`\`$`, 'm').exec(page) ?? [];
  if (body === undefined) throw new Error(`docs/runbooks/restore.md has no commands for ${name}.`);
  return body;
}

const withPostgres = available(obtainDistributionPostgres() !== undefined, DISTRIBUTION_POSTGRES_REMEDY)
  ? describe
  : describe.skip;

withPostgres('a backup that is restored', () => {
  const password = randomSecret();
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-restore-'));
  const stateDir = join(folder, '.touchstone');
  let port: number;
  let postgres: DistributionPostgres | undefined;
  let stack: RunningStack;

  const start = async () => {
    stack = await startTestStack(stateDir, {
      settings: (_description, { rolePasswords }) =>
        Object.fromEntries(
          serviceNames.map((name) => [
            name,
            {
              DATABASE_URL: serviceDatabaseUrl(port, name, rolePasswords[name]),
              ...(name === 'inference-gateway' ? { TOUCHSTONE_PAYMENT_MODE: 'off' } : {}),
            },
          ]),
        ),
    });
  };
  const startPostgres = async () => {
    postgres = await startDistributionPostgres(password, port);
  };
  const run = (script: string, cwd: string, env: Readonly<Record<string, string>> = {}) =>
    new Promise<{ status: number; output: string }>((resolve) => {
      const environment = { PATH: process.env['PATH'] ?? '', ...postgres?.environment, ...env };
      execFile('sh', ['-euc', script], { cwd, env: environment }, (error, out, err) =>
        resolve({ status: error ? Number(error.code) : 0, output: out + err }),
      );
    });
  /** Passwords as `tools/secrets.mjs` writes them, with those of this stack. */
  const writeRoles = (cwd: string, passwords: RunningStack['secrets']['rolePasswords']) => {
    const set = serviceNames.map((name) => `\\set ${name.replaceAll('-', '_')}_password ${passwords[name]}`);
    writeFileSync(
      join(cwd, 'roles.sql'),
      ['\\set database touchstone', ...set, `\\i ${roles}`, ''].join('\n'),
    );
  };
  const backUp = async (name: string): Promise<string> => {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    writeRoles(cwd, stack.secrets.rolePasswords);
    const backup = await run(runbook('backup'), cwd, { PROOF_SERVICE: urlOf('proof-service') });
    expect(backup).toEqual({ status: 0, output: '' });
    return cwd;
  };
  /** Loses the server of the database and the store of the streams, and restores a backup. */
  const restore = async (cwd: string): Promise<void> => {
    await stack.stop();
    await postgres?.destroy();
    rmSync(join(stateDir, 'nats', 'jetstream'), { recursive: true });
    await startPostgres();
    expect(await run(runbook('restore'), cwd)).toMatchObject({ status: 0 });
    await start();
  };
  const reopen = async (checkpoint: string) => {
    const { plan } = await secondService(stack, stateDir, 'signer');
    const { DATABASE_URL: _embedded, ...environment } = plan.environment;
    copyFileSync(checkpoint, join(folder, 'checkpoint.txt'));
    const script = runbook('reopen')
      .replaceAll('node bundle/main.js', `'${process.execPath}' '${plan.entry}'`)
      .replace('checkpoint.txt', join(folder, 'checkpoint.txt'));
    return run(script, join(checkout, 'apps', 'signer'), {
      ...environment,
      DATABASE_URL: serviceDatabaseUrl(port, 'signer', stack.secrets.rolePasswords.signer),
    });
  };
  const urlOf = (service: (typeof serviceNames)[number]) => stack.description.urls[service] as string;
  const answers = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (const { body } of await heldOutDigits(checkout, count)) {
      const response = await infer(fetch, `${urlOf('inference-gateway')}/v1/models/digits/infer`, body);
      expect(response.status).toBe(200);
      ids.push(((await response.json()) as { verificationId: string }).verificationId);
    }
    return ids;
  };
  const evidence = (id: string) => anchoredEvidence(stack.description, id, EVIDENCE_TIMEOUT_MS);
  const health = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${stack.description.services['anchor-worker']?.health}${path}`)).text();
  const closedGauge = async () =>
    Number(/^touchstone_anchor_log_closed\S* (\d)$/m.exec(await health('/metrics'))?.[1]);
  const query = async <R extends object>(sql: string): Promise<R[]> => {
    const client = new pg.Client({
      connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/touchstone`,
    });
    await client.connect();
    try {
      return (await client.query<R>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const signedSizes = () =>
    query<{ size: string }>('SELECT size::text FROM signer.signed_checkpoint ORDER BY 1');

  beforeAll(async () => {
    port = await freePort();
    await startPostgres();
    // The launcher makes the secrets; the first start is on its own database.
    stack = await startTestStack(stateDir, { services: [] });
    writeRoles(folder, stack.secrets.rolePasswords);
    await stack.stop();
    const prepared = await run('psql --quiet --dbname=postgres --file=roles.sql', folder);
    expect(prepared).toMatchObject({ status: 0 });
    await start();
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await stack?.stop();
    await postgres?.destroy();
    removeState(stateDir);
    rmSync(folder, { recursive: true, force: true });
  }, START_TIMEOUT_MS);

  let trust: TrustFile;
  let earlier: { id: string; text: string }[];
  let ids: string[];
  let older: string;
  let newer: string;

  it(
    'is made while answers are given, more than once',
    async () => {
      trust = readTrustFile(trustText(await exportTrust(stack.description)));
      ids = await answers(3);
      earlier = await Promise.all(ids.map(async (id) => ({ id, text: await evidence(id) })));
      [older] = await Promise.all([
        backUp('older'),
        answers(3).then((more) => {
          ids.push(...more);
        }),
      ]);
      ids.push(...(await answers(2)));
      for (const id of ids) await evidence(id);
      // The next answers are acknowledged, and nobody has made leaves of them when the second backup is made.
      const worker = stack.pids()['anchor-worker'] as number;
      process.kill(worker, 'SIGSTOP');
      ids.push(...(await answers(2)));
      newer = await backUp('newer');
      process.kill(worker, 'SIGKILL');
    },
    START_TIMEOUT_MS,
  );

  it(
    'closes the log when it is older than what readers have, and says what is missing',
    async () => {
      await restore(older);
      await waitUntil(async () => (await closedGauge()) === 1, CLOSED_TIMEOUT_MS);
      expect(await health('/readyz?verbose')).toMatch(/The log is closed.*restored from a dump.*restore\.md/);
      for (const { id, text } of earlier) {
        const again = await evidence(id);
        for (const bundle of [text, again])
          expect(verifyEvidence(bundle, { trust, nowMs: Date.now() })).toMatchObject({ label: 'L2-test' });
      }
      const before = await signedSizes();
      await answers(1);
      const { status, output } = await reopen(join(newer, 'checkpoint.txt'));
      expect(status).toBe(1);
      expect(output).toMatch(/the entries \d+ to \d+ are missing/);
      expect(await closedGauge()).toBe(1);
      expect(await signedSizes()).toEqual(before);
    },
    START_TIMEOUT_MS,
  );

  it(
    'goes on with what readers have, and has lost and doubled nothing that was accepted before',
    async () => {
      await restore(newer);
      await waitUntil(async () => (await closedGauge()) === 1, CLOSED_TIMEOUT_MS);
      ids.push(...(await answers(1)));
      expect((await reopen(join(older, 'checkpoint.txt'))).output).toMatch(
        /give one that is at least as new/,
      );
      const { status, output } = await reopen(join(newer, 'checkpoint.txt'));
      expect({ status, output }).toMatchObject({ status: 0, output: expect.stringContaining('open again') });
      ids.push(...(await answers(1)));
      const places = new Set<string>();
      for (const id of ids) {
        const text = await evidence(id);
        expect(verifyEvidence(text, { trust, nowMs: Date.now() })).toMatchObject({ label: 'L2-test' });
        const { entry, inclusion } = JSON.parse(text) as { entry: string; inclusion: { leafIndex: string } };
        places.add(`${entry} ${inclusion.leafIndex}`);
      }
      expect(places.size).toBe(ids.length);
      const [{ leaves } = { leaves: 0 }] = await query<{ leaves: number }>(
        'SELECT count(*)::int AS leaves FROM anchors.leaf',
      );
      expect(leaves).toBe(ids.length);
      expect(await closedGauge()).toBe(0);
    },
    START_TIMEOUT_MS,
  );
});
