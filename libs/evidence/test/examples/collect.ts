import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The core libraries, whose exported functions carry examples. */
export const coreLibraries = [
  'canonical-json',
  'crypto',
  'merkle',
  'groth16',
  'chain-proofs',
  'event-batch',
  'evidence',
] as const;

/** A whole module that is shown to a reader. */
export interface Example {
  /** File and line of its first line. */
  readonly name: string;
  readonly code: string;
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Folders with a package, as paths from the root. */
export function packageFolders(): string[] {
  return ['apps', 'libs'].flatMap((group) =>
    readdirSync(`${root}${group}`, { recursive: false, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${group}/${entry.name}`),
  );
}

/** The README of a package, or `undefined`. */
export function readmeOf(folder: string): string | undefined {
  const names = readdirSync(`${root}${folder}`);
  return names.includes('README.md') ? readFileSync(`${root}${folder}/README.md`, 'utf8') : undefined;
}

/** The ` ```ts ` blocks of a page. */
export function blocksOf(path: string, text: string): Example[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ index, 1: code = '' }) => ({
    name: `${path}:${lineAt(text, index) + 1}`,
    code,
  }));
}

/** What stands behind each `@example` up to the next tag; the code is empty when that is not one ` ```ts ` block. */
export function tsdocExamplesOf(path: string, text: string): Example[] {
  return [...text.matchAll(/^ *\/\*\*\n[\s\S]*?\*\/$/gm)].flatMap(({ index: start, 0: comment }) =>
    [...comment.matchAll(/^ *\* @example\b(?:(?!^ *\* @)[\s\S])*/gm)].map(({ index, 0: section }) => {
      const written = section.replaceAll(/^ *\* ?|\/$/gm, '');
      const [block, ...others] = [...written.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
        ([, code = '']) => code,
      );
      return {
        name: `${path}:${lineAt(text, start + index)}`,
        code: others.length === 0 && block !== undefined ? block : '',
      };
    }),
  );
}

/** The examples of every source file of a library. */
export function libraryExamples(library: string): Example[] {
  const folder = `libs/${library}/src`;
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .sort()
    .flatMap((file) =>
      tsdocExamplesOf(`${folder}/${file}`, readFileSync(`${root}${folder}/${file}`, 'utf8')),
    );
}

/** True when an example states a result, so that a wrong one fails. */
export function statesResult({ code }: Example): boolean {
  return /\bassert(?:\.\w+)?\(/.test(code);
}
