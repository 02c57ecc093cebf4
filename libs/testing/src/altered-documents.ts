/** One way to alter a document: where, how, and the altered text. */
export interface AlteredDocument {
  readonly name: string;
  readonly text: string;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

function* leaves(value: Json, path: readonly (string | number)[] = []): Generator<(string | number)[]> {
  if (typeof value !== 'object' || value === null) yield [...path];
  else for (const [name, item] of Object.entries(value)) yield* leaves(item, [...path, name]);
}

function altered(value: Json): Json {
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return 'x';
  // One character in the middle, changed within its own alphabet, so that the form stays right where it can.
  const at = Math.floor(value.length / 2);
  const character = value.charAt(at);
  const next = /[0-9]/.test(character) ? String((Number(character) + 1) % 10) : character === 'a' ? 'b' : 'a';
  return `${value.slice(0, at)}${next}${value.slice(at + 1)}`;
}

/** `count` alterations spread over all values of a JSON document; each changes exactly one value. */
export function alteredDocuments(text: string, count: number): AlteredDocument[] {
  const paths = [...leaves(JSON.parse(text) as Json)];
  const step = Math.max(1, paths.length / count);
  return Array.from({ length: Math.min(count, paths.length) }, (_, index) => {
    const path = paths[Math.floor(index * step)] as (string | number)[];
    const document = JSON.parse(text) as Json;
    let place = document as Record<string | number, Json>;
    for (const name of path.slice(0, -1)) place = place[name] as Record<string | number, Json>;
    const last = path.at(-1) as string | number;
    place[last] = altered(place[last] as Json);
    return { name: path.join('/'), text: JSON.stringify(document) };
  });
}
