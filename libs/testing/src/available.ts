/**
 * The policy for what a machine may lack: with `CI` set it is an error, so that a run without it can never pass for a
 * run with it; on a user's machine the tests that need it are skipped, and the reason is printed.
 *
 * @param remedy what is missing, and what to install or to set
 * @returns whether it is there
 */
export function available(isPresent: boolean, remedy: string): boolean {
  if (isPresent) return true;
  if (process.env['CI']) throw new Error(remedy);
  process.stderr.write(`Tests are skipped: ${remedy}\n`);
  return false;
}
