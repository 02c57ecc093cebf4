import type { ErrorDetail } from '@touchstone/contracts';
import { readCertificate } from '@touchstone/chain-proofs';
import { base64ToBytes, bytesToHex, checkEd25519PublicKey, parseUtcTime, readKeys } from '@touchstone/crypto';
import { parseVerifierKey, type NoteAlgorithm } from '@touchstone/merkle';
import type { TrustFile } from './schema.js';

/**
 * What is wrong with a trust file beyond its schema: keys that are none, times that do not exist, and statements of
 * which the verifier would use only one. A wrong statement that nobody noticed would be a check that silently does
 * not happen, so each is an error.
 */
export function trustFindings(file: TrustFile): ErrorDetail[] {
  const asOf = parseUtcTime(file.asOf);
  if (asOf === undefined) return [{ pointer: '/asOf', detail: 'expected a time that exists' }];
  const entries = file.keys.map(({ domains: _domains, ...entry }) => entry);
  const keys = readKeys(entries, asOf);
  return [
    ...(keys.ok ? statusFindings(file, keys.refused) : keys.errors),
    ...noteKeyFindings(file),
    ...networkFindings(file),
    ...rootFindings(file),
    ...sourceFindings(file),
  ];
}

function noteKeyFindings({ logs, witnesses }: TrustFile): ErrorDetail[] {
  const errors: ErrorDetail[] = [];
  // One public key is one party: a log that cosigns itself, or a witness under two names, must not count twice.
  const seen = new Set<string>();
  const read = (vkey: string, pointer: string, algorithm: NoteAlgorithm, origin?: string): void => {
    const detail = noteKeyDetail(vkey, algorithm, seen, origin);
    if (detail !== undefined) errors.push({ pointer, detail });
  };
  logs.forEach(({ origin, vkey }, index) => read(vkey, `/logs/${index}/vkey`, 'ed25519', origin));
  witnesses.vkeys.forEach((vkey, index) => read(vkey, `/witnesses/vkeys/${index}`, 'cosignatureV1'));
  if (witnesses.k > witnesses.vkeys.length) {
    errors.push({
      pointer: '/witnesses/k',
      detail: `expected at most ${witnesses.vkeys.length}, one per vkey`,
    });
  }
  return errors;
}

function noteKeyDetail(
  vkey: string,
  algorithm: NoteAlgorithm,
  seen: Set<string>,
  origin: string | undefined,
): string | undefined {
  const parsed = parseVerifierKey(vkey);
  if (!parsed.ok) return `expected a verifier key (${parsed.reason})`;
  if (parsed.key.algorithm !== algorithm) return `expected a key of type ${algorithm}`;
  if (origin !== undefined && parsed.key.name !== origin) return 'expected a key whose name is the origin';
  const check = checkEd25519PublicKey(parsed.key.publicKey);
  if (check !== 'ok') return `expected a key that may be registered (${check})`;
  const publicKey = bytesToHex(parsed.key.publicKey);
  if (seen.has(publicKey)) return 'registered before';
  seen.add(publicKey);
  return undefined;
}

function networkFindings(file: TrustFile): ErrorDetail[] {
  return (['chains', 'tsas'] as const).flatMap((list) => {
    const networks = file[list].map(({ network }) => network);
    return networks.flatMap((network, index) =>
      networks.indexOf(network) < index
        ? [{ pointer: `/${list}/${index}/network`, detail: 'listed before; put both into one entry' }]
        : [],
    );
  });
}

function rootFindings({ tsas }: TrustFile): ErrorDetail[] {
  return tsas.flatMap(({ roots }, tsa) =>
    roots.flatMap((root, index) => {
      const der = base64ToBytes(root);
      if (der && readCertificate(der)) return [];
      return [
        {
          pointer: `/tsas/${tsa}/roots/${index}`,
          detail: 'expected a certificate in DER',
        },
      ];
    }),
  );
}

/** Networks whose blocks say nothing of when they came to be that a verifier could check (protocol section 7). */
const UNTIMED_NETWORK = /^kadena:/;

/** A source of time is believed alone, so that a test network, which anybody can rewrite, may not be one. */
function sourceFindings({ chains, tsas, independent }: TrustFile): ErrorDetail[] {
  const tests = new Set([...chains, ...tsas].flatMap(({ network, test }) => (test ? network : [])));
  return independent.flatMap((source, index) =>
    tests.has(source) || UNTIMED_NETWORK.test(source)
      ? [{ pointer: `/independent/${index}`, detail: 'expected no test network, and none of Chainweb' }]
      : [],
  );
}

/** A status is computed from the times; one that says otherwise at the file's own date was written for another file. */
function statusFindings(
  { keys }: TrustFile,
  refused: readonly { kid: string; computed: string }[],
): ErrorDetail[] {
  return refused.map(({ kid, computed }) => ({
    pointer: `/keys/${keys.findIndex((key) => key.kid === kid)}/status`,
    detail: `expected ${computed}, as the key’s times say at asOf`,
  }));
}
