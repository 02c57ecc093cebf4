import type { Heartbeat } from '@touchstone/contracts';
import type { AuditLine, HeartbeatAnswer, NodeDetail } from '@touchstone/contracts/http/attestation-hub';
import { check, heartbeatOf, type Check } from './played-step.js';
import { playDecisions, type DecidingHub } from './play-decisions.js';
import { scenesFor, type Scene } from './scenes.js';

/** A hub as a play needs it. */
export interface PlayedHub {
  send(message: Heartbeat): Promise<HeartbeatAnswer>;
  show(
    id: string,
  ): Promise<Pick<NodeDetail, 'status' | 'health' | 'driftCount' | 'spoofCount' | 'quarantine'>>;
  /** Figures by name. */
  figures(): Promise<ReadonlyMap<string, number>>;
  /** What only the operator may; undefined without the token. */
  readonly operator?: {
    audit(id: string): Promise<readonly Pick<AuditLine, 'event'>[]>;
    remove(id: string): Promise<void>;
  } & DecidingHub;
}

/** What a play found, and which of its nodes the hub still keeps. */
export interface Played {
  readonly checks: readonly Check[];
  readonly remaining: readonly string[];
}

/**
 * Plays every scene and compares what the hub says with what it should. The nodes are removed in the end, also where the play
 * fails on its way, as far as the hub lets it.
 *
 * @param prefix what the names of the nodes begin with
 * @param threshold builds in a row that the hub takes for a flip-flop
 */
export async function perform(hub: PlayedHub, prefix: string, threshold: number): Promise<Played> {
  const checks: Check[] = [];
  const played: string[] = [];
  let remaining: readonly string[] = played;
  try {
    for (const scene of scenesFor(threshold)) {
      const id = `${prefix}-${scene.name}`;
      played.push(id);
      checks.push(...(await playScene(hub, id, scene)));
    }
    checks.push(...checkFigures(await hub.figures()));
    checks.push(...(await playDecisions(hub, prefix, played)));
  } finally {
    remaining = await removeAll(hub, played);
  }
  return { checks, remaining };
}

async function playScene(hub: PlayedHub, id: string, scene: Scene): Promise<Check[]> {
  const { name, steps, driftCount, spoofCount } = scene;
  const checks: Check[] = [];
  for (const [index, step] of steps.entries()) {
    const { status, health } = await hub.send(heartbeatOf(id, step));
    const what = `${name}, heartbeat ${index + 1}`;
    checks.push(check(what, `${step.status} ${step.shown}`, `${status} ${health}`));
  }
  const node = await hub.show(id);
  const last = steps.at(-1);
  const expected = `${last?.status} ${last?.shown}, ${driftCount} drifts, ${spoofCount} spoofs`;
  const actual = `${node.status} ${node.health}, ${node.driftCount} drifts, ${node.spoofCount} spoofs`;
  checks.push(check(`${name}, as it is kept`, expected, actual));
  if (hub.operator === undefined) return checks;
  const events = (await hub.operator.audit(id)).map(({ event }) => event);
  return [...checks, check(`${name}, in the audit`, told(scene.audit), told(events))];
}

function told(events: readonly string[]): string {
  return events.join(' ') || 'nothing';
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

function checkFigures(found: ReadonlyMap<string, number>): Check[] {
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

/** Removes the nodes and says which are left; what went wrong with the play itself is the error that counts. */
async function removeAll({ operator }: PlayedHub, ids: readonly string[]): Promise<readonly string[]> {
  if (operator === undefined) return ids;
  const removed = await Promise.allSettled(ids.map((id) => operator.remove(id)));
  return ids.filter((_, index) => removed[index]?.status === 'rejected');
}
