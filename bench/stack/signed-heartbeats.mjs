// Nodes with keys as the hub sees them: each joins with a token, and signs the nonce that the answer before handed out.
import { createPublicKey, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../libs/canonical-json/dist/index.js';
import { httpLoad } from './http-load.mjs';

const WHOLE = '^([^]*)$';
const bytesOf = (domain, members) => Buffer.from(`touchstone.${domain}.v1|${canonicalJson(members)}`);

function post(host, path, body, headers = {}) {
  return {
    method: 'POST',
    ...{ path, host },
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function newNode(nodeId) {
  const { privateKey } = generateKeyPairSync('ed25519');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = spki.subarray(-32);
  const keyId = createHash('sha256').update(publicKey).digest('hex');
  return { nodeId, privateKey, publicKey: publicKey.toString('hex'), keyId, nonce: null };
}

/** A crowd of nodes that joined a hub. */
export class SignedCrowd {
  constructor(url, stateDir, nodes, message) {
    const { port, host } = new URL(url);
    this.host = host;
    this.load = (requests, clients) =>
      httpLoad({ ...{ port: Number(port), requests, clients }, total: requests.length, match: WHOLE });
    this.message = message;
    this.nodes = new Map(
      Array.from({ length: nodes }, (_, node) => [`signed-${node}`, newNode(`signed-${node}`)]),
    );
    const secrets = readFileSync(join(stateDir, 'secrets', 'operator.env'), 'utf8');
    this.authorization = `Bearer ${/^TOUCHSTONE_OPERATOR_TOKEN=(\S+)$/m.exec(secrets)[1]}`;
  }

  /** Registers every key. */
  async join(clients) {
    const nodes = [...this.nodes.values()];
    const asked = nodes.map(({ nodeId }) =>
      post(this.host, '/v1/join-tokens', { nodeId }, { authorization: this.authorization }),
    );
    const tokens = (await this.load(asked, clients)).matches.map((text) => JSON.parse(text));
    const joining = tokens.map(({ nodeId, token }) => {
      const { privateKey, publicKey } = this.nodes.get(nodeId);
      const body = { token, node_id: nodeId, public_key: publicKey };
      const proof = sign(null, bytesOf('join', body), privateKey).toString('hex');
      return post(this.host, '/v1/nodes/join', { ...body, proof });
    });
    this.keep((await this.load(joining, clients)).matches);
  }

  /** One heartbeat of every node. They are signed before the time is taken. */
  async beat(clients) {
    const requests = [...this.nodes.values()].map(({ nodeId, privateKey, keyId, nonce }) => {
      const signature = { key_id: keyId, nonce };
      const said = { ...this.message(nodeId), signature };
      const value = sign(null, bytesOf('heartbeat', said), privateKey).toString('hex');
      return post(this.host, '/v1/nodes/heartbeat', { ...said, signature: { ...signature, value } });
    });
    const outcome = await this.load(requests, clients);
    this.keep(outcome.matches);
    return outcome;
  }

  keep(answers) {
    for (const text of answers) {
      const { nodeId, nonce } = JSON.parse(text);
      this.nodes.get(nodeId).nonce = nonce;
    }
  }
}
