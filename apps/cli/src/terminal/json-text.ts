/**
 * A value that was read from JSON as indented JSON, in which −0 keeps its sign, so that the numbers of an answer can be
 * asked again bit by bit. Like `JSON.stringify` with two spaces, which writes 0.
 */
export function jsonText(value: unknown, indent = ''): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isArray = Array.isArray(value);
  const parts = isArray
    ? value.map((element) => jsonText(element, inner))
    : Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${jsonText(member, inner)}`);
  const [open, close] = isArray ? '[]' : '{}';
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}
