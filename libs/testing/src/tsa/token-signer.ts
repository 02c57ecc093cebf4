import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { signerExtensions, type CertificateFolder } from './certificates.js';
import type { AuthorityDigest, AuthorityOptions } from './options.js';

const TST_INFO = '1.2.840.113549.1.9.16.1.4';

/** Names of certificates that go into a token, and of all that stand between the root and the one that signs. */
interface Tokens extends AuthorityOptions {
  readonly policy: string;
  readonly inside: readonly string[];
  readonly between: readonly string[];
}

/** Makes tokens with `openssl ts`; what that refuses to make, with `openssl cms` around the same content. */
export class TokenSigner {
  /** `openssl ts` signs with certificates alone that are good for it, and with RSA as PKCS #1 v1.5. */
  private readonly refusedByTs: boolean;

  constructor(
    private readonly books: CertificateFolder,
    private readonly tokens: Tokens,
  ) {
    this.refusedByTs = tokens.pss === true || tokens.extensions !== undefined;
    const pem = (names: readonly string[]): string =>
      names.map((name) => readFileSync(books.path(`${name}.pem`), 'utf8')).join('');
    const chain = pem(tokens.inside.filter((name) => name !== 'signer'));
    writeFileSync(books.path('chain.pem'), chain.repeat(tokens.chainCopies ?? 1));
    writeFileSync(books.path('untrusted.pem'), pem(['signer', ...tokens.between]));
    writeFileSync(books.path('tsa.serial'), '01\n');
    if (this.refusedByTs) {
      const plan = { name: 'clock', issuer: tokens.between.at(tokens.rootFirst ? -1 : 0) ?? 'root' } as const;
      books.issue({ ...plan, key: 'p-256', digest: 'sha256', extensions: signerExtensions });
    }
    writeFileSync(books.path('known.pem'), pem(this.refusedByTs ? ['signer', 'clock'] : ['signer']));
    this.configure(this.refusedByTs ? 'clock' : 'signer');
  }

  reply(request: Uint8Array): Uint8Array {
    writeFileSync(this.books.path('request.der'), request);
    return this.answer([]);
  }

  stamp(digest: Uint8Array, hash: AuthorityDigest): Uint8Array {
    const { inside } = this.tokens;
    this.books.run(
      ...[
        'ts',
        '-query',
        '-config',
        'openssl.cnf',
        `-${hash}`,
        '-digest',
        Buffer.from(digest).toString('hex'),
      ],
      ...(inside.length > 0 ? ['-cert'] : []),
      ...['-out', 'request.der'],
    );
    const token = this.answer(['-token_out']);
    return this.refusedByTs ? this.sign(this.content(token)) : token;
  }

  content(token: Uint8Array): Uint8Array {
    writeFileSync(this.books.path('token.der'), token);
    return new Uint8Array(
      this.books.run(
        'cms',
        '-verify',
        '-noverify',
        '-inform',
        'DER',
        '-in',
        'token.der',
        '-certfile',
        'known.pem',
      ),
    );
  }

  sign(tstInfo: Uint8Array): Uint8Array {
    const { signerDigest = 'sha256', pss, inside } = this.tokens;
    writeFileSync(this.books.path('tst-info.der'), tstInfo);
    return new Uint8Array(
      this.books.run(
        ...['cms', '-sign', '-binary', '-nodetach', '-cades', '-nosmimecap', '-in', 'tst-info.der'],
        ...['-outform', 'DER', '-econtent_type', TST_INFO, '-md', signerDigest],
        ...['-signer', 'signer.pem', '-inkey', 'signer.key'],
        ...(pss === true ? ['-keyopt', 'rsa_padding_mode:pss'] : []),
        ...(inside.length === 0 ? ['-nocerts'] : []),
        ...(inside.length > 1 ? ['-certfile', 'chain.pem'] : []),
      ),
    );
  }

  objection(token: Uint8Array, digest: Uint8Array): string {
    writeFileSync(this.books.path('token.der'), token);
    try {
      this.books.run(
        ...['ts', '-verify', '-token_in', '-in', 'token.der', '-digest', Buffer.from(digest).toString('hex')],
        ...['-CAfile', 'root.pem', '-untrusted', 'untrusted.pem'],
      );
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  private answer(format: readonly string[]): Uint8Array {
    this.books.run(
      ...['ts', '-reply', '-config', 'openssl.cnf', '-section', 'tsa', '-queryfile', 'request.der'],
      ...['-out', 'response.der', ...format],
    );
    return new Uint8Array(readFileSync(this.books.path('response.der')));
  }

  private configure(signer: string): void {
    const {
      policy,
      accuracy = 'secs:1',
      signerDigest = 'sha256',
      essDigest = 'sha256',
      inside,
    } = this.tokens;
    const lines = [
      '[tsa]',
      'serial=tsa.serial',
      `signer_cert=${signer}.pem`,
      `signer_key=${signer}.key`,
      ...(inside.length > 1 ? ['certs=chain.pem'] : []),
      `signer_digest=${signerDigest}`,
      `default_policy=${policy}`,
      'digests=sha1, sha256, sha384, sha512',
      ...(accuracy === '' ? [] : [`accuracy=${accuracy}`]),
      'ordering=no',
      'tsa_name=no',
      'ess_cert_id_chain=no',
      `ess_cert_id_alg=${essDigest}`,
    ];
    appendFileSync(this.books.path('openssl.cnf'), `${lines.join('\n')}\n`);
  }
}
