import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { describeModel } from '../stack/describe-model.js';
import { addModel, retireModel } from '../stack/operator-models.js';
import { parsePrice } from '../stack/price.js';
import { readSecret } from '../stack/read-secret.js';
import { requireStack } from '../stack/running-stack.js';
import { openInput, readInput } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';

/** Largest model that is sent; the gateway takes no larger one. */
export const MODEL_FILE_BYTES_MAX = 524_288_000;
/** Largest file beside a model that is read. */
export const MODEL_PART_BYTES_MAX = 33_554_432;
/** Largest file of labels that is read. */
export const LABELS_FILE_BYTES_MAX = 1_048_576;

export interface AddOptions {
  readonly name: string;
  readonly price: string;
  readonly version?: string;
  readonly developer?: string;
  readonly describe?: string;
  readonly licence?: string;
  readonly task?: string;
  readonly labels?: string;
  readonly outputType?: string;
  readonly imageInput?: string;
  readonly textInput?: string;
  readonly tokenizer?: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone models add`. */
export async function addModelCommand(file: string, options: AddOptions): Promise<ExitCode> {
  const priceAtomic = parsePrice(options.price).toString();
  const stack = requireStack(options.state);
  const { name, version, developer, describe: description, licence, task, outputType } = options;
  const given = Object.entries({ version, developer, description, licence, task, outputType }).filter(
    ([, value]) => value !== undefined,
  );
  const labels = options.labels === undefined ? {} : { labels: await readLabels(options.labels) };
  const settings = { name, priceAtomic, ...Object.fromEntries(given), ...labels };
  const token = operatorToken(options.state);
  const parts = await readParts(options);
  const model = await addModel(stack, token, settings, await openInput(file, MODEL_FILE_BYTES_MAX), parts);
  process.stdout.write(options.json ? `${JSON.stringify(model, null, 2)}\n` : `${describeModel(model)}\n`);
  if (!options.json)
    process.stderr.write(
      `\nAsk it: touchstone infer ${printableLine(model.id)} --input request.json --pay\n`,
    );
  return exitCodes.ok;
}

/** `touchstone models remove`. */
export async function removeModelCommand(
  id: string,
  options: { json: boolean; state: string },
): Promise<ExitCode> {
  const stack = requireStack(options.state);
  const model = await retireModel(stack, operatorToken(options.state), id);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(model, null, 2)}\n`
      : `${printableLine(model.id)} takes no more requests. What was proven with it stays.\n`,
  );
  return exitCodes.ok;
}

/** The files about pictures or texts, by the names of their parts. */
async function readParts({ imageInput, textInput, tokenizer }: AddOptions): Promise<Map<string, Uint8Array>> {
  const parts = new Map<string, Uint8Array>();
  for (const [name, path] of [
    ['image.json', imageInput],
    ['text-input.json', textInput],
    ['tokenizer.json', tokenizer],
  ] as const)
    if (path !== undefined) parts.set(name, await readInput(path, MODEL_PART_BYTES_MAX));
  return parts;
}

/** Labels from a JSON array, or from lines. */
async function readLabels(path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readInput(path, LABELS_FILE_BYTES_MAX));
  if (!text.trimStart().startsWith('[')) return text.replace(/\r?\n$/, '').split(/\r?\n/);
  try {
    return JSON.parse(text) as string[];
  } catch {
    throw new CommandError(exitCodes.usage, `${path} is neither a JSON array nor lines of labels.`);
  }
}

function operatorToken(stateDir: string): string {
  return readSecret(stateDir, 'operator', 'TOUCHSTONE_OPERATOR_TOKEN');
}
