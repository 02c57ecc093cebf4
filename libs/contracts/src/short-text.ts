/**
 * The beginning of a text of somebody else, at most `max` UTF-16 units. It never ends in half a character, which strict
 * JSON would refuse wherever the text goes next.
 */
export function shortText(text: string, max: number): string {
  return text.slice(0, max).toWellFormed();
}
