import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EVIDENCE_BYTES_MAX, type EvidenceBundle, type TrustFile } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import type { Exported } from '../export/exported.js';
import { exportToken } from '../export/token.js';
import { loadTrustFile } from '../load-trust-file.js';
import { requireBundle } from '../read-bundle.js';
import { readInput } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';
import { requireNoProblem } from '../terminal/problem.js';

type Exporter = (
  bundle: EvidenceBundle,
  network: string | undefined,
  trust: TrustFile | undefined,
) => Exported;

const exporters = { token: exportToken } as const satisfies Readonly<Record<string, Exporter>>;

/** The forms in which a part of a bundle can be written for other programs. */
export const exportForms = Object.keys(exporters) as readonly (keyof typeof exporters)[];

export interface ExportOptions {
  readonly as: (typeof exportForms)[number];
  readonly out: string;
  readonly network?: string;
  readonly trust?: string;
  readonly json: boolean;
}

/** `touchstone export`: writes an anchor in the form of the programs that know its kind; it judges nothing. */
export async function exportCommand(path: string, options: ExportOptions): Promise<ExitCode> {
  const text = await readInput(path, EVIDENCE_BYTES_MAX);
  requireNoProblem(text, path);
  const trust = options.trust === undefined ? undefined : await loadTrustFile(options.trust);
  const { files, command } = exporters[options.as](requireBundle(text), options.network, trust);
  await mkdir(options.out, { recursive: true });
  const written = files.map(({ name }) => join(options.out, name));
  for (const [place, { content }] of files.entries()) await writeNew(written[place] as string, content);
  const line = command.map((word) => (/[\s<>]/.test(word) ? `'${word}'` : word)).join(' ');
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ files: written, folder: options.out, command }, null, 2)}\n`
      : `${written.map(printableLine).join('\n')}\n\nNothing above was verified; run in ${printableLine(options.out)}:\n  ${printableLine(line)}\n`,
  );
  return exitCodes.ok;
}

/** A file that is there may be evidence of something else. */
async function writeNew(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(exitCodes.usage, `${file} exists already; name another folder with --out.`);
  }
}
