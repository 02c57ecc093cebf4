import type { Files } from '../files.js';
import { ProverError } from '../prover-error.js';

/** Most sections of a file; those of the formats have at most 14. */
const SECTIONS_MAX = 32;
const FILE_HEAD_BYTES = 12;
const SECTION_HEAD_BYTES = 12;

/** Where a section of a file lies. */
export interface Section {
  readonly at: number;
  readonly bytes: number;
}

/**
 * The sections of a file in iden3's binary format (letters, version, sections of type, size and content), by type.
 *
 * @throws ProverError `set-up-invalid` for a file of another kind, a cut one, and one with a section twice
 */
export async function readSections(
  files: Files,
  path: string,
  letters: 'zkey' | 'ptau',
): Promise<ReadonlyMap<number, Section>> {
  const head = viewOf(await files.readPart(path, 0, FILE_HEAD_BYTES));
  const isKind = head.byteLength === FILE_HEAD_BYTES && lettersOf(head) === letters;
  if (!isKind) throw invalid(path, `is no ${letters} file`);
  const count = head.getUint32(8, true);
  if (count > SECTIONS_MAX) throw invalid(path, `has ${count} sections`);
  const size = await files.size(path);
  const sections = new Map<number, Section>();
  let at = FILE_HEAD_BYTES;
  for (let index = 0; index < count; index += 1) {
    const section = viewOf(await files.readPart(path, at, SECTION_HEAD_BYTES));
    if (section.byteLength < SECTION_HEAD_BYTES) throw invalid(path, 'ends too early');
    const type = section.getUint32(0, true);
    const bytes = Number(section.getBigUint64(4, true));
    at += SECTION_HEAD_BYTES;
    if (bytes > size - at) throw invalid(path, 'ends too early');
    if (sections.has(type)) throw invalid(path, `has the section ${type} twice`);
    sections.set(type, { at, bytes });
    at += bytes;
  }
  return sections;
}

/** A section's content. @throws ProverError `set-up-invalid` when there is none or it is larger than `bytesMax` */
export async function readSection(
  files: Files,
  path: string,
  { sections, type, bytesMax }: { sections: ReadonlyMap<number, Section>; type: number; bytesMax: number },
): Promise<DataView> {
  const section = sections.get(type);
  if (section === undefined || section.bytes > bytesMax)
    throw invalid(path, `has no section ${type} of at most ${bytesMax} bytes`);
  return viewOf(await files.readPart(path, section.at, section.bytes));
}

export const invalid = (path: string, what: string): ProverError =>
  new ProverError('set-up-invalid', `${path} ${what}.`);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const lettersOf = (head: DataView): string =>
  String.fromCharCode(...Array.from({ length: 4 }, (_, index) => head.getUint8(index)));
