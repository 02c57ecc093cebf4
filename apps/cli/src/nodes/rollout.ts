import type { RolloutAnswer } from '@touchstone/contracts/http/attestation-hub';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { table } from '../terminal/style.js';
import type { HubOptions } from './hub.js';
import { endRollout, listRollouts, operatedHub, startRollout } from './operate.js';

interface JsonOptions extends HubOptions {
  readonly json: boolean;
}

interface StartOptions extends JsonOptions {
  readonly build: string;
  readonly capabilities: string;
  readonly prefix?: string;
  readonly node: readonly string[];
  readonly seconds: number;
}

/** `touchstone nodes rollout start`. */
export async function startRolloutCommand(name: string, options: StartOptions): Promise<ExitCode> {
  const { build, capabilities, prefix, node, seconds } = options;
  if ((prefix === undefined) === (node.length === 0))
    throw new CommandError(exitCodes.usage, 'Give either --prefix, or --node once or more.');
  const rollout = await startRollout(operatedHub(options), name, {
    ...{ buildId: build, capabilityHash: capabilities, seconds },
    ...(prefix === undefined ? { nodes: [...node] } : { prefix }),
  });
  return print([rollout], rollout, options.json);
}

/** `touchstone nodes rollout end`. */
export async function endRolloutCommand(
  name: string,
  options: JsonOptions & { readonly cancel: boolean },
): Promise<ExitCode> {
  const rollout = await endRollout(operatedHub(options), name, options.cancel ? 'cancelled' : 'completed');
  return print([rollout], rollout, options.json);
}

/** `touchstone nodes rollout list`. */
export async function listRolloutsCommand(
  options: JsonOptions & { readonly only?: string },
): Promise<ExitCode> {
  const rollouts = await listRollouts(operatedHub(options), options.only);
  return print(rollouts, { rollouts }, options.json);
}

function print(rollouts: readonly RolloutAnswer[], whole: object, json: boolean): ExitCode {
  process.stdout.write(json ? `${JSON.stringify(whole, null, 2)}\n` : `${listing(rollouts)}\n`);
  return exitCodes.ok;
}

function listing(rollouts: readonly RolloutAnswer[]): string {
  if (rollouts.length === 0) return 'No rollouts.';
  const rows = rollouts.map(({ name, state, prefix, nodes, buildId, startedAt, endsAt, closedAt }) => [
    ...[name, state, prefix === undefined ? (nodes ?? []).join(' ') : `${prefix}*`],
    ...[buildId, startedAt, closedAt ?? endsAt],
  ]);
  return table([['ROLLOUT', 'STATE', 'NODES', 'BUILD', 'FROM', 'UNTIL'], ...rows]);
}
