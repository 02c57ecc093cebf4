// Whether an installation is the same everywhere and always: exact versions, hashes, and no address of a registry in the lock file.

const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'overrides'];
/** SemVer 2.0.0, section 2, with the pre-release and the build of sections 9 and 10. */
const EXACT = /^\d+\.\d+\.\d+(?:-[\dA-Za-z.-]+)?(?:\+[\dA-Za-z.-]+)?$/;
/** In overrides, the version that `dependencies` has. */
const REFERENCE = /^\$[@\w./-]+$/;

function inexact(entries, where) {
  return Object.entries(entries).flatMap(([name, value]) => {
    if (typeof value === 'object') return inexact(value, `${where} of ${name}`);
    const ok = EXACT.test(value) || (where.startsWith('overrides') && REFERENCE.test(value));
    return ok ? [] : [`${where}: ${name} is “${value}”, which is no exact version.`];
  });
}

/** @returns one sentence for each dependency of a package.json that is a range, a tag, a file or an address */
export function judgeManifest(path, manifest) {
  return SECTIONS.flatMap((section) => inexact(manifest[section] ?? {}, section)).map(
    (text) => `${path}: ${text}`,
  );
}

/** @returns one sentence for each entry of the lock file that names a registry, or that no hash holds to what was seen */
export function judgeLock(lock) {
  return Object.entries(lock.packages).flatMap(([path, { resolved, link, integrity, inBundle }]) => {
    if (!path.includes('node_modules/') || link) return [];
    return [
      ...(resolved === undefined ? [] : [`package-lock.json: ${path} names ${resolved}; see .npmrc.`]),
      ...(integrity === undefined && !inBundle ? [`package-lock.json: ${path} has no integrity.`] : []),
    ];
  });
}
