import { DER_BYTES_MAX, AppError } from '@touchstone/contracts';
import {
  NONCE_BYTES,
  readTimeStampReply,
  timeStampQuery,
  TokenVerifier,
  type TimeStampAuthority,
} from '@touchstone/chain-proofs';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { randomBytes } from 'node:crypto';
import type { StampedToken, TimeStamping } from '../../domain/anchor/rfc3161/ports.js';
import { TokenRefusal } from '../../domain/anchor/rfc3161/tsa-target.js';

/** Milliseconds that an authority may take for its answer. */
export const TSA_TIMEOUT_MS = 10_000;

/** Where an authority is asked, and what is believed of it. */
export interface AuthorityOptions extends TimeStampAuthority {
  readonly network: string;
  readonly url: string;
  /** Certificates between the token's and the roots that the authority does not send, DER. */
  readonly certificates?: readonly Uint8Array[];
  readonly timeoutMs?: number;
}

/** RFC 3161 over HTTP (section 3.4). The authority is not believed: its token is verified before anything is called anchored. */
export class HttpTimeStamping implements TimeStamping {
  private readonly verifier: TokenVerifier;

  constructor(private readonly options: AuthorityOptions) {
    this.verifier = new TokenVerifier(options);
  }

  get network(): string {
    return this.options.network;
  }

  async stamp(commitment: Uint8Array): Promise<StampedToken> {
    const { network, certificates = [] } = this.options;
    const nonce = positiveNonce();
    const reply = readTimeStampReply(await this.ask(timeStampQuery(commitment, nonce)), nonce);
    if (!reply.ok) throw new TokenRefusal(network, reply.reason);
    const { token } = reply;
    const result = this.verifier.verify({ token, certificates, revocation: [], commitment });
    if (!result.ok) {
      const { check, expected, actual } = result;
      const reason = `the token fails at ${check}: expected ${expected}, got ${actual}`;
      throw new TokenRefusal(network, reason, true);
    }
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    return {
      proof: { token: base64(token), certificates: certificates.map(base64), revocation: [] },
      tokenHash: bytesToHex(sha256(token)),
      timeMs: result.genTimeMs,
    };
  }

  private async ask(query: Uint8Array): Promise<Uint8Array> {
    const { network, url, timeoutMs = TSA_TIMEOUT_MS } = this.options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
        body: Buffer.from(query),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const bytes = await bounded(response, network);
      if (!response.ok) throw new TokenRefusal(network, `status ${response.status}`);
      return bytes;
    } catch (error) {
      if (error instanceof TokenRefusal) throw error;
      throw new AppError('dependency-unavailable', `${network} does not answer.`, { cause: error });
    }
  }
}

/** The body, of which no more is read than a token may have. */
async function bounded(response: Response, network: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    // Returning from the loop cancels the body.
    if (length > DER_BYTES_MAX)
      throw new TokenRefusal(network, `the reply has more than ${DER_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The first byte is 1 to 127, so that the integer has this length and is positive. */
function positiveNonce(): Uint8Array {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  nonce[0] = ((nonce[0] as number) % 0x7f) + 1;
  return nonce;
}
