// Sends HTTP/1.1 requests over kept connections from a process of its own, so that the load does not share a thread
// with what is measured. The plan comes on standard input as JSON, the outcome goes to standard output as JSON.
// Bare sockets: a client library would be busier than the servers it measures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { quantile } from './quantile.mjs';

const HEAD_END = Buffer.from('\r\n\r\n');

/** The bytes of a request. */
function requestBytes({ method, path, host, headers = {}, body }) {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
}

/** One kept connection with one request under way. */
class Client {
  constructor(port, onAnswer) {
    this.onAnswer = onAnswer;
    this.buffer = Buffer.alloc(0);
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.take(chunk));
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('error', (error) => this.onAnswer(this, 0, Buffer.from(error.message)));
  }

  send(bytes) {
    this.sentMs = performance.now();
    this.socket.write(bytes);
  }

  take(chunk) {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    const headEnd = this.buffer.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.buffer.toString('latin1', 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const end = headEnd + HEAD_END.length + length;
    if (this.buffer.length < end) return;
    const body = this.buffer.subarray(headEnd + HEAD_END.length, end);
    this.buffer = this.buffer.subarray(end);
    this.onAnswer(this, Number(head.slice(9, 12)), body);
  }
}

/** Runs a plan: `clients` connections, each with one request under way, until `seconds` or `requests` are over. */
async function run(plan) {
  const { port, requests, clients, seconds = Infinity, total = Infinity, match } = plan;
  const prepared = requests.map(requestBytes);
  const latencies = [];
  const statuses = {};
  const matches = [];
  const pattern = match === undefined ? undefined : new RegExp(match);
  let sent = 0;
  let firstFailure;
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const next = (client) => {
    if (sent >= total || performance.now() - startedMs >= seconds * 1_000) return client.socket.end();
    client.send(prepared[sent++ % prepared.length]);
  };
  const pool = Array.from({ length: clients }, () => {
    const client = new Client(port, (one, status, body) => {
      latencies.push(performance.now() - one.sentMs);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status !== 200 && status !== 202) firstFailure ??= `${status} ${body.toString().slice(0, 500)}`;
      if (pattern) matches.push(pattern.exec(body.toString())?.[1]);
      if (status === 0) one.socket.destroy();
      else next(one);
    });
    return client;
  });
  for (const client of pool) next(client);
  await Promise.all(pool.map(({ closed }) => closed));
  const elapsedSeconds = (performance.now() - startedMs) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  return {
    count: latencies.length,
    seconds: elapsedSeconds,
    rate: latencies.length / elapsedSeconds,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    p99: quantile(latencies, 0.99),
    statuses,
    firstFailure,
    cpuShare: (cpu.user + cpu.system) / 1e6 / elapsedSeconds,
    ...(pattern ? { matches } : {}),
  };
}

/**
 * Runs a plan in a child process.
 *
 * @throws Error when an answer was not a success
 */
export async function httpLoad(plan) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(plan));
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The load ended with code ${code}.`);
  const outcome = JSON.parse(Buffer.concat(chunks).toString());
  if (outcome.firstFailure) throw new Error(`An answer of the load failed: ${outcome.firstFailure}`);
  return outcome;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  process.stdout.write(JSON.stringify(await run(JSON.parse(Buffer.concat(chunks).toString()))));
}
