import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURATION_FILE, randomSerial, REQUEST_FILE, SERIAL_FILE } from './authority-folder.js';
import { runOpenssl } from './run-openssl.js';

/** Most requests that wait while another is answered. */
export const TSA_QUEUE_MAX = 64;

/** What a request comes to: a response of openssl, which may be a refusal, or none. */
export type Stamped =
  | { readonly kind: 'answered'; readonly response: Buffer }
  | { readonly kind: 'queue-full' }
  | { readonly kind: 'failed'; readonly error: Error };

/** Answers requests with `openssl ts`, one after the other, because its file of serial numbers is one for all. */
export class Stamper {
  private readonly ending = new AbortController();
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @param timeoutMs how long openssl may take for one */
  constructor(
    private readonly openssl: string,
    private readonly folder: string,
    private readonly timeoutMs: number,
  ) {}

  /** @param request a TimeStampReq (RFC 3161, section 2.4.1), or any bytes */
  async stamp(request: Uint8Array): Promise<Stamped> {
    if (this.waiting > TSA_QUEUE_MAX) return { kind: 'queue-full' };
    this.waiting++;
    const turn = this.last.then(() => this.answer(request));
    this.last = turn;
    const result = await turn;
    this.waiting--;
    return result;
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.last;
  }

  private async answer(request: Uint8Array): Promise<Stamped> {
    try {
      writeFileSync(join(this.folder, REQUEST_FILE), request, { mode: 0o600 });
      // A number of its own for each: openssl counts in a file, which is a half one after it was killed.
      writeFileSync(join(this.folder, SERIAL_FILE), `${randomSerial()}\n`, { mode: 0o600 });
      const response = await runOpenssl(
        this.openssl,
        this.folder,
        ['ts', '-reply', '-config', CONFIGURATION_FILE, '-section', 'tsa', '-queryfile', REQUEST_FILE],
        { timeoutMs: this.timeoutMs, signal: this.ending.signal },
      );
      return { kind: 'answered', response };
    } catch (error) {
      return { kind: 'failed', error: error as Error };
    }
  }
}
