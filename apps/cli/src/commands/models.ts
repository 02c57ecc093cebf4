import { exitCodes, type ExitCode } from '../exit-codes.js';
import { listModels, showModel, type ModelDetail, type ModelSummary } from '../stack/gateway.js';
import { formatAtomic } from '../stack/price.js';
import { requireStack } from '../stack/running-stack.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** Labels of one output that are shown. */
const SHOWN_LABELS = 10;

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

/** What a person wants to know of a model before asking it. */
export function describeModel(model: ModelDetail): string {
  const tensors = (kind: string, specs: ModelDetail['inputs']): string[][] =>
    specs.map(({ name, datatype, shape, labels }) => [
      kind,
      printableLine(
        `${name} ${datatype} ${shape ? JSON.stringify(shape) : 'of any shape'}${labels ? ` ${some(labels)}` : ''}`,
      ),
    ]);
  return table([
    ['model', model.id],
    ['name', `${model.name} ${model.version} by ${printableLine(model.developer)}`],
    ['description', printableLine(model.description)],
    ['status', model.status],
    ['price', model.price ? formatAtomic(model.price.amount) : 'free'],
    ...tensors('input', model.inputs),
    ...tensors('output', model.outputs),
    ['file', `${model.sizeBytes} bytes, SHA-256 ${model.modelHash}`],
    ['model version', model.modelVersionId],
    ['commitment', model.commitmentHash ?? 'not published yet'],
  ]);
}

function some(labels: readonly string[]): string {
  const more = labels.length > SHOWN_LABELS ? `, … ${labels.length} in all` : '';
  return `(${labels.slice(0, SHOWN_LABELS).join(', ')}${more})`;
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
