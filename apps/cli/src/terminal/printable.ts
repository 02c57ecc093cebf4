import { withoutInvisible } from '@touchstone/contracts';

/**
 * Text from elsewhere as it may go to a terminal: what could move the cursor, turn the direction of writing or fake lines
 * of ours is written out. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[^\n\t]+/g, withoutInvisible);
}

/** As {@link printable}, on one line. */
export function printableLine(text: string): string {
  return withoutInvisible(text.replace(/[\t\n]+/g, ' '));
}
