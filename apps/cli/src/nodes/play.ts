import { randomBytes } from 'node:crypto';
import { canonicalJson } from '@touchstone/canonical-json';
import type { Heartbeat } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readSecret } from '../stack/read-secret.js';
import { readInput } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';
import { green, red } from '../terminal/style.js';
import {
  hubUrl,
  readAudit,
  readFigures,
  removeNode,
  sendHeartbeat,
  showNode,
  type HubOptions,
} from './hub.js';
import { scenesFor, type Scene, type Step } from './scenes.js';

/** Largest file of tokens that is read. */
export const TOKENS_FILE_BYTES_MAX = 1_048_576;

/** Builds in a row of the shortest flip-flop that is no drift. */
const THRESHOLD_MIN = 3;

interface PlayOptions extends HubOptions {
  readonly json: boolean;
  readonly prefix?: string;
  readonly tokens?: string;
  readonly threshold: number;
}

interface Check {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  readonly ok: boolean;
}

const check = (what: string, expected: string, actual: string): Check => ({
  ...{ what, expected, actual },
  ok: expected === actual,
});

/** `touchstone nodes play`. */
export async function playCommand(options: PlayOptions): Promise<ExitCode> {
  if (options.threshold < THRESHOLD_MIN)
    throw new CommandError(
      exitCodes.usage,
      `With a threshold below ${THRESHOLD_MIN} every drift is a flip-flop; there is nothing to play.`,
    );
  const url = hubUrl(options);
  const prefix = options.prefix ?? `play-${randomBytes(4).toString('hex')}`;
  const tokens = options.tokens === undefined ? {} : await readTokens(options.tokens);
  const operator = operatorToken(options);
  const scenes = scenesFor(options.threshold);
  const checks: Check[] = [];
  const played: string[] = [];
  let remaining: readonly string[] = played;
  try {
    for (const scene of scenes) {
      const id = `${prefix}-${scene.name}`;
      played.push(id);
      checks.push(...(await playScene(url, id, scene, tokens[id])));
      if (operator !== undefined) checks.push(await checkAudit(url, id, scene, operator));
    }
    checks.push(...(await checkFigures(url)));
  } finally {
    if (operator !== undefined) remaining = await removeAll(url, played, operator);
  }
  report(checks, remaining, options.json);
  return checks.every(({ ok }) => ok) ? exitCodes.ok : exitCodes.invalid;
}

async function playScene(
  url: string,
  id: string,
  { name, steps, driftCount, spoofCount }: Scene,
  token: string | undefined,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [index, step] of steps.entries()) {
    const { status, health } = await sendHeartbeat(url, heartbeatOf(id, step), token);
    const what = `${name}, heartbeat ${index + 1}`;
    checks.push(check(what, `${step.status} ${step.shown}`, `${status} ${health}`));
  }
  const node = await showNode(url, id);
  const last = steps.at(-1);
  const expected = `${last?.status} ${last?.shown}, ${driftCount} drifts, ${spoofCount} spoofs`;
  const actual = `${node.status} ${node.health}, ${node.driftCount} drifts, ${node.spoofCount} spoofs`;
  return [...checks, check(`${name}, as it is kept`, expected, actual)];
}

async function checkAudit(url: string, id: string, scene: Scene, token: string): Promise<Check> {
  const lines = await readAudit(url, id, token);
  const actual = lines.map(({ event }) => event).join(' ') || 'nothing';
  return check(`${scene.name}, in the audit`, scene.audit.join(' ') || 'nothing', actual);
}

/** What a hub shows at least while the nodes of the scenes are there: others may be, too. */
const figures = {
  attestation_ok: 1,
  attestation_missing: 1,
  attestation_drift: 1,
  attestation_spoof_suspect: 2,
  attestation_drift_1m: 2,
  attestation_spoof_1m: 2,
};

async function checkFigures(url: string): Promise<Check[]> {
  const found = await readFigures(url);
  return Object.entries(figures).map(([name, least]) => {
    const value = found.get(name);
    return {
      what: name,
      expected: `at least ${least}`,
      actual: value === undefined ? 'not there' : String(value),
      ok: value !== undefined && value >= least,
    };
  });
}

function heartbeatOf(node_id: string, { build, os = 'linux', health }: Step): Heartbeat {
  const message = { node_id, health, ts_utc: new Date().toISOString() };
  if (build === null) return message;
  const capabilities = new TextEncoder().encode(canonicalJson(['heartbeat', `play:${build}`]));
  return {
    ...message,
    attestation: {
      schema: 'attestation_v1',
      build_id: `play-${build}`,
      capability_hash: bytesToHex(sha256(capabilities)),
      runtime: { os, node: process.version },
    },
  };
}

/** Removes the nodes and says which are left; what went wrong with the play itself is the error that counts. */
async function removeAll(url: string, ids: readonly string[], token: string): Promise<string[]> {
  const left = await Promise.all(
    ids.map((id) =>
      removeNode(url, id, token).then(
        () => [],
        () => [id],
      ),
    ),
  );
  return left.flat();
}

function operatorToken({ url, state }: PlayOptions): string | undefined {
  const given = process.env['TOUCHSTONE_OPERATOR_TOKEN'];
  if (given) return given;
  return url === undefined ? readSecret(state, 'operator', 'TOUCHSTONE_OPERATOR_TOKEN') : undefined;
}

async function readTokens(path: string): Promise<Readonly<Record<string, string>>> {
  const text = new TextDecoder().decode(await readInput(path, TOKENS_FILE_BYTES_MAX));
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, string>>;
  } catch {
    // Said below, without what the file holds.
  }
  throw new CommandError(exitCodes.usage, `${path} is no JSON object of node ids and tokens.`);
}

function report(checks: readonly Check[], remaining: readonly string[], isJson: boolean): void {
  const ok = checks.every((each) => each.ok);
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ ok, checks, remaining }, null, 2)}\n`);
    return;
  }
  for (const { what, expected, actual, ok: holds } of checks) {
    const told = holds ? actual : `expected ${expected}, the hub says ${actual}`;
    process.stdout.write(
      `${holds ? green('ok    ') : red('differs ')}${printableLine(`${what}: ${told}`)}\n`,
    );
  }
  if (remaining.length > 0)
    process.stdout.write(
      `\nThe hub keeps ${remaining.join(', ')}; the operator's token lets this command remove them.\n`,
    );
}
