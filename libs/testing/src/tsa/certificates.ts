import { X509Certificate } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openssl } from './openssl.js';
import type { AuthorityDigest, AuthorityKey } from './options.js';

const DAY_MS = 86_400_000;
const YEARS_VALID_MS = 3_652 * DAY_MS;

/** What a certificate is made of. */
export interface CertificatePlan {
  /** Its files' name in the folder. */
  readonly name: string;
  /** Whose key signs it; absent for one that signs itself. */
  readonly issuer?: string;
  readonly key: AuthorityKey;
  readonly digest: AuthorityDigest;
  readonly extensions: Readonly<Record<string, string>>;
  readonly validFrom?: Date | undefined;
  readonly validTo?: Date | undefined;
}

export const issuerExtensions = {
  basicConstraints: 'critical,CA:TRUE',
  keyUsage: 'critical,keyCertSign,cRLSign',
  subjectKeyIdentifier: 'hash',
};
export const signerExtensions = {
  basicConstraints: 'critical,CA:FALSE',
  keyUsage: 'critical,digitalSignature',
  extendedKeyUsage: 'critical,timeStamping',
  subjectKeyIdentifier: 'hash',
  authorityKeyIdentifier: 'keyid',
};

const keyArguments = (key: AuthorityKey): string[] =>
  key.startsWith('rsa-')
    ? ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${key.slice(4)}`]
    : ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${key.toUpperCase()}`];

/** As openssl takes times: `20260131120000Z`. */
export const opensslTime = (at: Date): string => at.toISOString().replace(/[-:T]|\.\d+/g, '');

/** The certificates of one authority in a folder: keys, requests and the bookkeeping of `openssl ca`. */
export class CertificateFolder {
  /** @param unique goes into every subject, so that two authorities are never of one name unless a test wants it */
  constructor(
    readonly folder: string,
    private readonly unique: string,
  ) {
    writeFileSync(this.path('openssl.cnf'), '[req]\ndistinguished_name=any\n[any]\ncommonName=supplied\n');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes a key and its certificate. */
  issue(plan: CertificatePlan): void {
    const { name, issuer = name, key, digest } = plan;
    const { validFrom = new Date(Date.now() - DAY_MS), validTo = new Date(Date.now() + YEARS_VALID_MS) } =
      plan;
    this.configure(name, digest, plan.extensions);
    this.run('genpkey', ...keyArguments(key), '-out', `${name}.key`);
    const subject = `/CN=${this.unique} ${name}`;
    this.run(
      'req',
      '-new',
      '-config',
      'openssl.cnf',
      '-key',
      `${name}.key`,
      '-subj',
      subject,
      '-out',
      `${name}.csr`,
    );
    this.run(
      ...['ca', '-batch', '-notext', '-config', 'openssl.cnf', '-name', `ca_${issuer}`],
      ...(issuer === name ? ['-selfsign'] : []),
      ...['-startdate', opensslTime(validFrom), '-enddate', opensslTime(validTo)],
      ...['-extensions', `ext_${name}`, '-in', `${name}.csr`, '-out', `${name}.pem`],
    );
  }

  certificate(name: string): X509Certificate {
    return new X509Certificate(readFileSync(this.path(`${name}.pem`)));
  }

  /** Revokes a certificate in the books of its issuer, as of `at`. */
  revoke(name: string, issuer: string, at: Date, reason: string | undefined): void {
    this.run(
      ...['ca', '-config', 'openssl.cnf', '-name', `ca_${issuer}`, '-revoke', `${name}.pem`],
      ...(reason === undefined ? [] : ['-crl_reason', reason]),
    );
    // openssl revokes as of now; when it was is a column of its database.
    const { serialNumber } = this.certificate(name);
    const index = this.path(`${issuer}.db/index.txt`);
    const lines = readFileSync(index, 'utf8').split('\n');
    const changed = lines.map((line) => {
      const columns = line.split('\t');
      if (columns[0] === 'R' && columns[3] === serialNumber) {
        columns[2] = columns[2]?.replace(/^\d+Z/, opensslTime(at).slice(2)) ?? '';
      }
      return columns.join('\t');
    });
    writeFileSync(index, changed.join('\n'));
  }

  /** The issuer's list of what it has revoked, DER. */
  crl(issuer: string, digest: AuthorityDigest): Buffer {
    const file = `${issuer}.crl.pem`;
    this.run(
      ...[
        'ca',
        '-gencrl',
        '-config',
        'openssl.cnf',
        '-name',
        `ca_${issuer}`,
        '-md',
        digest,
        '-crldays',
        '30',
      ],
      ...['-out', file],
    );
    return this.run('crl', '-in', file, '-outform', 'DER');
  }

  /** The issuer's own answer about a certificate (RFC 6960), DER. */
  ocsp(name: string, issuer: string): Buffer {
    this.run(
      ...['ocsp', '-index', `${issuer}.db/index.txt`, '-CA', `${issuer}.pem`],
      ...['-rsigner', `${issuer}.pem`, '-rkey', `${issuer}.key`],
      ...['-issuer', `${issuer}.pem`, '-cert', `${name}.pem`, '-ndays', '30', '-respout', 'ocsp.der'],
    );
    return readFileSync(this.path('ocsp.der'));
  }

  run(...args: string[]): Buffer {
    return openssl(this.folder, args);
  }

  /** Sections for the certificate's extensions, and for what it issues. */
  private configure(
    name: string,
    digest: AuthorityDigest,
    extensions: Readonly<Record<string, string>>,
  ): void {
    const database = this.path(`${name}.db`);
    mkdirSync(database);
    writeFileSync(join(database, 'index.txt'), '');
    writeFileSync(join(database, 'index.txt.attr'), 'unique_subject = no\n');
    writeFileSync(join(database, 'crlnumber'), '01\n');
    const kept = Object.entries(extensions).filter(([, value]) => value !== '');
    const lines = [
      `[ext_${name}]`,
      ...kept.map(([extension, value]) => `${extension}=${value}`),
      `[ca_${name}]`,
      `database=${name}.db/index.txt`,
      `crlnumber=${name}.db/crlnumber`,
      `new_certs_dir=${name}.db`,
      `certificate=${name}.pem`,
      `private_key=${name}.key`,
      `default_md=${digest}`,
      'rand_serial=yes',
      'policy=any',
    ];
    appendFileSync(this.path('openssl.cnf'), `${lines.join('\n')}\n`);
  }
}
