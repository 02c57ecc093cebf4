const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** White space of JSON (RFC 8259, section 2). */
export function isJsonSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/**
 * Where the JSON value that begins at `start` ends. It counts brackets outside of strings and judges nothing else: what
 * it finds goes to the strict reader.
 *
 * @returns the place after the value; −1 when the text ends before, as it may for a number at the end
 */
export function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = closingQuote(text, index);
      if (index < 0) return -1;
      if (depth === 0) return index + 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (depth === 0) return index;
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (depth === 0 && (code === COMMA || isJsonSpace(code))) {
      return index;
    }
  }
  return -1;
}

function closingQuote(text: string, opening: number): number {
  let quote = opening;
  do quote = text.indexOf('"', quote + 1);
  while (quote >= 0 && isEscaped(text, quote));
  return quote;
}

function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (quote - first) % 2 === 1;
}
