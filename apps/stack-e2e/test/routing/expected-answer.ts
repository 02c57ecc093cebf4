import { REQUEST_TARGET_CHARACTERS_MAX } from '@touchstone/platform/http';

/** The paths of an OpenAPI document. */
export type DocumentedPaths = Readonly<
  Record<string, Readonly<Record<string, { readonly operationId: string }>>>
>;

/**
 * What a service answers to a request by its OpenAPI document alone: status, and the operation that is reached or the methods in
 * `Allow`. A path is compared as it was sent; of several templates the one counts that spells out more.
 */
export function expectedAnswer(paths: DocumentedPaths, method: string, target: string): string {
  if (target.length > REQUEST_TARGET_CHARACTERS_MAX) return '414';
  const path = pathOf(target);
  if (path === undefined) return '400';
  const [template] = Object.keys(paths)
    .filter((candidate) => patternOf(candidate).test(path))
    .sort((left, right) => (rankOf(left) < rankOf(right) ? -1 : 1));
  const operations = template === undefined ? undefined : paths[template];
  if (operations === undefined) return '404';
  const documented = Object.keys(operations).map((name) => name.toUpperCase());
  const allow = [...documented, 'OPTIONS', ...(documented.includes('GET') ? ['HEAD'] : [])].sort();
  if (method === 'OPTIONS') return `204 ${allow.join(', ')}`;
  const operation = operations[(method === 'HEAD' ? 'GET' : method).toLowerCase()];
  // A handler with several paths is counted: all of them reach the same.
  const handler = operation?.operationId.replace(/_[0-9]+$/, '');
  return handler === undefined ? `405 ${allow.join(', ')}` : `200 ${handler}`;
}

/** The path of a target that has one reading; undefined of any other. */
function pathOf(target: string): string | undefined {
  const parts = /^(?:https?:\/\/[^/?#@\\]+(?=[/?]|$))?(?<path>\/[^?#\\]*)?(?:\?[^#\\]*)?$/i.exec(target);
  if (parts === null || target.startsWith('?') || !isPlain(target)) return undefined;
  return parts.groups?.['path'] ?? '/';
}

/** ASCII with whole percent-encoding. */
function isPlain(text: string): boolean {
  if (/[^\x21-\x7e]/.test(text)) return false;
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

/** A template with one segment, which is not empty, for each parameter; a slash may stand behind. */
function patternOf(template: string): RegExp {
  const pattern = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${pattern}/?$`, 'i');
}

/** Text before parameter, from the left. */
function rankOf(template: string): string {
  return template
    .split('/')
    .map((segment) => (segment.startsWith('{') ? '1' : '0'))
    .join('');
}
