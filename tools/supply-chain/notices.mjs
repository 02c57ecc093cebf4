// What licences ask to be handed on with the code of others: their texts, copyright lines and NOTICE files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TEXT_FILE = /^(?:(?:un)?licen[cs]e|copying|copyright|notice)/i;

/** The texts in a package's folder, in the order of their names. */
function textsOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXT_FILE.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

/** Who made a package, for those that bring no text. */
function authorOf({ author, repository }) {
  const name = typeof author === 'object' ? author.name : author;
  const home = typeof repository === 'object' ? repository.url : repository;
  return [name, home].filter((part) => part !== undefined && part !== '').join(', ');
}

/**
 * The notices of installed packages. Packages with the same texts share a section.
 *
 * @param lock the lock file, as lock.mjs reads it
 * @param folders of packages in the checkout, such as `node_modules/zod`
 */
export function noticesOf(root, lock, folders) {
  const sections = new Map();
  for (const folder of [...folders].sort()) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const { license } = lock.packages[folder];
    const title = `${manifest.name}@${manifest.version} (${license})`;
    const texts = textsOf(join(root, folder));
    const body =
      texts.length > 0
        ? texts.join('\n\n')
        : `The package has no text of its licence. It states ${license}; made by ${authorOf(manifest)}.`;
    sections.set(body, [...(sections.get(body) ?? []), title]);
  }
  const parts = [...sections].map(([body, titles]) => `${titles.join('\n')}\n\n${body}\n`);
  return ['Packages of others in this program, and their licences.\n', ...parts].join(
    `\n${'='.repeat(80)}\n`,
  );
}
