/** Takes the place of a parameter that is no service's own: as plain as can be, and as odd as a URL allows. */
const plainValues = ['a', 'node-1', '0190a0a0-0000-7000-8000-000000000000', 'ab'.repeat(32)];
const oddValues = [
  '',
  '.',
  '..',
  '...',
  '~',
  '-',
  '*',
  ':id',
  '(a)',
  '{id}',
  'a:b',
  'a@b',
  'a;b=1',
  'a,b',
  'a+b',
  '$&',
  'a.json',
  'A%2Fb',
  '%2e%2e',
  '%2F',
  '%5C',
  '%3F',
  '%23',
  '%00',
  '%0A',
  '%20',
  '%25',
  '%2525',
  '%C3%A9',
  '%E2%84%AA',
  'a//b',
  'a/b',
  '/',
  'a\\b',
  'a#b',
  'a|b^c`d"e<f>',
  "a'b",
  'x'.repeat(4_000),
];

/** Other spellings of a path, and targets that hold it, most of which are not that path. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  'upper case': (path) => path.toUpperCase(),
  'a slash behind': (path) => `${path}/`,
  'two slashes behind': (path) => `${path}//`,
  'a slash in front': (path) => `/${path}`,
  'each slash twice': (path) => path.replaceAll('/', '//'),
  'a backslash in place of the last slash': (path) => path.replace(/\/([^/]*)$/, '\\$1'),
  'an encoded slash': (path) => path.replace(/\/([^/]*)$/, '%2F$1'),
  'an encoded letter': (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  'an encoded last character': (path) =>
    path.replace(/.$/, (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`),
  'one segment less': (path) => path.replace(/\/[^/]*$/, '') || '/',
  'one segment more': (path) => `${path}/more`,
  'one character more': (path) => `${path}x`,
  'a dot segment': (path) => path.replace(/\/([^/]*)$/, '/./$1'),
  'a parent segment': (path) => `${path}/../${path.split('/').at(-1) ?? ''}`,
  'a parameter of the last segment': (path) => `${path};v=1`,
  'an empty query': (path) => `${path}?`,
  'a query': (path) => `${path}?a=1&a=2&b[c]=/v1/x?y`,
  'a fragment': (path) => `${path}#x`,
  'an empty fragment': (path) => `${path}#`,
  'a fragment in front of the last segment': (path) => path.replace(/\/([^/]*)$/, '#/$1'),
  'a fragment behind the query': (path) => `${path}?a#b`,
  'a backslash and a fragment': (path) => `${path.replace(/\/([^/]*)$/, '\\$1')}#x`,
  'no-break space': (path) => `${path}\u00a0`,
  'a letter beyond ASCII': (path) => `${path}\u00e9`,
  'an absolute target': (path) => `http://elsewhere${path}`,
  'an absolute target in upper case': (path) => `HTTPS://ELSEWHERE:1${path}`,
  'an absolute target with a slash behind': (path) => `http://elsewhere${path}/`,
  'an absolute target with a query': (path) => `http://elsewhere${path}?a=1`,
  'an absolute target with a fragment': (path) => `http://elsewhere${path}#a`,
  'an absolute target with a backslash': (path) => `http://elsewhere${path.replace(/\/([^/]*)$/, '\\$1')}`,
  'an absolute target whose host ends with a backslash': (path) => `http://elsewhere\\${path.slice(1)}`,
  'an absolute target whose host has a semicolon': (path) => `http://a;b${path}`,
  'an absolute target with a user': (path) => `http://a:b@elsewhere${path}`,
  'an absolute target of an address': (path) => `http://[::1]:80${path}`,
  'an absolute target without a host': (path) => `http://${path}`,
  'an absolute target whose query comes first': (path) => `http://elsewhere?${path}`,
};

/** One way to ask for a path of a document. */
export interface Target {
  readonly how: string;
  readonly target: string;
}

/**
 * Targets for a path template of an OpenAPI document: with plain values, with odd ones, with the fixed segments of its neighbours in
 * place of its parameters, and the plain one in other spellings.
 *
 * @param neighbours the other templates of the document
 */
export function targetsOf(template: string, neighbours: readonly string[]): Target[] {
  const parameter = /\{[^}]+\}/g;
  const fill = (value: string) => template.replaceAll(parameter, () => value);
  const words = [
    ...new Set(neighbours.flatMap((path) => path.split('/').filter((part) => /^[a-z]/.test(part)))),
  ];
  const values = template.includes('{') ? [...plainValues, ...oddValues, ...words] : [''];
  const plain = fill('a');
  return [
    ...values.map((value) => ({ how: `with ${JSON.stringify(value.slice(0, 40))}`, target: fill(value) })),
    ...Object.entries(spellings).map(([how, spell]) => ({ how, target: spell(plain) })),
  ];
}
