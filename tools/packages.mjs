// What esbuild needs to know of the packages, for the programs (bundle.mjs) and for the specs (test-packages.mjs).
import { readFileSync } from 'node:fs';

/** Stay in node_modules: native code, packages that read files beside their own, and what must come first. */
export const READ_AT_RUN_TIME = [
  'reflect-metadata',
  'secp256k1',
  'onnxruntime-node',
  'sharp',
  '@huggingface/tokenizers',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@grpc/reflection',
  'grpc-health-check',
];

/** Named by frameworks for what nobody here uses, and not installed. */
export const NEVER_INSTALLED = [
  '@google-cloud/*',
  '@nestjs/platform-express',
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
export const COMMONJS = [
  "import { createRequire as bundleRequire } from 'node:module';",
  "import { fileURLToPath as bundlePath } from 'node:url';",
  'const require = bundleRequire(import.meta.url);',
  'const __filename = bundlePath(import.meta.url);',
  "const __dirname = bundlePath(new globalThis.URL('.', import.meta.url));",
].join('');

/** Decorators need the metadata before they run, in whatever part of a bundle they end up. */
export const metadataFirst = {
  name: 'metadata first',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/@nestjs\/.*\.js$/ }, ({ path }) => ({
      contents: `import 'reflect-metadata';\n${readFileSync(path, 'utf8')}`,
    }));
  },
};
