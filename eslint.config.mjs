import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** What a core or contract library may never import: frameworks, stores, buses and the outside world. */
const outsideWorld = [
  '@nestjs/*',
  'typeorm',
  'pg',
  '@nats-io/*',
  'nats',
  'pino',
  'rxjs',
  'node:fs',
  'node:fs/promises',
  'node:net',
  'node:http',
  'node:https',
];

/** Layers of an app (docs/architecture.md): the domain knows no other, and the edges do not know each other. */
const layer = (name, closed, more = []) => ({
  files: [`apps/*/src/${name}/**/*.ts`],
  ignores: ['**/*.spec.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(?:\\.\\./)+(?:${closed.join('|')})/`,
            message: `What lies in ${name} does not import ${closed.join(', ')}: give it a port of the domain.`,
          },
          ...more,
        ],
      },
    ],
  },
});

const sharedByCommands = 'Commands do not import each other; what two of them share lies beside them.';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '{apps,libs}/*/bundle/**',
      '**/dist-spec/**',
      '**/node_modules/**',
      '.touchstone/**',
      '.images/**',
      '.nx/**',
      'models/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    plugins: { '@nx': nx },
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        Request: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        structuredClone: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
        TextEncoder: 'readonly',
        TextDecoder: 'readonly',
        performance: 'readonly',
        setImmediate: 'readonly',
      },
    },
    rules: {
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      // A branch that no spec takes gets one or is deleted (docs/adr/0018-coverage-floors.md).
      'no-warning-comments': ['error', { terms: ['istanbul ignore', 'c8 ignore', 'v8 ignore'] }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Export by name.' },
        { selector: 'TSEnumDeclaration', message: 'Use a const object or a union of literals.' },
        {
          selector: "CallExpression[callee.object.name='jest'][callee.property.name='mock']",
          message: 'Implement the port with a fake instead.',
        },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          allowCircularSelfDependency: false,
          // Entries are regular expressions ('#*' would match every import and switch the rule off).
          // These are subpath imports of the package itself.
          allow: ['^#'],
          // Specs of a library use the test library, which stands on that library. nx sees one edge per package,
          // so such a path looks like a cycle; tools/boundaries.mjs looks for cycles among shipped files alone.
          ignoredCircularDependencies: [['@touchstone/testing', '*']],
          depConstraints: [
            // What a package is (type) …
            {
              sourceTag: 'type:app',
              onlyDependOnLibsWithTags: ['type:core', 'type:contract', 'type:platform'],
            },
            {
              sourceTag: 'type:tool',
              onlyDependOnLibsWithTags: ['type:core', 'type:contract', 'type:platform', 'type:dev'],
            },
            {
              sourceTag: 'type:platform',
              onlyDependOnLibsWithTags: ['type:platform', 'type:core', 'type:contract'],
            },
            {
              sourceTag: 'type:core',
              onlyDependOnLibsWithTags: ['type:core', 'type:contract'],
              bannedExternalImports: outsideWorld,
            },
            {
              sourceTag: 'type:contract',
              onlyDependOnLibsWithTags: ['type:contract'],
              bannedExternalImports: outsideWorld,
            },
            {
              sourceTag: 'type:dev',
              onlyDependOnLibsWithTags: ['type:core', 'type:contract', 'type:platform', 'type:dev'],
            },
            {
              sourceTag: 'type:test',
              onlyDependOnLibsWithTags: [
                ...['type:core', 'type:contract', 'type:platform', 'type:dev', 'type:test'],
              ],
            },
            // … and whose business it is (scope): who verifies offline needs nothing of the services, and one chain's kind
            // is the business of those alone that speak with it.
            { sourceTag: 'scope:offline', onlyDependOnLibsWithTags: ['scope:offline'] },
            { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:offline', 'scope:shared'] },
            {
              sourceTag: 'scope:evm',
              onlyDependOnLibsWithTags: ['scope:offline', 'scope:shared', 'scope:evm'],
            },
          ],
        },
      ],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Specs, and what records their vectors, may use the test library and look at a vector file; the dependency rules above are for shipped code.
    files: ['**/*.spec.{ts,mjs}', '**/test/**/*.ts', 'libs/testing/**/*.ts', 'libs/chain-proofs/*.mjs'],
    rules: {
      '@nx/enforce-module-boundaries': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
    },
  },
  {
    files: [
      'libs/{canonical-json,content-address,crypto,merkle,groth16,chain-proofs,event-batch,evidence,contracts,evm-contracts}/src/**/*.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: outsideWorld,
              message: 'Core and contract libraries have no framework, store or network.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/cli/src/*/**/*.ts'],
    ignores: ['**/*.spec.ts', 'apps/cli/src/commands/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '/commands/', message: sharedByCommands }] }],
    },
  },
  {
    files: ['apps/cli/src/commands/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^\\./', message: sharedByCommands }] }],
    },
  },
  layer(
    'domain',
    ['adapters', 'persistence', 'transport', 'providers'],
    [
      {
        group: [...outsideWorld, '@touchstone/nats', '@touchstone/platform', '@touchstone/postgres'],
        message: 'The domain of an app is plain TypeScript: no framework, store or network.',
      },
      {
        regex: '^(?:\\.\\./)+(?:[^/]+\\.module|config|main|metrics|[^/]*service)\\.js$',
        message: 'The domain does not import what wires the app.',
      },
    ],
  ),
  layer('transport', ['adapters', 'persistence', 'providers']),
  layer('adapters', ['transport', 'providers']),
  layer('persistence', ['transport', 'adapters', 'providers']),
  {
    files: ['apps/*/src/config.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^\\./(?:adapters|persistence|transport|providers)/',
              message: 'The configuration knows the domain alone.',
            },
          ],
        },
      ],
    },
  },
  { files: ['*.config.mjs', 'tools/**/*.mjs', 'bench/**/*.mjs'], rules: { 'no-restricted-exports': 'off' } },
);
