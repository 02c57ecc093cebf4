import type { ModelSummary } from '@touchstone/contracts/http/inference-gateway';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { describeModel } from '../stack/describe-model.js';
import { listModels, showModel } from '../stack/gateway.js';
import { formatAtomic } from '../stack/price.js';
import { requireStack } from '../stack/running-stack.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** `touchstone models`. */
export async function modelsCommand(options: { json: boolean; state: string }): Promise<ExitCode> {
  const models = await listModels(requireStack(options.state));
  process.stdout.write(options.json ? `${JSON.stringify({ models }, null, 2)}\n` : `${listing(models)}\n`);
  return exitCodes.ok;
}

/** `touchstone models show`. */
export async function showModelCommand(
  id: string,
  options: { json: boolean; state: string },
): Promise<ExitCode> {
  const model = await showModel(requireStack(options.state), id);
  process.stdout.write(options.json ? `${JSON.stringify(model, null, 2)}\n` : `${describeModel(model)}\n`);
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
    printableLine(model.description),
  ]);
  return table([['MODEL', 'VERSION', 'STATUS', 'TASK', 'PRICE', 'VERSION ID', 'DESCRIPTION'], ...rows]);
}
