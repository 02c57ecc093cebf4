import { describeConfig } from '../../libs/platform/dist/entries/config.js';
import { markdownPage, table } from './markdown.mjs';

/** docs/reference/config.md: every key of every service from its own schema. */
export function configPage(services) {
  const parts = services.flatMap(({ definition }) => {
    const rows = describeConfig(definition.configSchema).map((key) => [
      `\`${key.name}\``,
      key.type,
      key.required ? 'required' : key.default === undefined ? '' : `\`${key.default || '(empty)'}\``,
      `${key.doc}${key.secret ? ` Secret; also as \`${key.name}_FILE\`.` : ''}`,
    ]);
    return [`## ${definition.name}`, table(['key', 'type', 'default', 'meaning'], rows)];
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
