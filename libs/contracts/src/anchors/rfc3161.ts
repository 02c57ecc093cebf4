import { z } from 'zod';

/** Most bytes of a token, a certificate, and a CRL or OCSP response each (protocol section 7). */
export const DER_BYTES_MAX = 65_536;
/** Most certificates and revocation lists of one token together. */
export const TOKEN_ATTACHMENTS_MAX = 16;

/** DER in base64 as RFC 4648 section 4 writes it, of bounded size; that it is DER is the verifier's business. */
export const derText = z
  .base64()
  .min(4)
  .max(Math.ceil(DER_BYTES_MAX / 3) * 4)
  .refine((text) => (text.length / 4) * 3 - (/=*$/.exec(text)?.[0].length ?? 0) <= DER_BYTES_MAX, {
    message: `expected at most ${DER_BYTES_MAX} bytes`,
  });

/**
 * A time-stamp token (RFC 3161, section 2.4.2) with what its verification needs later: certificates that are not inside the token, from
 * leaf to root, and CRLs or OCSP responses.
 */
export const rfc3161Proof = z
  .strictObject({
    token: derText,
    certificates: z.array(derText).max(TOKEN_ATTACHMENTS_MAX),
    revocation: z.array(derText).max(TOKEN_ATTACHMENTS_MAX),
  })
  .refine(
    ({ certificates, revocation }) => certificates.length + revocation.length <= TOKEN_ATTACHMENTS_MAX,
    {
      message: `expected at most ${TOKEN_ATTACHMENTS_MAX} certificates and revocation lists together`,
    },
  );
export type Rfc3161Proof = z.infer<typeof rfc3161Proof>;

/** A time-stamping authority, by the name that the trust file gives it. */
export const tsaNetwork = z.string().regex(/^tsa:[a-z0-9.-]{1,64}$/, 'expected tsa:<name>');

/** The token of a time-stamping authority. */
export const rfc3161Anchor = z.strictObject({
  kind: z.literal('rfc3161'),
  network: tsaNetwork,
  proof: rfc3161Proof,
});
