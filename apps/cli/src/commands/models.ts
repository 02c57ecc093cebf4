import { exitCodes, type ExitCode } from '../exit-codes.js';
import { listModels, showModel, type ModelSummary } from '../stack/gateway.js';
import { requireStack } from '../stack/running-stack.js';
import { table } from '../terminal/style.js';

/** `touchstone models [id]`. */
export async function modelsCommand(
  id: string | undefined,
  options: { json: boolean; state: string },
): Promise<ExitCode> {
  const stack = requireStack(options.state);
  if (id !== undefined) {
    process.stdout.write(`${JSON.stringify(await showModel(stack, id), null, 2)}\n`);
    return exitCodes.ok;
  }
  const models = await listModels(stack);
  process.stdout.write(options.json ? `${JSON.stringify({ models }, null, 2)}\n` : `${listing(models)}\n`);
  return exitCodes.ok;
}

function listing(models: readonly ModelSummary[]): string {
  const rows = models.map((model) => [
    model.id,
    model.version,
    model.status,
    model.task,
    model.price ? formatAtomic(model.price.amount) : 'free',
    model.modelVersionId.slice(0, 16),
    model.description,
  ]);
  return table([['MODEL', 'VERSION', 'STATUS', 'TASK', 'PRICE', 'VERSION ID', 'DESCRIPTION'], ...rows]);
}

/** Atomic units of a token with six decimals, as a person writes them. */
export function formatAtomic(amount: string | bigint): string {
  const digits = amount.toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)} USDC`;
}
