import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { limitEffects } from './limit-effects.mjs';
import { markdownPage, table } from './markdown.mjs';

const LIMIT_NAME = /^[A-Z][A-Z0-9_]*_(?:MAX(?:_[A-Z]+)?|MS)$/;
/** Test machinery is not a limit of the product. */
const LEFT_OUT = new Set(['libs/testing']);

/** docs/reference/limits.md: every exported limit with its value, from the sources themselves. */
export function limitsPage(root) {
  const parts = sourceFolders(root).flatMap((folder) => {
    const rows = sources(join(root, folder, 'src'))
      .flatMap((file) => limitsOf(file).map((limit) => ({ ...limit, file: file.slice(root.length) })))
      .map(({ name, value, meaning, file }) => [
        `\`${name}\``,
        value,
        meaning,
        limitEffects[name] ?? '',
        `\`${file.slice(folder.length + 1)}\``,
      ]);
    return rows.length === 0
      ? []
      : [`## ${folder}`, table(['constant', 'value', 'what it bounds', 'above it', 'where'], rows)];
  });
  return markdownPage(
    'the exported constants of libs/*/src and apps/*/src',
    'Limits',
    'Every queue, body, path, retry, cache and wait has a limit with a name. Sizes are bytes or counts, times are ' +
      'milliseconds. Limits that an operator may change are keys in [config.md](config.md); the constant is then the ' +
      'default. What is not stated under "above it" is a pace or a wait rather than a bound.',
    ...parts,
  );
}

/** Every exported limit with the folder of its project. */
export function exportedLimits(root) {
  return sourceFolders(root).flatMap((folder) =>
    sources(join(root, folder, 'src')).flatMap((file) =>
      limitsOf(file).map(({ name }) => ({ folder, name })),
    ),
  );
}

function sourceFolders(root) {
  return ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => `${group}/${name}`)
      .filter((folder) => !LEFT_OUT.has(folder) && existsSync(join(root, folder, 'src'))),
  );
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function limitsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements
    .filter((statement) => ts.isVariableStatement(statement) && isExported(statement))
    .flatMap((statement) =>
      statement.declarationList.declarations
        .filter(({ name }) => ts.isIdentifier(name) && LIMIT_NAME.test(name.text))
        .map(({ name, initializer }) => ({
          name: name.text,
          value: valueText(initializer),
          meaning: documentation(statement),
        })),
    );
}

function isExported(statement) {
  return statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** The value as the source writes it, with digits grouped the way a reader groups them. */
function valueText(initializer) {
  return initializer
    .getText()
    .replaceAll('_000', ',000')
    .replace(/(?<=\d)_(?=\d)/g, ',');
}

/** The first sentence of the TSDoc. */
function documentation(statement) {
  const text = ts
    .getJSDocCommentsAndTags(statement)
    .map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? '')
    .join(' ')
    .replace(/\s+/g, ' ');
  return /^.*?[.;](?=\s|$)/.exec(text)?.[0].replace(/;$/, '.') ?? text;
}
