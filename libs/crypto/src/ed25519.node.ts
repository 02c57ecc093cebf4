import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { Ed25519Curve } from './ed25519-curve.js';
import { ED25519_ELEMENT_BYTES, isIdentity } from './ed25519-encoding.js';
import { ed25519 as portable } from './ed25519.portable.js';

/** DER before the 32 bytes of a seed in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER before the 32 bytes of a public key in SubjectPublicKeyInfo (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Ed25519 by OpenSSL, which verifies without the cofactor. A seed lives on inside OpenSSL only.
 *
 * Some versions of Node refuse the identity as R before OpenSSL sees it (nodejs/node#64026), some do not. The protocol
 * accepts it, and a verdict may not depend on the version, so the portable implementation judges that one.
 */
export const ed25519: Ed25519Curve = {
  implementation: 'openssl',
  importSeed: (seed) => {
    const der = Buffer.concat([PKCS8_PREFIX, seed]);
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    der.fill(0);
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    return {
      publicKey: new Uint8Array(publicKey.subarray(-ED25519_ELEMENT_BYTES)),
      sign: (message) => new Uint8Array(sign(null, message, privateKey)),
    };
  },
  importPublicKey: (publicKey) => {
    const der = Buffer.concat([SPKI_PREFIX, publicKey]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return (message, signature) =>
      isIdentity(signature.subarray(0, ED25519_ELEMENT_BYTES))
        ? portable.importPublicKey(publicKey)(message, signature)
        : verify(null, message, key, signature);
  },
};
