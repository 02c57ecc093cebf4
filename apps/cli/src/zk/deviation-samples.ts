import { parseStrictJson } from '@touchstone/canonical-json';
import { DEVIATION_SAMPLES_MAX } from '@touchstone/contracts/circuit';
import type { IntegerInput } from '@touchstone/integer-model';
import { elementsOf } from '@touchstone/integer-model';
import { z } from 'zod';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';
import { printable } from '../terminal/printable.js';
import { sha256Hex } from './sha256-hex.js';

/** Most bytes of a file of samples. */
export const SAMPLES_BYTES_MAX = 33_554_432;

const values = z.array(z.number()).min(1);

/** As the held-out files of the sample models are: rows of one input, or of several by their names. Other members are for people. */
const samplesFile = z.object({
  rows: z
    .array(
      z.object({
        values: values.optional(),
        inputs: z.record(z.string(), values).optional(),
        label: z.number().int().min(0).optional(),
      }),
    )
    .min(1)
    .max(DEVIATION_SAMPLES_MAX),
});

/** One sample: the elements of each input in the order of the model's inputs, and what is right. */
export interface Sample {
  readonly inputs: readonly (readonly number[])[];
  readonly label?: number | undefined;
}

/**
 * Reads samples for the inputs of a model.
 *
 * @throws CommandError `io`, `configuration` naming the row that does not fit
 */
export async function readSamples(
  path: string,
  inputs: readonly Pick<IntegerInput, 'name' | 'shape'>[],
): Promise<{ readonly sha256: string; readonly samples: readonly Sample[] }> {
  const bytes = await readInput(path, SAMPLES_BYTES_MAX);
  const refuse = (why: string): CommandError =>
    new CommandError(exitCodes.configuration, `${path} ${printable(why)}`);
  const parsed = parseStrictJson(bytes, { maxBytes: SAMPLES_BYTES_MAX });
  if (!parsed.ok) throw refuse(`is not strict JSON: ${parsed.error.message}`);
  const file = samplesFile.safeParse(parsed.value);
  if (!file.success) throw refuse(`holds no samples:\n${z.prettifyError(file.error)}`);
  const samples = file.data.rows.map(({ values: only, inputs: named, label }, row) => ({
    label,
    inputs: inputs.map(({ name, shape }) => {
      const given = named?.[name] ?? (inputs.length === 1 ? only : undefined);
      const wanted = elementsOf(shape);
      if (given?.length !== wanted)
        throw refuse(
          `has ${given?.length ?? 'no'} values for the input ${name} in row ${row}, not ${wanted}.`,
        );
      return given;
    }),
  }));
  return { sha256: sha256Hex(bytes), samples };
}
