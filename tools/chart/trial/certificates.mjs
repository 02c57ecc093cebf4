// An authority of a trial and certificates of it, by openssl.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../images/engine.mjs';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
/** Days from now to the end of a certificate. */
const DAYS = { valid: 2, expired: -1 };

export class Authority {
  /** @param folder that is made; servers read their certificates in it */
  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder, { mode: 0o711 });
    this.file = join(folder, 'ca.pem');
    this.openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-days',
      '2',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=ca',
    );
  }

  /** The certificate of the authority, PEM. */
  text() {
    return readFileSync(this.file, 'utf8');
  }

  openssl(...args) {
    run('openssl', args, { cwd: this.folder });
  }

  /**
   * Writes a certificate over the one of this name.
   *
   * @param subject of its alternative name, `IP:…` or `DNS:…`
   * @returns `{ cert, key }`, names of files
   */
  issue(name, subject, state) {
    writeFileSync(join(this.folder, 'extensions'), `subjectAltName=${subject}\n`);
    this.openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=server');
    this.openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', String(DAYS[state]), '-extfile', 'extensions', '-out', `${name}.pem`],
    );
    return { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
  }
}
