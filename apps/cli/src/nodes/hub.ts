import type { Heartbeat } from '@touchstone/contracts';
import {
  auditLine,
  heartbeatAnswer,
  nodeDetail,
  nodePage,
  removedNode,
  type AuditLine,
  type HeartbeatAnswer,
  type NodeAnswer,
  type NodeDetail,
} from '@touchstone/contracts/http/attestation-hub';
import { readerOf } from '@touchstone/contracts/http/reader-of';
import { CommandError, exitCodes } from '../exit-codes.js';
import { describeProblem, fetchJson, requireStack, urlOf, withinTime } from '../stack/running-stack.js';

/** Options that say which hub is meant. */
export interface HubOptions {
  readonly url?: string;
  readonly state: string;
}

const NODES_PER_REQUEST = 100;

/**
 * Where the hub is.
 *
 * @throws CommandError `usage` when the URL is none, `configuration` when no stack runs
 */
export function hubUrl({ url, state }: HubOptions): string {
  if (url === undefined) return urlOf(requireStack(state), 'attestation-hub');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new CommandError(exitCodes.usage, `${url} is no URL such as http://127.0.0.1:8787.`);
  return url.replace(/\/+$/, '');
}

/** All nodes, page by page. @throws CommandError `io` */
export async function listNodes(url: string, status?: string): Promise<NodeAnswer[]> {
  const nodes: NodeAnswer[] = [];
  let cursor: string | null = null;
  do {
    const query: URLSearchParams = new URLSearchParams({ limit: String(NODES_PER_REQUEST) });
    if (status !== undefined) query.set('status', status);
    if (cursor !== null) query.set('cursor', cursor);
    const page = await fetchJson(`${url}/v1/nodes?${query}`, nodePage);
    nodes.push(...page.nodes);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return nodes;
}

/** One node with its history. @throws CommandError `io` */
export function showNode(url: string, id: string): Promise<NodeDetail> {
  return fetchJson(nodeUrl(url, id), nodeDetail);
}

/** Posts a heartbeat on the path that hosts use. @throws CommandError `io` */
export function sendHeartbeat(
  url: string,
  message: Heartbeat,
  token: string | undefined,
): Promise<HeartbeatAnswer> {
  return fetchJson(`${url}/api/hosts/heartbeat`, heartbeatAnswer, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    body: JSON.stringify(message),
  });
}

/** The figures of the hub by name. @throws CommandError `io` */
export async function readFigures(url: string): Promise<Map<string, number>> {
  const lines = (await fetchText(`${url}/metrics`)).split('\n');
  return new Map(lines.map((line) => [line.split(/[ {]/)[0] ?? '', Number(line.split(' ').at(-1))]));
}

/** What was found of a node. @throws CommandError `io` */
export async function readAudit(url: string, node: string, token: string): Promise<AuditLine[]> {
  const text = await fetchText(`${url}/v1/audit?node=${encodeURIComponent(node)}`, bearer(token));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => readerOf(auditLine).parse(JSON.parse(line)));
}

/** Has the hub forget a node. @throws CommandError `io` */
export async function removeNode(url: string, id: string, token: string): Promise<void> {
  await fetchJson(nodeUrl(url, id), removedNode, { method: 'DELETE', headers: bearer(token) });
}

function nodeUrl(url: string, id: string): string {
  return `${url}/v1/nodes/${encodeURIComponent(id)}`;
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function fetchText(url: string, headers: Record<string, string> = {}): Promise<string> {
  return withinTime(url, async (signal) => {
    const response = await fetch(url, { headers, signal });
    if (!response.ok) throw new CommandError(exitCodes.io, await describeProblem(url, response));
    return response.text();
  });
}
