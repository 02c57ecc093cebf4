import {
  baselineAnswer,
  joinTokenAnswer,
  revokedKey,
  quarantineAnswer,
  rolloutAnswer,
  rolloutPage,
  type BaselineAnswer,
  type BaselineRequest,
  type JoinTokenAnswer,
  type RevokedKey,
  type QuarantineAnswer,
  type RolloutAnswer,
  type RolloutEnd,
  type RolloutRequest,
} from '@touchstone/contracts/http/attestation-hub';
import type { z } from 'zod';
import { readSecret } from '../stack/read-secret.js';
import { fetchJson } from '../stack/running-stack.js';
import { hubUrl, type HubOptions } from './hub.js';

/** A hub and the token with which its operator is known. */
export interface OperatedHub {
  readonly url: string;
  readonly token: string;
}

/** The token in the environment, else that of the running stack; undefined for a hub elsewhere. @throws CommandError */
export function operatorToken({ url, state }: HubOptions): string | undefined {
  const given = process.env['TOUCHSTONE_OPERATOR_TOKEN'];
  if (given) return given;
  return url === undefined ? readSecret(state, 'operator', 'TOUCHSTONE_OPERATOR_TOKEN') : undefined;
}

/** The hub that is meant. Without a token the hub refuses, and says so. @throws CommandError */
export function operatedHub(options: HubOptions): OperatedHub {
  return { url: hubUrl(options), token: operatorToken(options) ?? '' };
}

/** Calls a build right for a node. @throws CommandError `io` */
export function approveBuild(hub: OperatedHub, id: string, build: BaselineRequest): Promise<BaselineAnswer> {
  return send(hub, 'POST', `/v1/nodes/${encodeURIComponent(id)}/baselines`, baselineAnswer, build);
}

/** Puts a node into quarantine. @throws CommandError `io` */
export function quarantineNode(hub: OperatedHub, id: string, reason: string): Promise<QuarantineAnswer> {
  return send(hub, 'PUT', `/v1/nodes/${encodeURIComponent(id)}/quarantine`, quarantineAnswer, { reason });
}

/** Takes a node out of quarantine. @throws CommandError `io` */
export function releaseNode(hub: OperatedHub, id: string): Promise<QuarantineAnswer> {
  return send(hub, 'DELETE', `/v1/nodes/${encodeURIComponent(id)}/quarantine`, quarantineAnswer);
}

/** Begins a rollout. @throws CommandError `io` */
export function startRollout(
  hub: OperatedHub,
  name: string,
  rollout: RolloutRequest,
): Promise<RolloutAnswer> {
  return send(hub, 'PUT', `/v1/rollouts/${encodeURIComponent(name)}`, rolloutAnswer, rollout);
}

/** Ends a rollout. @throws CommandError `io` */
export function endRollout(
  hub: OperatedHub,
  name: string,
  outcome: RolloutEnd['outcome'],
): Promise<RolloutAnswer> {
  return send(hub, 'POST', `/v1/rollouts/${encodeURIComponent(name)}/end`, rolloutAnswer, { outcome });
}

/** All rollouts, page by page. @throws CommandError `io` */
export async function listRollouts(hub: OperatedHub, state?: string): Promise<RolloutAnswer[]> {
  const all: RolloutAnswer[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100' });
    if (state !== undefined) query.set('state', state);
    if (cursor !== null) query.set('cursor', cursor);
    const page: z.output<typeof rolloutPage> = await send(hub, 'GET', `/v1/rollouts?${query}`, rolloutPage);
    all.push(...page.rollouts);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}

/** Makes a token with which a node registers its key. @throws CommandError `io` */
export function makeJoinToken(hub: OperatedHub, nodeId: string, seconds: number): Promise<JoinTokenAnswer> {
  return send(hub, 'POST', '/v1/join-tokens', joinTokenAnswer, { nodeId, seconds });
}

/** Revokes the key of a node. @throws CommandError `io` */
export function revokeKey(hub: OperatedHub, id: string): Promise<RevokedKey> {
  return send(hub, 'DELETE', `/v1/nodes/${encodeURIComponent(id)}/keys`, revokedKey);
}

function send<T extends z.ZodType>(
  { url, token }: OperatedHub,
  method: string,
  path: string,
  contract: T,
  body?: object,
): Promise<z.output<T>> {
  return fetchJson(`${url}${path}`, contract, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}
