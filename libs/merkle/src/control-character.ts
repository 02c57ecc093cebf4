const SPACE = 0x20;
const NEWLINE = 0x0a;

/** True when the text has an ASCII control character (below U+0020) other than the newline. */
export function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < SPACE && code !== NEWLINE) return true;
  }
  return false;
}
