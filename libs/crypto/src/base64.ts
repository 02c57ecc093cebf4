const CHUNK = 0x8000;
const PADDED_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Writes bytes as padded base64 (RFC 4648 §4). */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(binary);
}

/**
 * Reads padded base64 (RFC 4648 §4). Missing padding, white space, the URL alphabet and unused bits that are not
 * zero are refused: each would be a second spelling of the same bytes.
 *
 * @returns the bytes, or `undefined` when the text is not canonical
 */
export function base64ToBytes(text: string): Uint8Array | undefined {
  if (!PADDED_BASE64.test(text)) return undefined;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return hasZeroTail(text) ? bytes : undefined;
}

/** Whether the bits of the last character that carry no data are zero. */
function hasZeroTail(text: string): boolean {
  if (text.endsWith('==')) return 'AQgw'.includes(text.charAt(text.length - 3));
  if (text.endsWith('=')) return 'AEIMQUYcgkosw048'.includes(text.charAt(text.length - 2));
  return true;
}
