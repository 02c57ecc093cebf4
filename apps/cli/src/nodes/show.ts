import type { NodeDetail } from '@touchstone/contracts/http/attestation-hub';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { table } from '../terminal/style.js';
import { hubUrl, showNode, type HubOptions } from './hub.js';

/** `touchstone nodes show`. */
export async function showCommand(
  id: string,
  options: HubOptions & { readonly json: boolean },
): Promise<ExitCode> {
  const node = await showNode(hubUrl(options), id);
  process.stdout.write(options.json ? `${JSON.stringify(node, null, 2)}\n` : `${describeNode(node)}\n`);
  return exitCodes.ok;
}

const HASH_SHOWN = 16;

/** A node as text: first what it is, then what it said, the newest first. */
function describeNode(node: NodeDetail): string {
  const { firstSeen, lastSeen, lastHeartbeat, reporter } = node;
  const said = (seen: typeof lastSeen) =>
    seen === null ? 'never' : `${seen.buildId}, ${seen.capabilityHash.slice(0, HASH_SHOWN)}, ${seen.at}`;
  const facts = table([
    ['node', node.nodeId],
    ['status', `${node.status} since ${node.lastChange}${node.stale ? `, was ${node.judged}` : ''}`],
    [
      'health',
      node.health === node.reportedHealth ? node.health : `${node.health}, reports ${node.reportedHealth}`,
    ],
    ['first seen', said(firstSeen)],
    ['last seen', said(lastSeen)],
    ['drifts', String(node.driftCount)],
    ['spoofs', String(node.spoofCount)],
    ['policy', `zone ${node.zone} (${node.mode}), ${standing(node)}`],
    ['right builds', right(node)],
    ['key', node.key ?? 'does not sign'],
    ['last heartbeat', `${lastHeartbeat.at} through ${reporter.current}`],
  ]);
  const rows = node.history.map(({ at, status, health, attestation }) => [
    at,
    status,
    health,
    attestation?.buildId ?? '-',
    attestation?.capabilityHash.slice(0, HASH_SHOWN) ?? '-',
    attestation
      ? Object.entries(attestation.runtime)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')
      : '-',
  ]);
  return `${facts}\n\n${table([['FROM', 'STATUS', 'HEALTH', 'BUILD', 'CAPABILITIES', 'RUNTIME'], ...rows])}`;
}

function standing({ blocked, reason, quarantine }: NodeDetail): string {
  if (reason === null) return 'nothing speaks against it';
  const why = quarantine === null || quarantine.reason === '' ? reason : `${reason}: ${quarantine.reason}`;
  return `${blocked ? 'blocked' : 'would be blocked'} (${why})`;
}

function right({ baseline, rollouts }: NodeDetail): string {
  const builds = baseline.builds.map(({ buildId, capabilityHash }) => {
    return `${buildId} ${capabilityHash.slice(0, HASH_SHOWN)}`;
  });
  const first = baseline.firstSeenCounts ? ['the first one'] : [];
  const open = rollouts.length === 0 ? '' : `; in rollout ${rollouts.join(', ')}`;
  return `${[...first, ...builds].join(', ')}${open}`;
}
