/**
 * Text from elsewhere as it may go to a terminal: control and format characters, which could move the cursor or fake
 * lines of ours, are written out. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** As {@link printable}, on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n]+/g, ' '));
}
