import { randomInt } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EVIDENCE_BYTES_MAX } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { requireBundle } from '../read-bundle.js';
import { replayBundle, type Replay, type ReplayedModel } from '../replay/replay-bundle.js';
import { readInput } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';
import { requireDisclosed, requireModelFile } from '../zk/provable-output.js';
import { readCircuit } from '../zk/read-circuit.js';

/** Most bytes of a model file. */
const MODEL_BYTES_MAX = 268_435_456;
const PERCENT = 100;
/** Parts of a percent that a sample is drawn by. */
const DRAW_STEPS = 1_000_000;

export interface ReplayOptions {
  readonly model: string;
  readonly circuit?: string;
  readonly tolerance: string;
  readonly sample: number;
  readonly json: boolean;
}

interface Report {
  readonly file: string;
  readonly replay?: Replay;
  /** Why it was not run again. */
  readonly refused?: string;
}

const words = {
  same: 'Same, bit by bit: L3 by you, since this machine ran it again.',
  close: 'The same within the tolerance: L3 by you, since this machine ran it again.',
  different: 'DIFFERENT: the model does not give the signed output for the disclosed input.',
} as const;

/** `touchstone replay`: whoever holds the model runs a call again; the verdict is theirs, and in no bundle. */
export async function replayCommand(paths: readonly string[], options: ReplayOptions): Promise<ExitCode> {
  const tolerance = Number(options.tolerance);
  if (!(tolerance >= 0)) throw new CommandError(exitCodes.usage, '--tolerance: expected a number from 0 on.');
  const files = await bundleFiles(paths);
  const drawn = files.filter(() => randomInt(PERCENT * DRAW_STEPS) < options.sample * DRAW_STEPS);
  const model: ReplayedModel = {
    path: resolve(options.model),
    file: await readInput(options.model, MODEL_BYTES_MAX),
    circuit: options.circuit === undefined ? undefined : await readCircuit(options.circuit),
  };
  const reports: Report[] = [];
  for (const file of drawn) reports.push(await reportOn(file, model, tolerance, files.length === 1));
  const count = (wanted: (report: Report) => boolean): number => reports.filter(wanted).length;
  const summary = {
    ...{ given: files.length, replayed: count(({ replay }) => replay !== undefined) },
    same: count(({ replay }) => replay?.result === 'same'),
    close: count(({ replay }) => replay?.result === 'close'),
    different: count(({ replay }) => replay?.result === 'different'),
    refused: count(({ refused }) => refused !== undefined),
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ schema: 'touchstone.replay.v1', ...summary, tolerance, reports }, null, 2)}\n`
      : `${[...reports.map(lineOf), ...(files.length > 1 ? [summaryLine(summary)] : [])].join('\n')}\n`,
  );
  return summary.different + summary.refused === 0 ? exitCodes.ok : exitCodes.invalid;
}

async function bundleFiles(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const isFolder = path !== '-' && (await stat(path).catch(() => undefined))?.isDirectory() === true;
      if (!isFolder) return [path];
      const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
      return names.map((name) => join(path, name));
    }),
  );
  const files = found.flat();
  if (files.length === 0) throw new CommandError(exitCodes.io, `${paths.join(', ')} holds no *.json.`);
  return files;
}

/** Of several, one that cannot be run again is told and does not hide the others. */
async function reportOn(
  file: string,
  model: ReplayedModel,
  tolerance: number,
  isOnly: boolean,
): Promise<Report> {
  try {
    const bundle = requireDisclosed(requireBundle(await readInput(file, EVIDENCE_BYTES_MAX)));
    requireModelFile(bundle, model.path, model.file);
    return { file, replay: await replayBundle(bundle, model, tolerance) };
  } catch (error) {
    if (isOnly || !(error instanceof CommandError)) throw error;
    return { file, refused: error.message };
  }
}

function lineOf({ file, replay, refused }: Report): string {
  const head = printableLine(file);
  if (replay === undefined) return `${head}: refused: ${printableLine(refused ?? '')}`;
  const how = replay.circuit === 'bundle' ? ', by the circuit that the bundle itself names' : '';
  const by = replay.runtime ? `, by ${replay.runtime.name} on ${replay.runtime.processor}` : '';
  const details = replay.outputs.map(
    ({ name, elements, largestDifference }) =>
      `  ${printableLine(name)}: ${elements} elements, ` +
      (largestDifference === null ? 'another shape or datatype' : `largest difference ${largestDifference}`),
  );
  return [
    `${head}: ${words[replay.result]}`,
    `  in ${replay.arithmetic}s${how}${printableLine(by)}`,
    ...details,
  ].join('\n');
}

function summaryLine(summary: Readonly<Record<string, number>>): string {
  const { given, replayed, same, close, different, refused } = summary;
  return `${replayed} of ${given} replayed: ${same} the same, ${close} within the tolerance, ${different} different, ${refused} refused.`;
}
