import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@touchstone/contracts';
import { z } from 'zod';

/** Fewest characters of a token; what is shorter can be tried. */
export const BEARER_TOKEN_CHARACTERS_MIN = 32;
/** Most characters of a token. */
export const BEARER_TOKEN_CHARACTERS_MAX = 512;

const BEARER = new RegExp(`^Bearer ([\\x21-\\x7e]{1,${BEARER_TOKEN_CHARACTERS_MAX}})$`, 'i');

const token = z
  .string()
  .regex(/^[\x21-\x7e]*$/, { message: 'A token has printable ASCII characters without blanks.' })
  .min(BEARER_TOKEN_CHARACTERS_MIN, {
    message: `A token has at least ${BEARER_TOKEN_CHARACTERS_MIN} characters.`,
  })
  .max(BEARER_TOKEN_CHARACTERS_MAX, {
    message: `A token has at most ${BEARER_TOKEN_CHARACTERS_MAX} characters.`,
  });

/** A configuration value: a JSON object of caller names and their tokens. */
export function callerTokens() {
  return z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'Expected a JSON object of caller names and tokens.' });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string().min(1), token));
}

/** The callers of an interface that asks for a bearer token (RFC 6750). */
export class BearerTokens {
  private constructor(
    private readonly digests: readonly { readonly caller: string; readonly digest: Buffer }[],
  ) {}

  /** From the token of each caller. */
  static of(tokens: Readonly<Record<string, string>>): BearerTokens {
    return new BearerTokens(
      Object.entries(tokens).map(([caller, text]) => ({ caller, digest: digestOf(text) })),
    );
  }

  /** From the SHA-256 of each caller's token in hex, so that the configuration lets nobody act as a caller. */
  static ofDigests(digests: Readonly<Record<string, string>>): BearerTokens {
    return new BearerTokens(
      Object.entries(digests).map(([caller, hex]) => ({ caller, digest: Buffer.from(hex, 'hex') })),
    );
  }

  /**
   * The caller behind an `Authorization: Bearer …` header. Digests are compared in constant time, so that a token
   * cannot be guessed character by character.
   *
   * @throws AppError `unauthenticated`
   */
  identify(authorization: string | undefined): string {
    const text = bearerTextOf(authorization);
    const digest = text === undefined ? undefined : digestOf(text);
    const known = digest && this.digests.filter((candidate) => timingSafeEqual(candidate.digest, digest))[0];
    if (!known)
      throw new AppError('unauthenticated', 'Send a known caller’s token as Authorization: Bearer <token>.');
    return known.caller;
  }
}

/** The token of an `Authorization: Bearer …` header; undefined where there is none of its form. */
export function bearerTextOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
