import { spawn } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { meshUsers, serviceNames, type MeshUser } from '@touchstone/contracts';
import { connectMesh, type Mesh } from '@touchstone/nats';
import type { RunningStack } from '@touchstone/embedded';
import { readOutbox } from './outbox-events.js';
import type { Haystack } from './secret-search.js';

/** Milliseconds that a process which ought to end by itself may take. */
const END_TIMEOUT_MS = 60_000;

/** What an HTTP answer shows: status, headers and body. */
export async function answerOf(
  url: string,
  init: RequestInit = {},
  send = fetch,
): Promise<Haystack & { status: number }> {
  const response = await send(url, init);
  const body = Buffer.from(await response.arrayBuffer());
  const head = JSON.stringify([...response.headers]);
  const name = `${init.method ?? 'GET'} ${url} (${response.status})`;
  return { name, status: response.status, bytes: Buffer.concat([Buffer.from(head), body]) };
}

/** What a gRPC server answers to a call with a body that it cannot read, headers and trailers included. */
export function grpcAnswerOf(port: number, path: string, headers: Record<string, string>): Promise<Haystack> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const call = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const parts: Buffer[] = [];
    const note = (found: IncomingHttpHeaders): void => void parts.push(Buffer.from(JSON.stringify(found)));
    call.on('response', note);
    call.on('trailers', note);
    call.on('data', (chunk: Buffer) => parts.push(chunk));
    call.on('error', reject);
    call.on('end', () => {
      session.close();
      resolve({ name: `grpc ${path}`, bytes: Buffer.concat(parts) });
    });
    call.end(Buffer.from([0, 0, 0, 0, 3, 0x0a, 0xff, 0x01]));
  });
}

/**
 * What a command writes until it ends, or is killed because it does not.
 *
 * @param until what it writes before it is asked to end
 */
export function outputOf(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  until?: string,
): Promise<Haystack & { code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const parts: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        parts.push(chunk);
        // A second signal would end it at once.
        if (until === undefined || child.killed || !Buffer.concat(parts).includes(until)) return;
        child.kill('SIGTERM');
      });
    const bound = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
    child.on('close', (code) => {
      clearTimeout(bound);
      resolve({ name, code, bytes: Buffer.concat(parts) });
    });
  });
}

/** Every file below a folder with its permission bits; sockets and what vanishes meanwhile are left out. */
export function filesBelow(folder: string): (Haystack & { mode: number })[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    if (!entry.isFile()) return [];
    try {
      return [{ name: path, mode: lstatSync(path).mode & 0o777, bytes: readFileSync(path) }];
    } catch {
      return [];
    }
  });
}

/** Listens to everything that the users of the mesh may hear: requests, replies, discovery. */
export async function listenToMesh(
  stack: RunningStack,
): Promise<{ heard: Haystack[]; close(): Promise<void> }> {
  const heard: Haystack[] = [];
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const connections: Mesh[] = [];
  for (const [user, { subscribe }] of Object.entries(meshUsers(stack.secrets.nodes))) {
    const login = stack.natsLogin(user as MeshUser);
    const mesh = await connectMesh({
      url: stack.description.nats.url,
      ...login,
      service: user as MeshUser,
      logger: silent,
    });
    connections.push(mesh);
    for (const subject of subscribe) {
      mesh.nc.subscribe(subject, {
        callback: (_error, message) => {
          const headers = [...(message.headers ?? [])].flat(2).join('\n');
          heard.push({ name: message.subject, bytes: Buffer.concat([Buffer.from(headers), message.data]) });
        },
      });
    }
    await mesh.nc.flush();
  }
  return { heard, close: async () => void (await Promise.all(connections.map((mesh) => mesh.close()))) };
}

/** Every message that a stream still holds. */
export async function streamMessages(stack: RunningStack): Promise<Haystack[]> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const login = stack.natsLogin('provisioner');
  const mesh = await connectMesh({
    url: stack.description.nats.url,
    ...login,
    service: 'provisioner',
    logger: silent,
  });
  const ask = async (subject: string, body: object): Promise<Record<string, unknown>> =>
    (await mesh.nc.request(subject, JSON.stringify(body))).json();
  const found: Haystack[] = [];
  const { streams } = (await ask('$JS.API.STREAM.NAMES', {})) as { streams: string[] };
  for (const stream of streams) {
    const { state } = (await ask(`$JS.API.STREAM.INFO.${stream}`, {})) as {
      state: { first_seq: number; last_seq: number };
    };
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const { message } = (await ask(`$JS.API.STREAM.MSG.GET.${stream}`, { seq })) as {
        message?: { subject: string; data?: string; hdrs?: string };
      };
      if (!message) continue;
      const parts = [message.hdrs, message.data].map((part) => Buffer.from(part ?? '', 'base64'));
      found.push({ name: `${stream} ${message.subject}`, bytes: Buffer.concat(parts) });
    }
  }
  await mesh.close();
  for (const service of serviceNames.filter((name) => name !== 'proof-service'))
    for (const { subject, headers, payload } of await readOutbox(stack, service))
      found.push({
        name: `outbox of ${service}: ${subject}`,
        bytes: Buffer.concat([Buffer.from(JSON.stringify(headers)), payload]),
      });
  return found;
}
