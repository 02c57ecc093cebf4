import { describeConfig, describeJsonObjects } from '../../libs/platform/dist/entries/config.js';
import { markdownPage, table } from './markdown.mjs';

const COLUMNS = ['type', 'default', 'meaning'];

const row = (key) => [
  `\`${key.name}\``,
  key.type,
  key.required ? 'required' : key.default === undefined ? '' : `\`${key.default || '(empty)'}\``,
  `${key.doc}${key.secret ? ` Secret; also as \`${key.name}_FILE\`.` : ''}`,
];

/** docs/reference/config.md: every key of every service from its own schema, and every member of keys that are JSON. */
export function configPage(services) {
  const parts = services.flatMap(({ definition }) => {
    const { name, configSchema } = definition;
    const objects = describeJsonObjects(configSchema).flatMap(({ key, kind, members }) => [
      `### \`${key}\`${kind === undefined ? '' : `: objects of the kind \`${kind}\``}`,
      table(['member', ...COLUMNS], members.map(row)),
    ]);
    return [`## ${name}`, table(['key', ...COLUMNS], describeConfig(configSchema).map(row)), ...objects];
  });
  return markdownPage(
    'each service’s configSchema',
    'Configuration',
    'Services read their configuration from the environment alone. An unknown key that begins with `TOUCHSTONE_` is an ' +
      'error, so that a misspelt one cannot be ignored. A secret may be given as a file: `<key>_FILE` names it, and ' +
      'the file must not be readable by others. `node bundle/main.js --print-config` shows what a service would use, ' +
      'with secrets redacted; an invalid configuration ends the service with exit code 5.',
    ...parts,
  );
}
