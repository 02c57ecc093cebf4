import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { printableLine } from '../terminal/printable.js';
import type { HubOptions } from './hub.js';
import { operatedHub, quarantineNode, releaseNode } from './operate.js';

interface QuarantineOptions extends HubOptions {
  readonly json: boolean;
  readonly lift: boolean;
  readonly reason?: string;
}

/** `touchstone nodes quarantine`. */
export async function quarantineCommand(id: string, options: QuarantineOptions): Promise<ExitCode> {
  const { lift, reason } = options;
  if (lift && reason !== undefined)
    throw new CommandError(exitCodes.usage, 'Give either --reason or --lift.');
  const hub = operatedHub(options);
  const answer = await (lift ? releaseNode(hub, id) : quarantineNode(hub, id, reason ?? ''));
  const state = answer.quarantine === null ? 'in no quarantine' : 'in quarantine';
  process.stdout.write(
    options.json
      ? `${JSON.stringify(answer, null, 2)}\n`
      : `${printableLine(`${id} is ${state}, and ${answer.blocked ? 'blocked' : 'not blocked'}.`)}\n`,
  );
  return exitCodes.ok;
}
