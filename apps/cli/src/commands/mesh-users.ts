import { natsUsersFile, natsUserTemplates } from '@touchstone/embedded';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';

/** What {@link meshUsersCommand} takes. */
export interface MeshUsersOptions {
  readonly node: readonly string[];
  readonly template: boolean;
}

/** `touchstone mesh users`: the users of the mesh for a NATS server of one's own. */
export async function meshUsersCommand({ node: nodes, template }: MeshUsersOptions): Promise<ExitCode> {
  if (template === nodes.length > 0)
    throw new CommandError(
      exitCodes.usage,
      'Name each node that a gateway runs on with --node, or ask for the --template of all of them.',
    );
  process.stdout.write(template ? `${JSON.stringify(natsUserTemplates(), null, 2)}\n` : natsUsersFile(nodes));
  return exitCodes.ok;
}
