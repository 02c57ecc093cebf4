import type { Hex } from 'viem';

/** Milliseconds that the token's code is taken as known: a token does not come and go between two payments. */
export const TOKEN_CODE_CACHE_MS = 60_000;

/** The code at the token's address, which the official verification looks at in each payment. */
export class TokenCode {
  private known: { readonly at: number; readonly code: Promise<Hex | undefined> } | undefined;

  constructor(
    /** `0x` and lower case. */
    readonly address: string,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** The code of now or of a moment ago; what was not answered, or is not there, is asked again. */
  read(ask: () => Promise<Hex | undefined>): Promise<Hex | undefined> {
    const now = this.nowMs();
    if (this.known !== undefined && now - this.known.at < TOKEN_CODE_CACHE_MS) return this.known.code;
    const code = ask();
    const known = { at: now, code };
    this.known = known;
    const forget = (): void => {
      if (this.known === known) this.known = undefined;
    };
    code.then((found) => (found === undefined || found === '0x' ? forget() : undefined), forget);
    return code;
  }
}
