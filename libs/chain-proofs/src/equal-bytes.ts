/** Whether two byte strings are the same. Nothing secret is compared here, so it may stop at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
