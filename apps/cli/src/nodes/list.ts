import type { NodeAnswer } from '@touchstone/contracts/http/attestation-hub';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { table } from '../terminal/style.js';
import { hubUrl, listNodes, type HubOptions } from './hub.js';

/** `touchstone nodes list`. */
export async function listCommand(
  options: HubOptions & { readonly json: boolean; readonly status?: string },
): Promise<ExitCode> {
  const nodes = await listNodes(hubUrl(options), options.status);
  process.stdout.write(options.json ? `${JSON.stringify({ nodes }, null, 2)}\n` : `${listing(nodes)}\n`);
  return exitCodes.ok;
}

function listing(nodes: readonly NodeAnswer[]): string {
  if (nodes.length === 0) return 'No nodes.';
  const rows = nodes.map((node) => [
    node.nodeId,
    node.stale ? `STALE, was ${node.judged}` : node.status,
    node.health,
    String(node.driftCount),
    String(node.spoofCount),
    node.blocked ? `blocked: ${node.reason}` : (node.reason ?? '-'),
    node.lastHeartbeat.at,
    node.lastSeen?.buildId ?? '-',
  ]);
  return table([
    ['NODE', 'STATUS', 'HEALTH', 'DRIFTS', 'SPOOFS', 'AGAINST IT', 'LAST HEARTBEAT', 'BUILD'],
    ...rows,
  ]);
}
