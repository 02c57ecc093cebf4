// The README of the chart: every value with its default and the comment above it in values.yaml.
import { readFileSync } from 'node:fs';
import { isMap, isPair, parseDocument } from 'yaml';
import { markdownPage, table } from './markdown.mjs';

const MORE = 'config';

/** Rows `[path, default, comment]` of a map; what is a map of its own has rows of its own, unless it is empty. */
function rowsOf(map, above = '') {
  return map.items.filter(isPair).flatMap(({ key, value }, index) => {
    const path = above === '' ? key.value : `${above}.${key.value}`;
    // What stands above the first key belongs to the map.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const text = (comment ?? '').replace(/\s*\n\s*/g, ' ').trim();
    if (isMap(value) && value.items.length > 0 && key.value !== MORE) {
      const own = rowsOf(value, path);
      return text === '' ? own : [[`\`${path}\``, '', text], ...own];
    }
    const shown = JSON.stringify(value?.toJSON?.() ?? null);
    return [[`\`${path}\``, `\`${shown}\``, text]];
  });
}

/** @param names the services, whose values have the same fields: those of the first stand for all */
export function chartReadme(chart, names) {
  const values = parseDocument(readFileSync(`${chart}/values.yaml`, 'utf8')).contents;
  const [first, ...others] = names.map((name) => `services.${name}.`);
  const rows = rowsOf(values).filter(([path]) => !others.some((prefix) => path.startsWith(`\`${prefix}`)));
  return markdownPage(
    'values.yaml',
    'The chart touchstone',
    'Touchstone on Kubernetes. [docs/install.md](../../../docs/install.md) leads from an empty cluster to a verified bundle, and ' +
      '[UPGRADING.md](UPGRADING.md) from one version to the next. What the schema of the values does not know is refused, and what ' +
      'contradicts itself is refused with a sentence that says what to change.',
    '## Values',
    `The keys of \`config\` are those of [docs/reference/config.md](../../../docs/reference/config.md). Every service has the fields ` +
      `that stand here for \`${first.slice(0, -1)}\`.`,
    table(['value', 'default', 'meaning'], rows),
  );
}
