// The bill of materials of an image in CycloneDX 1.6 (ECMA-424): each npm package whose code is in it, as the lock file has it.
import { createHash } from 'node:crypto';

const HASH_NAMES = { sha512: 'SHA-512', sha256: 'SHA-256', sha1: 'SHA-1' };

/** A package URL of the type npm (package-url.github.io, npm definition). */
export function packageUrl(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function component(folder, { version, integrity, license }) {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [, algorithm, digest] = /^(sha\d+)-(.+)$/.exec(integrity ?? '') ?? [];
  return {
    ...{ type: 'library', 'bom-ref': `${packageUrl(name, version)}#${folder}`, name, version },
    purl: packageUrl(name, version),
    ...(license === undefined ? {} : { licenses: [licenceOf(license)] }),
    ...(digest === undefined
      ? {}
      : { hashes: [{ alg: HASH_NAMES[algorithm], content: Buffer.from(digest, 'base64').toString('hex') }] }),
  };
}

/** An SPDX expression where it is made of several ids. */
function licenceOf(license) {
  return /[ ()]/.test(license) ? { expression: license } : { license: { id: license } };
}

/**
 * @param folders folders of packages in the checkout, such as `node_modules/zod`
 * @param node version of Node that the image runs on
 */
export function billOfMaterials({ image, version, lock, folders, node }) {
  const components = [...folders].sort().map((folder) => component(folder, lock.packages[folder]));
  const about = { type: 'application', 'bom-ref': image.name, name: `touchstone/${image.name}`, version };
  const runtime = { type: 'platform', 'bom-ref': 'node', name: 'node', version: node };
  const content = { components: [runtime, ...components] };
  // A serial number that is the same whenever the content is: a UUID of version 8 (RFC 9562, section 5.8).
  const hex = createHash('sha256')
    .update(JSON.stringify([about, content]))
    .digest('hex');
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuid.join('-')}`, version: 1 },
    metadata: { component: about },
    ...content,
  };
}
