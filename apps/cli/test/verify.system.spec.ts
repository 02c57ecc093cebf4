import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEM_BYTES_MAX } from '../src/terminal/problem.js';
import { bin } from './support/touchstone.js';
import { AppError, toProblem, type ErrorCode } from '@touchstone/contracts';

const vectorsOf = (name: string): string =>
  fileURLToPath(new URL(`../../../libs/evidence/vectors/${name}.json`, import.meta.url));

interface Case {
  readonly name: string;
  readonly input: { readonly bundle: unknown; readonly trust?: unknown };
}

const cases = ['evidence', 'event-evidence'].flatMap(
  (name) => (JSON.parse(readFileSync(vectorsOf(name), 'utf8')) as { cases: Case[] }).cases,
);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-cli-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the bundle and trust file of a golden vector. */
function files(name: string): { bundle: string; trust: string } {
  const found = cases.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  const bundle = join(folder, 'bundle.json');
  const trust = join(folder, 'trust.json');
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  writeFileSync(bundle, text(found.input.bundle));
  writeFileSync(trust, text(found.input.trust ?? {}));
  return { bundle, trust };
}

function touchstone(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  });
}

/** Node reads so much within a third of a second; today it is a fifth less. */
const CODE_CHARACTERS_MAX = 1_500_000;

describe('touchstone verify', () => {
  it.each([
    ['L2', ['--require', 'L2'], 0],
    ['L2-test on a test network', [], 0],
    ['L2-test on a test network', ['--require', 'L2'], 1],
    ['L2-test on a test network', ['--require', 'L2', '--allow-test'], 0],
    ['L1 without an anchor', [], 0],
    ['L1 without an anchor', ['--require', 'L2'], 3],
    ['L0 when the commitment is not listed', [], 1],
    ['another output', [], 1],
    ['an unknown member', [], 1],
    ['event-batch-v1: L2', ['--require', 'L2'], 0],
    ['event-batch-v2: L2-test on a test network', ['--require', 'L2'], 1],
    ['event-batch-v2: L2-test on a test network', ['--require', 'L2', '--allow-test'], 0],
    ['event-batch-v2: L1 without an anchor', ['--require', 'L2'], 3],
    ['event-batch-v1: the event was edited', [], 1],
  ] as const)('%s with %j exits with %i', (name, options, status) => {
    const { bundle, trust } = files(name);
    expect(touchstone('verify', bundle, '--trust', trust, ...options).status).toBe(status);
  });

  it('proves nothing without a trust file', () => {
    const answer = touchstone('verify', files('L2').bundle, '--json');
    expect(answer.status).toBe(1);
    expect(JSON.parse(answer.stdout)).toMatchObject({ label: 'L0', satisfied: false, exitCode: 1 });
    expect(touchstone('verify', files('L2').bundle, '--require', 'L0').status).toBe(1);
  });

  it('lists every step with expected, actual and what it rests on', () => {
    const { bundle, trust } = files('L2');
    const report = JSON.parse(touchstone('verify', bundle, '--trust', trust, '--json').stdout) as {
      schema: string;
      steps: { name: string; status: string; restsOn: string; expected?: string; actual?: string }[];
    };
    expect(report.schema).toBe('touchstone.verification.v1');
    for (const step of report.steps) expect(step.restsOn).toEqual(expect.any(String));
    const passed = report.steps.filter(({ name, status }) => status === 'pass' && name !== 'gate');
    for (const step of passed)
      expect([step.name, typeof step.expected, typeof step.actual]).toEqual([step.name, 'string', 'string']);
  });

  it('says what an event bundle is about, in words and in JSON, and why it is refused', () => {
    const { bundle, trust } = files('event-batch-v2: L2');
    const shown = touchstone('verify', bundle, '--trust', trust);
    expect(shown.stdout).toMatch(
      /^about event "e" of tenant [-0-9a-f]{36}, signed as event-batch-v2 at 2026-06-01T11:00:00\.000Z, key batch-1$/m,
    );
    expect(shown.stdout).toContain('The event is a leaf of the batch that was signed.');
    expect(shown.stdout).not.toContain('commitment');
    expect(JSON.parse(touchstone('verify', bundle, '--trust', trust, '--json').stdout)).toMatchObject({
      label: 'L2',
      subject: { kind: 'event', eventId: 'e', format: 'event-batch-v2', keyId: 'batch-1' },
    });
    const dated = files('event-batch-v2: re-dated');
    expect(touchstone('verify', dated.bundle, '--trust', dated.trust).stdout).toMatch(
      /^FAIL {2}signature .*\n {6}re-dated: /m,
    );
  });

  it('reads the bundle from standard input', () => {
    const { bundle, trust } = files('L2');
    const answer = spawnSync(process.execPath, [bin, 'verify', '-', '--trust', trust], {
      input: readFileSync(bundle),
      encoding: 'utf8',
    });
    expect(answer.status).toBe(0);
  });

  it.each([
    ['evidence-pending', 3, 'not complete: no checkpoint yet. Fetch it again later.'],
    ['unknown-verification', 1, 'not complete: no checkpoint yet.'],
  ])('says what a service answered in the place of evidence: %s', (code, status, end) => {
    const answer = join(folder, 'answer.json');
    const problem = new AppError(code as ErrorCode, 'not complete: no checkpoint yet.');
    writeFileSync(answer, JSON.stringify(toProblem(problem)));
    for (const command of ['verify', 'inspect'])
      expect(touchstone(command, answer)).toEqual(
        expect.objectContaining({
          status,
          stdout: '',
          stderr: `touchstone: ${answer} is no evidence but a service's answer, ${code}: ${end}\n`,
        }),
      );
    const padded = (length: number) => JSON.stringify(toProblem(problem)).padEnd(length);
    writeFileSync(answer, padded(PROBLEM_BYTES_MAX));
    expect(touchstone('verify', answer).stderr).toContain(code);
    writeFileSync(answer, padded(PROBLEM_BYTES_MAX + 1));
    expect(touchstone('verify', answer)).toMatchObject({ status: 1, stderr: '' });
    writeFileSync(answer, JSON.stringify({ ...toProblem(problem), detail: '\u001b[2J\nVALID' }));
    expect(touchstone('verify', answer).stderr).toContain(': \\u001b[2J VALID');
  });

  it('tells I/O, configuration and usage apart', () => {
    const { bundle, trust } = files('L2');
    expect(touchstone('verify', join(folder, 'missing.json'), '--trust', trust)).toMatchObject({
      status: 4,
      stdout: '',
    });
    writeFileSync(trust, '{"version":2}');
    const configuration = touchstone('verify', bundle, '--trust', trust);
    expect(configuration).toMatchObject({ status: 5, stdout: '' });
    expect(configuration.stderr).toContain('does not fit its schema');
    expect(touchstone('verify', bundle, '--require', 'L9').status).toBe(2);
    expect(touchstone('verify').status).toBe(2);
    expect(touchstone('no-such-command').status).toBe(2);
  });

  it('loads little code, so that it starts in a moment, and no server framework', () => {
    const { bundle, trust } = files('L2');
    const loaded = spawnSync(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(reportModules)}`,
        bin,
        'verify',
        bundle,
        '--trust',
        trust,
      ],
      { encoding: 'utf8' },
    );
    // A bundle names the package of each module in it.
    const parts = [...loaded.stderr.matchAll(/^modules: (file:.*\/bundle\/.*)$/gm)].map(
      ([, url = '']) => url,
    );
    const texts = parts.map((url) => readFileSync(fileURLToPath(url), 'utf8'));
    expect(texts.reduce((sum, text) => sum + text.length, 0)).toBeLessThan(CODE_CHARACTERS_MAX);
    const packages = texts.flatMap((text) =>
      [...text.matchAll(/^\/\/ .*?(?:node_modules|libs)\/((?:@[^/]+\/)?[^/\n]+)/gm)].map(([, name]) => name),
    );
    expect(packages).toContain('zod');
    expect(packages).toContain('evidence');
    expect(
      packages.filter((name) => /@nestjs|typeorm|@nats-io|viem|embedded|nats|platform/.test(`${name}`)),
    ).toEqual([]);
  });
});

/** Prints the files that a process loaded, by a module hook. */
const reportModules = `
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(2, 'modules: ' + url + '\\\\n'); return next(url, context); }
\`));
`;

describe('touchstone inspect', () => {
  it('shows what a bundle says without judging it', () => {
    const answer = touchstone('inspect', files('another output').bundle);
    expect(answer.status).toBe(0);
    expect(answer.stdout).toContain('Nothing above was verified');
    expect(JSON.parse(touchstone('inspect', files('L2').bundle, '--json').stdout)).toHaveProperty(
      'model version',
    );
  });

  it('shows the event, its tenant and who signed its batch', () => {
    const { bundle } = files('event-batch-v1: L2');
    const facts = JSON.parse(touchstone('inspect', bundle, '--json').stdout) as Record<string, string>;
    expect(facts).toMatchObject({
      event: 'e',
      content: '{"id":"e","salt":"k7Qm1x9bTz3RwV5yLp0sNA","total":19.5}',
      'signed at': '2026-06-01T11:00:00Z by key batch-1, as event-batch-v1',
      tenant: '0197a000-0000-4000-8000-00000000000a',
    });
    expect(facts['batch']).toContain('leaf 4 of 5');
    writeFileSync(bundle, readFileSync(bundle, 'utf8').replace('"batchTs":"2026', '"batchTs":"26'));
    const refused = touchstone('inspect', bundle);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('batch-time: expected a time of the format');
  });

  it('does not look as if it had judged by a trust file', () => {
    const { bundle, trust } = files('L2');
    const answer = touchstone('inspect', bundle, '--trust', trust);
    expect(answer).toMatchObject({ status: 2, stdout: '' });
    expect(answer.stderr).toContain(`touchstone verify ${bundle} --trust ${trust}`);
  });

  it('refuses what is no bundle', () => {
    writeFileSync(join(folder, 'other.json'), '{"version":1}');
    expect(touchstone('inspect', join(folder, 'other.json')).status).toBe(1);
  });
});

describe('help', () => {
  it('shows an example for every command', () => {
    for (const command of ['verify', 'inspect', 'demo', 'up', 'down', 'reset', 'doctor', 'models', 'infer']) {
      const answer = touchstone(command, '--help');
      expect([command, answer.status, /Examples?:/.test(answer.stdout)]).toEqual([command, 0, true]);
    }
    expect(touchstone('trust', 'export', '--help').stdout).toMatch(/Examples?:/);
  });
});
