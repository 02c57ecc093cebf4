#!/usr/bin/env node
// `nats-provision`: creates or updates streams and durables, prints what it did and exits.
import { readFileSync } from 'node:fs';
import { connectMesh } from './connection.js';
import { provision } from './jetstream/provision.js';
import type { MeshLogger } from './observer.js';

function write(level: string, fields: Record<string, unknown>, message: string): void {
  const error = fields['err'] instanceof Error ? { err: fields['err'].message } : {};
  process.stderr.write(`${JSON.stringify({ level, ...fields, ...error, msg: message })}\n`);
}

const logger: MeshLogger = {
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
};

function positiveInteger(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new Error(`${name} is "${text}", expected a positive integer.`);
  return Number(text);
}

function password(): string {
  const file = process.env['NATS_PASSWORD_FILE'];
  return file ? readFileSync(file, 'utf8').trim() : (process.env['NATS_PASSWORD'] ?? '');
}

async function main(): Promise<void> {
  const url = process.env['NATS_URL'];
  if (!url) throw new Error('NATS_URL is not set; expected for example nats://127.0.0.1:4222.');
  const replicas = positiveInteger('TOUCHSTONE_NATS_REPLICAS');
  const maxAgeDays = positiveInteger('TOUCHSTONE_NATS_MAX_AGE_DAYS');
  const maxBytes = positiveInteger('TOUCHSTONE_NATS_STREAM_MAX_BYTES');
  const user = process.env['NATS_USER'] ?? 'provisioner';
  const mesh = await connectMesh({ url, user, password: password(), service: 'provisioner', logger });
  try {
    const report = await provision(mesh.nc, {
      ...(replicas === undefined ? {} : { replicas }),
      ...(maxAgeDays === undefined ? {} : { maxAgeDays }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    await mesh.close();
  }
}

main().catch((error: unknown) => {
  write('error', { err: error }, 'provisioning failed');
  process.exitCode = 1;
});
