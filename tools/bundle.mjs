// Puts each program and all that it imports into one folder, `bundle` beside its `dist`, so that a process reads a few files instead of
// thousands: Node spends four fifths of a start with finding and parsing modules one by one.
import { existsSync, readdirSync, rmSync, statSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Stay in node_modules: native code, packages that read files beside their own, and what must come first. */
const READ_AT_RUN_TIME = [
  'reflect-metadata',
  'secp256k1',
  'onnxruntime-node',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@grpc/reflection',
  'grpc-health-check',
];

/** Named by frameworks for what nobody here uses, and not installed. */
const NEVER_INSTALLED = [
  '@google-cloud/*',
  '@nestjs/platform-fastify',
  '@nestjs/platform-socket.io',
  '@nestjs/websockets*',
  '@sap/*',
  'amqp-connection-manager',
  'amqplib',
  'better-sqlite3',
  'class-transformer*',
  'class-validator',
  'ioredis',
  'kafkajs',
  'mongodb',
  'mqtt',
  'mssql',
  'mysql*',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'react-native-sqlite-storage',
  'redis',
  'sql.js',
  'sqlite3',
  'typeorm-aurora-data-api-driver',
];

/** What code in CommonJS expects of its surroundings. */
const COMMONJS = [
  "import { createRequire as bundleRequire } from 'node:module';",
  "import { fileURLToPath as bundlePath } from 'node:url';",
  'const require = bundleRequire(import.meta.url);',
  'const __filename = bundlePath(import.meta.url);',
  "const __dirname = bundlePath(new URL('.', import.meta.url));",
].join('');

/** Decorators need the metadata before they run, in whatever part of a bundle they end up. */
const metadataFirst = {
  name: 'metadata first',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/@nestjs\/.*\.js$/ }, ({ path }) => ({
      contents: `import 'reflect-metadata';\n${readFileSync(path, 'utf8')}`,
    }));
  },
};

/** A module of ours that finds a file beside itself still finds it there. */
const ownPlaces = (folder) => ({
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:libs|apps)\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const place = JSON.stringify(relative(folder, path));
      return { contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`) };
    });
  },
});

/** What runs as a process of its own: the services, the command line, and what the launcher runs beside them. */
const programs = [
  ...[
    'signer',
    'inference-gateway',
    'attestation-hub',
    'anchor-worker',
    'proof-service',
    'payment-verifier',
  ].map((service) => ({ folder: `apps/${service}`, entry: 'main.js' })),
  // Of the command line each command loads its own.
  { folder: 'apps/cli', entry: 'main.js', splitting: true },
  { folder: 'libs/nats', entry: 'provision-main.js' },
];

async function bundle({ folder, entry, splitting = false }) {
  const outdir = `${root}${folder}/bundle`;
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [`${root}${folder}/dist/${entry}`],
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting,
    chunkNames: 'part-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Names of classes stand in logs, in the table of migrations and in injection tokens.
    keepNames: true,
    legalComments: 'inline',
    banner: { js: COMMONJS },
    external: [...READ_AT_RUN_TIME, ...NEVER_INSTALLED],
    plugins: [metadataFirst, ownPlaces(outdir)],
    logLevel: 'warning',
  });
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** When the newest compiled project or installed package was written. */
function newestInput() {
  const projects = ['libs', 'apps'].flatMap((group) =>
    readdirSync(`${root}${group}`).map((name) => `${root}${group}/${name}/dist/tsconfig.lib.tsbuildinfo`),
  );
  return Math.max(
    ...[...projects, `${root}node_modules/.package-lock.json`, fileURLToPath(import.meta.url)].map(modified),
  );
}

const since = newestInput();
const old = programs.filter(({ folder, entry }) => modified(`${root}${folder}/bundle/${entry}`) <= since);
await Promise.all(old.map(bundle));
