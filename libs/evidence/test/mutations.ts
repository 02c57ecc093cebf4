/** Any JSON value, as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | Json[] | { readonly [key: string]: Json };

/** What is done to one place of a document. */
export type MutationKind =
  | 'delete'
  | 'retype'
  | 'character'
  | 'case'
  | 'number-form'
  | 'hex-form'
  | 'base64-form'
  | 'swap'
  | 'reverse'
  | 'element-twice'
  | 'unknown-member'
  | 'member-case'
  | 'member-twice';

/** One changed document, as text: some changes (a member twice, `5.0`) have no value of their own. */
export interface Mutation {
  /** JSON pointer of the changed place. */
  readonly pointer: string;
  readonly kind: MutationKind;
  readonly text: string;
}

const HEX = /^(?:0x)?[0-9a-f]+$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Names that a careless reader takes for something else than a member. */
const UNKNOWN_MEMBERS = ['surplus', '__proto__', 'constructor', 'toString', ''];
const PLACEHOLDER = '\u0001place\u0001';
const PLACEHOLDER_TEXT = JSON.stringify(PLACEHOLDER);

/** Every place of a document with its value, the root first. */
export function* places(value: Json, pointer = ''): Generator<{ pointer: string; value: Json }> {
  yield { pointer, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    yield* places(member as Json, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

/** The value at a pointer, `undefined` where there is none. */
export function valueAt(root: Json, pointer: string): Json | undefined {
  return keysOf(pointer).reduce<Json | undefined>(
    (value, key) => (value as Record<string, Json> | null | undefined)?.[key],
    root,
  );
}

/** The document with the text `raw` in one place. */
export function textWith(root: Json, pointer: string, raw: string): string {
  const text = JSON.stringify(change(root, keysOf(pointer), () => PLACEHOLDER));
  return text.replace(PLACEHOLDER_TEXT, () => raw);
}

/** The document without one member or element. */
export function textWithout(root: Json, pointer: string): string {
  return JSON.stringify(change(root, keysOf(pointer), () => undefined));
}

function keysOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function change(value: Json, keys: readonly string[], next: () => Json | undefined): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return next();
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      String(index) === key ? (change(item, rest, next) ?? []) : [item],
    );
  }
  const object = value as Record<string, Json>;
  const { [key]: old, ...others } = object;
  const changed = change(old as Json, rest, next);
  return changed === undefined ? others : { ...object, [key]: changed };
}

/**
 * Every change of a catalogue, made at every place of a document.
 *
 * @param other a second document of the same schema, whose values are put in place of this one's
 */
export function* mutations(root: Json, other: Json): Generator<Mutation> {
  let place = '';
  let seen = new Set([JSON.stringify(root)]);
  for (const mutation of everyMutation(root, other)) {
    if (mutation.pointer !== place) seen = new Set([JSON.stringify(root)]);
    place = mutation.pointer;
    const { size } = seen;
    if (seen.add(mutation.text).size > size) yield mutation;
  }
}

function* everyMutation(root: Json, other: Json): Generator<Mutation> {
  for (const { pointer, value } of places(root)) {
    const put = (kind: MutationKind, raw: string): Mutation => ({
      pointer,
      kind,
      text: textWith(root, pointer, raw),
    });
    if (pointer !== '') {
      yield { pointer, kind: 'delete', text: textWithout(root, pointer) };
      const theirs = valueAt(other, pointer);
      if (theirs !== undefined) yield put('swap', JSON.stringify(theirs));
    }
    for (const raw of otherTypes(value)) yield put('retype', raw);
    yield* ofValue(value, put);
  }
}

type Put = (kind: MutationKind, raw: string) => Mutation;

function ofValue(value: Json, put: Put): Iterable<Mutation> {
  if (typeof value === 'string') return ofString(value, put);
  if (typeof value === 'number') return ofNumber(value, put);
  if (Array.isArray(value)) return ofArray(value, put);
  if (typeof value === 'object' && value !== null) return ofObject(value, put);
  return typeof value === 'boolean' ? [put('character', String(!value))] : [];
}

function otherTypes(value: Json): string[] {
  const samples = ['null', 'true', '0', '1', '""', '[]', '{}', JSON.stringify([value])];
  return samples.filter((raw) => typeName(JSON.parse(raw) as Json) !== typeName(value));
}

function typeName(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return value === null ? 'null' : typeof value;
}

function* ofString(value: string, put: Put): Generator<Mutation> {
  const quoted = (kind: MutationKind, text: string): Mutation => put(kind, JSON.stringify(text));
  const places = [0, value.length >> 1, (value.length * 7) >> 3, value.length - 1].filter((at) => at >= 0);
  for (const at of new Set(places)) {
    for (const bit of [1, 64]) yield quoted('character', flipped(value, at, bit));
    yield quoted('character', value.slice(0, at) + value.slice(at + 1));
  }
  for (const edge of [' ', '\n', '\0', '0', '\u200b']) {
    yield quoted('character', value + edge);
    yield quoted('character', edge + value);
  }
  yield quoted('character', '');
  yield quoted('case', value.toUpperCase());
  yield quoted('case', value.toLowerCase());
  if (HEX.test(value)) {
    const forms = [
      `0x${value}`,
      value.replace(/^0x/, ''),
      `00${value}`,
      value.slice(2),
      value.slice(1),
      `${value}g`,
    ];
    for (const form of forms) yield quoted('hex-form', form);
  }
  if (BASE64.test(value) && value.length % 4 === 0) {
    const forms = [
      value.replace(/=+$/, ''),
      `${value}=`,
      `${value}====`,
      urlAlphabet(value),
      withLooseBits(value),
    ];
    for (const form of forms) yield quoted('base64-form', form);
  }
}

/** A string with one bit of one of its UTF-16 code units changed. */
export function flipped(value: string, at: number, bit: number): string {
  return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ bit) + value.slice(at + 1);
}

const urlAlphabet = (value: string): string => value.replaceAll('+', '-').replaceAll('/', '_');

/** The same bytes with a bit set that canonical base64 leaves zero. */
function withLooseBits(value: string): string {
  return value.replace(/([AQgwEIMUYcko048])(=+)$/, (_, last: string, padding: string) => {
    return String.fromCharCode(last.charCodeAt(0) + 1) + padding;
  });
}

function* ofNumber(value: number, put: Put): Generator<Mutation> {
  for (const other of [value + 1, value - 1, -value, value + 0.5, 2 ** 53 - 1, value === 0 ? 7 : 0]) {
    yield put('character', String(other));
  }
  const forms = [
    `${value}.0`,
    `${value}e0`,
    `${value}0e-1`,
    `0${value}`,
    `+${value}`,
    `0x${value}`,
    `${value}n`,
  ];
  for (const form of [...forms, '1e999', '9007199254740993', 'NaN']) yield put('number-form', form);
}

function* ofArray(value: readonly Json[], put: Put): Generator<Mutation> {
  yield put('reverse', JSON.stringify([...value].reverse()));
  const [first] = value;
  if (first !== undefined) yield put('element-twice', JSON.stringify([...value, first]));
}

function* ofObject(value: { readonly [key: string]: Json }, put: Put): Generator<Mutation> {
  const members = JSON.stringify(value).slice(1, -1);
  const separator = members === '' ? '' : ',';
  for (const name of UNKNOWN_MEMBERS) {
    yield put('unknown-member', `{${members}${separator}${JSON.stringify(name)}:1}`);
    yield put('unknown-member', `{${JSON.stringify(name)}:{"x":1}${separator}${members}}`);
  }
  for (const [key, member] of Object.entries(value)) {
    const twice = `${JSON.stringify(key)}:${JSON.stringify(member)}`;
    yield put('member-twice', `{${members},${twice}}`);
    yield put('member-twice', `{${twice.replace(/^"(.)/, escapedFirst)},${members}}`);
    const renamed = Object.entries(value).map(([name, item]) => [
      name === key ? name.toUpperCase() : name,
      item,
    ]);
    yield put('member-case', JSON.stringify(Object.fromEntries(renamed)));
  }
}

/** The same name in another spelling, so that only a reader of names, not of bytes, sees it twice. */
function escapedFirst(_match: string, first: string): string {
  return `"\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
