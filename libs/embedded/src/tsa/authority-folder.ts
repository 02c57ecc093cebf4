import { randomBytes, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runOpenssl } from './run-openssl.js';

/** The policy of its tokens, below the number that IANA keeps for examples (RFC 5612). */
export const DEVELOPMENT_TSA_POLICY = '1.3.6.1.4.1.32473.3161';

/** The name of its request file and of that of the next serial number. */
export const REQUEST_FILE = 'request.der';
export const SERIAL_FILE = 'serial';
export const CONFIGURATION_FILE = 'tsa.cnf';

const STEP_TIMEOUT_MS = 30_000;
const DAYS_VALID = '3652';

const configuration = `[req]
distinguished_name=name
[name]
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[signer]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[tsa]
serial=${SERIAL_FILE}
signer_cert=tsa.pem
signer_key=tsa.key
signer_digest=sha256
default_policy=${DEVELOPMENT_TSA_POLICY}
digests=sha256
accuracy=secs:1
clock_precision_digits=3
ordering=no
tsa_name=no
ess_cert_id_chain=no
ess_cert_id_alg=sha256
`;

/**
 * Makes the keys and certificates of a time-stamping authority in a folder (0700, keys 0600), once; those that are there stay. The
 * root's key is not kept, so that nobody can issue another certificate below it.
 *
 * @returns the root's certificate, DER
 */
export async function ensureAuthority(folder: string, openssl: string): Promise<Uint8Array> {
  if (!existsSync(folder)) {
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    mkdirSync(partial, { mode: 0o700 });
    await makeAuthority(partial, openssl);
    renameSync(partial, folder);
  }
  chmodSync(folder, 0o700);
  chmodSync(join(folder, 'tsa.key'), 0o600);
  return new Uint8Array(new X509Certificate(readFileSync(join(folder, 'root.pem'))).raw);
}

async function makeAuthority(folder: string, openssl: string): Promise<void> {
  const run = async (...args: string[]): Promise<void> => {
    await runOpenssl(openssl, folder, args, { timeoutMs: STEP_TIMEOUT_MS });
  };
  writeFileSync(join(folder, CONFIGURATION_FILE), configuration, { mode: 0o600 });
  for (const name of ['root', 'tsa']) {
    await run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  }
  const request = ['req', '-new', '-config', CONFIGURATION_FILE, '-sha256'];
  await run(
    ...[...request, '-x509', '-extensions', 'root', '-days', DAYS_VALID, '-key', 'root.key'],
    ...['-subj', '/O=Touchstone/CN=Touchstone development root', '-out', 'root.pem'],
  );
  await run(
    ...[...request, '-key', 'tsa.key', '-out', 'tsa.csr'],
    ...['-subj', '/O=Touchstone/CN=Touchstone development time-stamping authority'],
  );
  await run(
    ...['x509', '-req', '-in', 'tsa.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-sha256'],
    ...['-set_serial', `0x${randomSerial()}`, '-days', DAYS_VALID],
    ...['-extfile', CONFIGURATION_FILE, '-extensions', 'signer', '-out', 'tsa.pem'],
  );
  for (const name of ['root.key', 'tsa.csr']) rmSync(join(folder, name));
}

/** A positive serial number of 16 bytes, hex. */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
