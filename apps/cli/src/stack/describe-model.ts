import type { ModelDetail } from '@touchstone/contracts/http/inference-gateway';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';
import { formatAtomic } from './price.js';

/** Labels of one output that are shown. */
const SHOWN_LABELS = 10;

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
    ...(model.inputType === undefined || model.inputType === 'tensor' ? [] : [['takes', model.inputType]]),
    ...tensors('input', model.inputs),
    ...(model.features ?? []).map(({ name, minimum, maximum, description }) => [
      'feature',
      printableLine(`${name} ${minimum} to ${maximum}${description === undefined ? '' : `: ${description}`}`),
    ]),
    ...tensors('output', model.outputs),
    ...(model.outputType === undefined ? [] : [['answers with', model.outputType]]),
    ['file', `${model.sizeBytes} bytes, SHA-256 ${model.modelHash}`],
    ['model version', model.modelVersionId],
    ['commitment', model.commitmentHash ?? 'not published yet'],
  ]);
}

function some(labels: readonly string[]): string {
  const more = labels.length > SHOWN_LABELS ? `, … ${labels.length} in all` : '';
  return `(${labels.slice(0, SHOWN_LABELS).join(', ')}${more})`;
}
