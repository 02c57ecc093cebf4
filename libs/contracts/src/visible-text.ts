import { z } from 'zod';

/**
 * Format characters (Unicode's Cf) that ordinary spelling needs: the joiners of Persian, Indic scripts and emoji, the vowel
 * separator of Mongolian, and the number and verse signs of Arabic, Syriac and Kaithi, which are seen. All others are
 * invisible or turn the direction of writing.
 */
const SPELLING =
  '\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\p{Join_Control}\\u{110bd}\\u{110cd}';

/** Control, format, private and unassigned characters, halves of characters, and separators of lines and paragraphs. */
const INVISIBLE = '\\p{C}\\p{Zl}\\p{Zp}';

const visible = new RegExp(`^(?:[^${INVISIBLE}]|[${SPELLING}])*$`, 'u');
const invisible = new RegExp(`(?![${SPELLING}])[${INVISIBLE}]`, 'gu');

/**
 * Text that others will see in lists, terminals and pages: what is printed, the joiners that its spelling needs, and spaces.
 * Nothing in it moves a cursor, begins a line, turns the direction of writing or hides. What is assigned depends on the
 * Unicode version of the engine, so that a character of this year may be refused by an older Node.
 *
 * @param charactersMax most Unicode code points, which is what zod and Python count
 */
export const visibleText = (charactersMax: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(visible, 'expected text without control characters, and without invisible ones but joiners');

/**
 * Text of somebody else with everything written out that {@link visibleText} does not take, as `\u001b` or `\u{e0041}`,
 * line ends and tabs included: whatever it says, it stays on its line and in its direction.
 */
export function withoutInvisible(text: string): string {
  return text.replace(invisible, (character) => {
    const hex = (character.codePointAt(0) as number).toString(16);
    return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
  });
}
