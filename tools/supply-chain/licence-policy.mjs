// Which licences the packages that we use may have. SPDX ids (spdx.org/licenses); what is on no list is refused.

/** Ask for nothing but that their notice is kept: what ships may have these. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
  'Zlib',
];

/** Of what builds and tests and is not handed on: also licences of texts and data, and those that bind changed files alone. */
const DEVELOPMENT = [...PERMISSIVE, 'CC-BY-3.0', 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0'];

/** Only what no other workspace than this uses may be under the licences of `COPYLEFT`; it runs as a program of its own. */
const PROVER_WORKSPACE = 'apps/zk-prover';

/** Bind the whole program that they become a part of. No exception lifts them. */
const COPYLEFT = /^A?GPL-\d/;

/** Workspaces that are not shipped; `nx.tags` of their package.json say so. */
export const UNSHIPPED_TAG = 'type:test';

/**
 * What decodes pictures, for each machine that it is built for: libvips and what it stands on, as shared libraries that are loaded at run
 * time, unchanged, by a process that does nothing else. Who gets the product may put another build of them in their place.
 */
const LIBVIPS = [
  ...[
    'darwin-arm64',
    'darwin-x64',
    'linux-arm',
    'linux-arm64',
    'linux-ppc64',
    'linux-riscv64',
    'linux-s390x',
    'linux-x64',
    'linuxmusl-arm64',
    'linuxmusl-x64',
  ].map((machine) => [`libvips-${machine}`, 'LGPL-3.0-or-later']),
  ...['win32-arm64', 'win32-ia32', 'win32-x64'].map((machine) => [
    machine,
    'Apache-2.0 AND LGPL-3.0-or-later',
  ]),
  ['wasm32', 'Apache-2.0 AND LGPL-3.0-or-later AND MIT'],
].map(([build, licence]) => ({
  package: `@img/sharp-${build}`,
  licence,
  use: 'product',
  reason: 'A shared library under LGPL that is used as it is and can be replaced.',
}));

/**
 * Packages that may be used beside the lists, each with the reason: LGPL by name, and what states no licence. `licence` is what the
 * package says now, `null` for nothing, so that a change of licence is judged anew. An entry that nothing needs any more is refused.
 */
const EXCEPTIONS = [
  ...LIBVIPS,
  {
    package: 'esprima',
    licence: null,
    use: 'prover',
    reason:
      'package.json has the old form {"licenses": [{"type": "BSD"}]}, LICENSE.BSD the two clauses; snarkjs has it of a reader of JSON.',
  },
  {
    package: 'memorystream',
    licence: null,
    use: 'development',
    reason:
      'package.json has the old form {"licenses": [{"type": "MIT"}]}; the compiler of contracts (solc) uses it.',
  },
];

export const LICENCE_POLICY = { PERMISSIVE, DEVELOPMENT, PROVER_WORKSPACE, COPYLEFT, EXCEPTIONS };
