import { printable } from '../terminal/printable.js';

/** Markup that was made here. Only {@link html} makes it, and it escapes whatever is not markup already. */
export class Html {
  constructor(readonly text: string) {}
}

/** Longest text that is put into a page as it is; a bundle may carry megabytes. */
const TEXT_CHARACTERS = 4_096;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * Text for the content of an element or a quoted attribute. A bundle is made by somebody else: what could begin
 * markup is escaped, what could turn the direction of writing or hide is written out, what is too long is cut.
 */
function escapeText(text: string): string {
  const cut =
    text.length > TEXT_CHARACTERS
      ? `${text.slice(0, TEXT_CHARACTERS)}… (${text.length} characters in all)`
      : text;
  return printable(cut).replace(/[&<>"'`]/g, (character) => entities[character] ?? '');
}

type Part = Html | string | number | readonly Html[];

/** Makes markup of a template; every value that is not {@link Html} is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  const parts = values.map((value) => {
    if (value instanceof Html) return value.text;
    return Array.isArray(value)
      ? (value as readonly Html[]).map(({ text }) => text).join('')
      : escapeText(String(value));
  });
  return new Html(strings.map((text, index) => text + (parts[index] ?? '')).join(''));
}

/** Nothing. */
export const nothing = new Html('');
