import { PAYER, PRICE, terms } from './model.js';

export const VALID_MS = 120_000;
export const START_MS = Date.UTC(2026, 0, 2);
/** That of the payer, and that of nobody. */
export const SIGNATURE = `0x${'11'.repeat(65)}`;
export const FORGED = `0x${'22'.repeat(65)}`;
const NONCE = `0x${'dd'.repeat(32)}`;

/** The header of the one authorisation. */
export function authorization(forged: boolean): string {
  const { payTo, asset, network, assetName, assetVersion } = terms;
  const accepted = {
    scheme: 'exact',
    ...{ amount: PRICE, payTo, asset, network },
    maxTimeoutSeconds: 120,
    extra: { name: assetName, version: assetVersion },
  };
  const signed = {
    from: PAYER,
    to: payTo,
    value: PRICE,
    validAfter: '0',
    validBefore: String((START_MS + VALID_MS) / 1_000),
    nonce: NONCE,
  };
  const payload = { signature: forged ? FORGED : SIGNATURE, authorization: signed };
  return JSON.stringify({ x402Version: 2, accepted, payload });
}
