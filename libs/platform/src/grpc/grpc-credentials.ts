import { ServerCredentials } from '@grpc/grpc-js';
import { AppError } from '@touchstone/contracts';
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { GrpcTlsConfig } from '../config/fragments.js';

const BEGIN_CERTIFICATE = /(?=-----BEGIN CERTIFICATE-----)/;

/**
 * How a gRPC server identifies itself, and whom it lets in: in the clear without settings, by TLS with a certificate, by mutual
 * TLS with an authority of its callers as well.
 *
 * @throws AppError `config-invalid` with one line that names the setting: missing, unreadable, not of one pair, or out of its time
 */
export function grpcCredentials(config: Partial<GrpcTlsConfig>, nowMs: number): ServerCredentials {
  const {
    TOUCHSTONE_GRPC_TLS_CERT_FILE: certificateFile,
    TOUCHSTONE_GRPC_TLS_KEY: keyText,
    TOUCHSTONE_GRPC_TLS_CLIENT_CA_FILE: authorityFile,
  } = config;
  if (certificateFile === undefined && keyText === undefined && authorityFile === undefined)
    return ServerCredentials.createInsecure();
  if (certificateFile === undefined) throw invalid('CERT_FILE', 'is required for TLS and not set.');
  if (keyText === undefined) throw invalid('KEY', 'is required for TLS and not set; so is its _FILE.');
  const certificate = readCertificates('CERT_FILE', certificateFile, nowMs);
  if (!certificate.own.checkPrivateKey(privateKey(keyText)))
    throw invalid('KEY', `is not the key of the certificate in ${certificateFile}.`);
  const pair = { cert_chain: certificate.pem, private_key: Buffer.from(keyText) };
  if (authorityFile === undefined) return ServerCredentials.createSsl(null, [pair], false);
  const authorities = readCertificates('CLIENT_CA_FILE', authorityFile, nowMs);
  return ServerCredentials.createSsl(authorities.pem, [pair], true);
}

/** The first certificate of a file is the server's own, the others lead to its authority; each must be of this time. */
function readCertificates(name: string, path: string, nowMs: number) {
  let pem: Buffer;
  let certificates: X509Certificate[];
  try {
    pem = readFileSync(path);
  } catch (error) {
    throw invalid(name, `${path} cannot be read (${(error as { code?: string }).code ?? 'error'}).`);
  }
  try {
    const parts = pem.toString('latin1').split(BEGIN_CERTIFICATE);
    certificates = parts
      .filter((part) => part.startsWith('-----BEGIN'))
      .map((part) => new X509Certificate(part));
  } catch {
    throw invalid(name, `${path} has a certificate that cannot be read.`);
  }
  const [own] = certificates;
  if (own === undefined) throw invalid(name, `${path} has no certificate in PEM form.`);
  for (const { subject, validFrom, validTo } of certificates) {
    const who = `the certificate of ${subject.replaceAll('\n', ', ')} in ${path}`;
    if (Date.parse(validTo) < nowMs) throw invalid(name, `${who} expired on ${validTo}.`);
    if (Date.parse(validFrom) > nowMs) throw invalid(name, `${who} begins on ${validFrom}.`);
  }
  return { own, pem };
}

function privateKey(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw invalid('KEY', 'is no private key in PEM form.');
  }
}

function invalid(name: string, what: string): AppError {
  const key = `TOUCHSTONE_GRPC_TLS_${name}`;
  return new AppError('config-invalid', `${key}: ${what}`, {
    details: [{ pointer: `/${key}`, detail: what }],
  });
}
