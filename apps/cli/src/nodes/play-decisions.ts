import { AppError } from '@touchstone/contracts';
import type { HeartbeatAnswer, NodeDetail } from '@touchstone/contracts/http/attestation-hub';
import type { PlayedHub } from './perform.js';
import { check, heartbeatOf, type Check } from './played-step.js';

type Build = Pick<NonNullable<NodeDetail['lastSeen']>, 'buildId' | 'capabilityHash'>;

/** What the operator of a hub may decide. */
export interface DecidingHub {
  approveCurrent(id: string): Promise<void>;
  quarantine(id: string, reason?: string): Promise<void>;
  release(id: string): Promise<void>;
  startRollout(name: string, node: string, build: Build): Promise<void>;
  endRollout(name: string): Promise<void>;
}

/**
 * Plays what the operator decides: an approved build, a rollout, a quarantine. Each takes back what it did.
 *
 * @param played gets the names of the nodes, before they are heard
 */
export async function playDecisions(hub: PlayedHub, prefix: string, played: string[]): Promise<Check[]> {
  const { operator } = hub;
  if (operator === undefined) return [];
  const beat = (name: string, build: 'A' | 'B'): Promise<HeartbeatAnswer> =>
    hub.send(heartbeatOf(`${prefix}-${name}`, { build, health: 'GREEN', status: 'OK', shown: 'GREEN' }));
  const expectStatus = async (name: string, build: 'A' | 'B', expected: string): Promise<Check> =>
    check(`${name}, build ${build}`, expected, (await beat(name, build)).status);
  played.push(`${prefix}-approve`, `${prefix}-rollout`, `${prefix}-quarantine`);
  const checks = [await expectStatus('approve', 'A', 'OK'), await expectStatus('approve', 'B', 'DRIFT')];
  await operator.approveCurrent(`${prefix}-approve`);
  checks.push(await expectStatus('approve', 'B', 'OK'));
  checks.push(...(await playRollout(operator, prefix, expectStatus)));
  await beat('quarantine', 'A');
  checks.push(await playQuarantine(hub, operator, `${prefix}-quarantine`));
  return checks;
}

async function playRollout(
  operator: DecidingHub,
  prefix: string,
  expectStatus: (name: string, build: 'A' | 'B', expected: string) => Promise<Check>,
): Promise<Check[]> {
  const name = `${prefix}-rollout`;
  const checks = [await expectStatus('rollout', 'A', 'OK')];
  await operator.startRollout(name, name, buildB(name));
  try {
    for (const build of ['B', 'A', 'B', 'A'] as const)
      checks.push(await expectStatus('rollout', build, 'OK'));
  } finally {
    await operator.endRollout(name);
  }
  return [...checks, await expectStatus('rollout', 'B', 'OK')];
}

async function playQuarantine(hub: PlayedHub, operator: DecidingHub, id: string): Promise<Check> {
  await operator.quarantine(id);
  try {
    const { quarantine } = await hub.show(id);
    return check('quarantine', 'in quarantine', quarantine === null ? 'in none' : 'in quarantine');
  } finally {
    await operator.release(id);
  }
}

function buildB(id: string): Build {
  const { attestation } = heartbeatOf(id, { build: 'B', health: 'GREEN', status: 'OK', shown: 'GREEN' });
  if (attestation === undefined) throw new AppError('internal', 'A build has an attestation.');
  return { buildId: attestation.build_id, capabilityHash: attestation.capability_hash };
}
