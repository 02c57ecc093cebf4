import { describe, expect, it } from '@jest/globals';
import { der, explicit, integer, nothing, octets, oid, sequence, text } from '../../test/der-writer.js';
import {
  attribute,
  certificate,
  CONTENT_TYPE,
  digest,
  essV1,
  essV2,
  extension,
  GEN_TIME_MS,
  generalizedTime,
  issuerSerial,
  messageDigest,
  nameOf,
  party,
  POLICY,
  purpose,
  SHA256,
  SIGNER_EXTENSIONS,
  token,
  tstInfo,
  type TokenParts,
} from '../../test/time-stamps.js';
import {
  TOKEN_ACCURACY_DEFAULT_MS,
  TokenVerifier,
  type Rfc3161Input,
  type TimeStampAuthority,
} from './verify-token.js';

const root = party('root');
const signer = party('signer');
const rootDer = certificate(root);
const signerDer = certificate(signer, {
  issuer: root,
  serial: 8,
  extensions: [...SIGNER_EXTENSIONS, extension('2.5.29.14', octets([1, 2, 3]), false)],
});
const commitment = new Uint8Array(32).fill(9);
const info = tstInfo(commitment);

interface Given extends TokenParts {
  readonly content?: Uint8Array;
  readonly input?: Partial<Rfc3161Input>;
  readonly authority?: Partial<TimeStampAuthority>;
}

function judge({ content = info, input, authority, ...parts }: Given = {}): string {
  const verifier = new TokenVerifier({ roots: [rootDer], policies: [POLICY], ...authority });
  const stamped = token(content, signer, signerDer, parts);
  const result = verifier.verify({ token: stamped, certificates: [], revocation: [], commitment, ...input });
  return result.ok ? `${result.genTimeMs - GEN_TIME_MS} ms, within ${result.accuracyMs} ms` : result.check;
}
const HOLDS = `0 ms, within ${TOKEN_ACCURACY_DEFAULT_MS} ms`;
const withMore = (...more: Uint8Array[]): Given => ({ content: tstInfo(commitment, { more }) });
const attributes = (...list: Uint8Array[]): Given => ({ attributes: list });
const DIGEST = messageDigest(info);
const ESS = essV2(signerDer);
const OTHER_HASH = sequence(sequence(sequence(SHA256, octets(digest('sha256', rootDer)))));

describe('a token', () => {
  it.each<[string, Given, string]>([
    ['as it should be', {}, HOLDS],
    ['with the certificate beside it', { certificates: [], input: { certificates: [signerDer] } }, HOLDS],
    ['that names the certificate by its key', { identifier: der(0x80, [1, 2, 3]), versions: [3, 3] }, HOLDS],
    ['with unsigned attributes', { behind: [explicit(1)] }, HOLDS],
    [
      'with everything that TSTInfo may have',
      withMore(
        sequence(integer(2), integer(3, 0x80), integer(4, 0x81)),
        der(0x01, [0xff]),
        integer(5),
        explicit(0, octets()),
        explicit(1),
      ),
      '0 ms, within 2004 ms',
    ],
    [
      'with a fraction of time and accuracy',
      {
        content: tstInfo(commitment, {
          genTime: generalizedTime('20260601120000.25Z'),
          more: [sequence(integer(1, 0x81))],
        }),
      },
      '250 ms, within 1 ms',
    ],
    ['with an accuracy of nothing', withMore(sequence()), '0 ms, within 0 ms'],
    [
      'of an issuer and serial number in its attributes',
      attributes(CONTENT_TYPE, DIGEST, essV2(signerDer, issuerSerial(root.name, 8))),
      HOLDS,
    ],
    ['with ESSCertID of SHA-1', attributes(CONTENT_TYPE, DIGEST, essV1(signerDer)), HOLDS],
    ['with both attributes', attributes(CONTENT_TYPE, DIGEST, essV1(signerDer), ESS), HOLDS],
    ['of a listed serial number', { authority: { serials: [7n, 8n] } }, HOLDS],
    ['of the accuracy that is asked for', { authority: { accuracyMaxMs: 1_000 } }, HOLDS],
    ['under the certificate itself as root', { authority: { roots: [signerDer] } }, HOLDS],
  ])('holds %s', (_name, given, result) => {
    expect(judge(given)).toBe(result);
  });

  it.each<[string, Given, string]>([
    ['no DER', { input: { token: text('token') } }, 'der'],
    ['no DER beside it', { input: { certificates: [Uint8Array.of(5)] } }, 'der'],
    ['no DER of a list', { input: { revocation: [Uint8Array.of(5)] } }, 'der'],
    ['another structure', { input: { token: signerDer } }, 'content'],
    ['another content', { contentType: '1.2.840.113549.1.7.1' }, 'content'],
    ['a content that is no DER', { content: text('info') }, 'content'],
    ['a version of SignedData that does not exist', { versions: [6, 1] }, 'content'],
    ['a version of SignedData below 1', { versions: [0, 1] }, 'content'],
    ['a version of SignerInfo that does not exist', { versions: [3, 2] }, 'content'],
    ['two signers', { signers: 2 }, 'content'],
    ['no signer', { signers: 0 }, 'content'],
    ['an attribute that is none', attributes(CONTENT_TYPE, DIGEST, ESS, nothing), 'content'],
    [
      'a digest with parameters',
      { digestAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.1'), oid('1.2')) },
      'content',
    ],
    ['version 2', { content: tstInfo(commitment, { version: 2 }) }, 'content'],
    [
      'a time that does not exist',
      { content: tstInfo(commitment, { genTime: generalizedTime('20260631120000Z') }) },
      'content',
    ],
    ['an accuracy below zero', withMore(sequence(der(0x02, [0xff]))), 'content'],
    ['milliseconds of zero', withMore(sequence(integer(0, 0x80))), 'content'],
    ['a thousand microseconds', withMore(sequence(integer(1_000, 0x81))), 'content'],
    [
      'an imprint of SHA-1',
      { content: tstInfo(commitment, { imprintAlgorithm: sequence(oid('1.3.14.3.2.26')) }) },
      'imprint-algorithm',
    ],
    [
      'an imprint with parameters',
      {
        content: tstInfo(commitment, {
          imprintAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.1'), oid('1.2')),
        }),
      },
      'imprint-algorithm',
    ],
    ['another imprint', { content: tstInfo(digest('sha256', commitment)) }, 'imprint'],
    ['no certificate', { certificates: [] }, 'signing-certificate'],
    [
      'a certificate that is none',
      { certificates: [nothing], attributes: [CONTENT_TYPE, DIGEST, essV2(nothing)] },
      'signing-certificate',
    ],
    ['no attribute about it', attributes(CONTENT_TYPE, DIGEST), 'signing-certificate'],
    ['no attributes', attributes(), 'signing-certificate'],
    ['one attribute twice', attributes(CONTENT_TYPE, DIGEST, ESS, ESS), 'signing-certificate'],
    [
      'no value of it',
      attributes(CONTENT_TYPE, DIGEST, attribute('1.2.840.113549.1.9.16.2.47')),
      'signing-certificate',
    ],
    [
      'two values of it',
      attributes(CONTENT_TYPE, DIGEST, attribute('1.2.840.113549.1.9.16.2.47', OTHER_HASH, OTHER_HASH)),
      'signing-certificate',
    ],
    [
      'no certificate in it',
      attributes(CONTENT_TYPE, DIGEST, attribute('1.2.840.113549.1.9.16.2.47', sequence(sequence()))),
      'signing-certificate',
    ],
    [
      'another certificate in it',
      attributes(CONTENT_TYPE, DIGEST, attribute('1.2.840.113549.1.9.16.2.47', OTHER_HASH)),
      'signing-certificate',
    ],
    [
      'two attributes that differ',
      attributes(CONTENT_TYPE, DIGEST, ESS, essV1(rootDer)),
      'signing-certificate',
    ],
    [
      'SHA-1 in ESSCertIDv2',
      attributes(
        CONTENT_TYPE,
        DIGEST,
        attribute(
          '1.2.840.113549.1.9.16.2.47',
          sequence(sequence(sequence(sequence(oid('1.3.14.3.2.26')), octets(digest('sha1', signerDer))))),
        ),
      ),
      'signing-certificate',
    ],
    [
      'another issuer in it',
      attributes(CONTENT_TYPE, DIGEST, essV2(signerDer, issuerSerial(nameOf('x'), 8))),
      'signing-certificate',
    ],
    [
      'another serial number in it',
      attributes(CONTENT_TYPE, DIGEST, essV2(signerDer, issuerSerial(root.name, 9))),
      'signing-certificate',
    ],
    [
      'no directory name in it',
      attributes(CONTENT_TYPE, DIGEST, essV2(signerDer, sequence(sequence(der(0x82)), integer(8)))),
      'signing-certificate',
    ],
    [
      'two directory names in it',
      attributes(
        CONTENT_TYPE,
        DIGEST,
        essV2(signerDer, sequence(sequence(explicit(4, root.name), explicit(4, root.name)), integer(8))),
      ),
      'signing-certificate',
    ],
    ['another issuer', { identifier: sequence(nameOf('x'), integer(8)) }, 'signing-certificate'],
    [
      'another serial number of the issuer',
      { identifier: sequence(nameOf('root'), integer(9)) },
      'signing-certificate',
    ],
    ['another key identifier', { identifier: der(0x80, [1, 2]) }, 'signing-certificate'],
    ['no content type', attributes(DIGEST, ESS), 'attributes'],
    [
      'another content type',
      attributes(attribute('1.2.840.113549.1.9.3', oid('1.2.3')), DIGEST, ESS),
      'attributes',
    ],
    [
      'a content type that is none',
      attributes(attribute('1.2.840.113549.1.9.3', nothing), DIGEST, ESS),
      'attributes',
    ],
    ['a content type twice', attributes(CONTENT_TYPE, CONTENT_TYPE, DIGEST, ESS), 'attributes'],
    [
      'two values of the content type',
      attributes(attribute('1.2.840.113549.1.9.3', oid('1.2'), oid('1.2')), DIGEST, ESS),
      'attributes',
    ],
    ['no message digest', attributes(CONTENT_TYPE, ESS), 'attributes'],
    [
      'a message digest that is none',
      attributes(CONTENT_TYPE, attribute('1.2.840.113549.1.9.4', nothing), ESS),
      'attributes',
    ],
    ['another message digest', attributes(CONTENT_TYPE, messageDigest(commitment), ESS), 'attributes'],
    ['an unknown digest', { digestAlgorithm: sequence(oid('1.2.3')) }, 'attributes'],
    [
      'a digest of SHA-1',
      {
        digestAlgorithm: sequence(oid('1.3.14.3.2.26')),
        attributes: [CONTENT_TYPE, messageDigest(info, 'sha1'), ESS],
      },
      'signature',
    ],
    [
      'another digest than that of the signature',
      {
        digestAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.2')),
        attributes: [CONTENT_TYPE, messageDigest(info, 'sha384'), ESS],
      },
      'signature',
    ],
    ['another algorithm', { algorithm: sequence(oid('1.2.840.10045.4.3.3')) }, 'signature'],
    ['another policy', { authority: { policies: ['1.2.3'] } }, 'policy'],
    ['a serial number that is not listed', { authority: { serials: [7n] } }, 'serial'],
    ['another root', { authority: { roots: [certificate(party('root'))] } }, 'chain'],
    ['a root that is none', { authority: { roots: [nothing] } }, 'chain'],
    [
      'a time before its certificate',
      { content: tstInfo(commitment, { genTime: generalizedTime('20251231235959Z') }) },
      'validity',
    ],
    ['less accuracy than is asked for', { authority: { accuracyMaxMs: 999 } }, 'accuracy'],
    ['an accuracy beyond every date', withMore(sequence(integer(8_640_000_000_000n))), 'time'],
    ['an accuracy without end', withMore(sequence(integer(BigInt(`0x7${'f'.repeat(200)}`)))), 'time'],
  ])('fails with %s', (_name, given, check) => {
    expect(judge(given)).toBe(check);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['no purpose', []],
    ['another purpose', [purpose('1.3.6.1.5.5.7.3.3')]],
    ['two purposes', [purpose('1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.3')]],
    ['a purpose that is not critical', [extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.8')), false)]],
  ])('fails under a certificate of %s', (_name, extensions) => {
    const other = certificate(signer, { issuer: root, serial: 8, extensions });
    expect(judge({ certificates: [other], attributes: [CONTENT_TYPE, DIGEST, essV2(other)] })).toBe('eku');
  });

  it('that names a key identifier fails where its certificate has none', () => {
    const other = certificate(signer, { issuer: root, serial: 8, extensions: SIGNER_EXTENSIONS });
    const given = { certificates: [other], attributes: [CONTENT_TYPE, DIGEST, essV2(other)] };
    expect(judge(given)).toBe(HOLDS);
    expect(judge({ ...given, identifier: der(0x80, [1, 2, 3]) })).toBe('signing-certificate');
  });

  it('is signed over the bytes that came, so that another order of attributes is another signature', () => {
    const bytes = token(info, signer, signerDer);
    const at = Buffer.from(bytes).indexOf(Buffer.from(CONTENT_TYPE));
    const swapped = Uint8Array.from(bytes);
    swapped.set(DIGEST, at);
    swapped.set(CONTENT_TYPE, at + DIGEST.length);
    expect(judge({ input: { token: bytes } })).toBe(HOLDS);
    expect(judge({ input: { token: swapped } })).toBe('signature');
  });
});
