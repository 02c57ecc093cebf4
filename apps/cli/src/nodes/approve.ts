import type { BaselineRequest } from '@touchstone/contracts/http/attestation-hub';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { printableLine } from '../terminal/printable.js';
import type { HubOptions } from './hub.js';
import { approveBuild, operatedHub } from './operate.js';

interface ApproveOptions extends HubOptions {
  readonly json: boolean;
  readonly current: boolean;
  readonly build?: string;
  readonly capabilities?: string;
}

/** `touchstone nodes approve`. */
export async function approveCommand(id: string, options: ApproveOptions): Promise<ExitCode> {
  const answer = await approveBuild(operatedHub(options), id, buildOf(options));
  const builds = answer.builds.map(({ buildId, capabilityHash }) => `${buildId} ${capabilityHash}`);
  const right = [...(answer.firstSeenCounts ? ['the first one'] : []), ...builds].join(', ');
  process.stdout.write(
    options.json
      ? `${JSON.stringify(answer, null, 2)}\n`
      : `${printableLine(`${id}: these builds are right: ${right}`)}\n`,
  );
  return exitCodes.ok;
}

function buildOf({ current, build, capabilities }: ApproveOptions): BaselineRequest {
  if (current && build === undefined && capabilities === undefined) return { current: true };
  if (!current && build !== undefined && capabilities !== undefined)
    return { buildId: build, capabilityHash: capabilities };
  throw new CommandError(exitCodes.usage, 'Give either --current, or --build and --capabilities.');
}
