import { serviceNames } from '@touchstone/contracts';
import { describe, expect, it } from '@jest/globals';
import {
  anchorTargets,
  serviceEnvironment,
  serviceSecrets,
  type ServiceContext,
} from './service-environment.js';

const address = (digit: string): string => `0x${digit.repeat(40)}`;
const context = (service: ServiceContext['service'], urls: ServiceContext['urls'] = {}): ServiceContext => ({
  service,
  ports: { http: 1, grpc: 2, health: 3 },
  urls,
  databaseUrl: 'postgres://x',
  nats: { url: 'nats://x', user: service, password: 'p' },
  chain: {
    chainId: 84_532,
    rpcUrl: 'http://x',
    usdc: address('1'),
    anchorRegistry: address('2'),
    multicall3: address('3'),
    anchorSubmitter: address('4'),
    settlementSubmitter: address('5'),
    payer: address('6'),
    treasury: address('7'),
  },
  logOrigin: 'localhost/touchstone/0',
  root: '/checkout',
  dataFolder: '/checkout/.touchstone/data/x',
  operatorTokenSha256: 'a'.repeat(64),
  secrets: { SECRET: 's' },
  settings: {},
});

describe('environment of the services', () => {
  it.each(serviceNames)('%s has its ports, database, mesh user and secrets', (service) => {
    expect(serviceEnvironment(context(service))).toMatchObject({
      DATABASE_URL: 'postgres://x',
      NATS_URL: 'nats://x',
      TOUCHSTONE_NATS_USER: service,
      TOUCHSTONE_NATS_PASSWORD: 'p',
      TOUCHSTONE_HTTP_PORT: '1',
      TOUCHSTONE_GRPC_PORT: '2',
      TOUCHSTONE_HEALTH_PORT: '3',
      TOUCHSTONE_DRAIN_SECONDS: '0',
      SECRET: 's',
    });
  });

  it('names contracts to the signer and the receiver of payments to the gateway', () => {
    expect(serviceEnvironment(context('signer'))).toMatchObject({
      TOUCHSTONE_ANCHOR_CONTRACTS: `{"eip155:84532":"${address('2')}"}`,
      TOUCHSTONE_SETTLEMENT_ASSET: address('1'),
    });
    const gateway = serviceEnvironment(context('inference-gateway', { 'proof-service': 'http://proofs' }));
    expect(gateway).toMatchObject({
      TOUCHSTONE_PAY_TO: address('7'),
      TOUCHSTONE_EVIDENCE_URL: 'http://proofs',
    });
    expect(gateway).not.toHaveProperty('TOUCHSTONE_PUBLIC_URL');
  });

  it('leaves no part of the payment’s domain to a service’s default, which is Base', () => {
    const network = 'eip155:84532';
    const token = { TOUCHSTONE_PAYMENT_NETWORK: network, TOUCHSTONE_PAYMENT_ASSET: address('1') };
    expect(serviceEnvironment(context('inference-gateway'))).toMatchObject({
      ...token,
      TOUCHSTONE_PAYMENT_ASSET_NAME: 'USDC',
      TOUCHSTONE_PAYMENT_ASSET_VERSION: '2',
    });
    expect(serviceEnvironment(context('payment-verifier'))).toMatchObject(token);
    expect(serviceEnvironment(context('signer'))).toMatchObject({ TOUCHSTONE_SETTLEMENT_NETWORK: network });
  });

  it('anchors every checkpoint on the chain, and at the authority where there is one', () => {
    const { chain } = context('anchor-worker');
    const onChain = {
      ...{ kind: 'evm', network: 'eip155:84532', url: 'http://x', contract: address('2') },
      ...{ spacingMs: 0, pollMs: 200 },
    };
    expect(JSON.parse(anchorTargets({ chain }))).toEqual([onChain]);
    const tsa = { network: 'tsa:x', url: 'http://tsa', roots: ['MAA='], policies: ['1.2'] };
    const environment = serviceEnvironment({ ...context('anchor-worker'), tsa });
    expect(JSON.parse(environment['TOUCHSTONE_ANCHOR_TARGETS'] ?? '')).toEqual([
      onChain,
      { kind: 'rfc3161', ...tsa, spacingMs: 0 },
    ]);
    expect(serviceEnvironment(context('proof-service'))).toMatchObject({
      TOUCHSTONE_ANCHOR_CONTRACTS: `{"eip155:84532":"${address('2')}"}`,
    });
  });

  it('lets settings of the starter win', () => {
    const settings = { TOUCHSTONE_PAYMENT_MODE: 'off', TOUCHSTONE_INFERENCE_WORKERS: '2' };
    expect(serviceEnvironment({ ...context('inference-gateway'), settings })).toMatchObject(settings);
  });

  it('names the origins of pages to the services with public routes, and to no other', () => {
    const named = serviceNames.filter((name) =>
      Object.hasOwn(
        serviceEnvironment({ ...context(name), corsOrigins: 'https://shop.example' }),
        'TOUCHSTONE_CORS_ORIGINS',
      ),
    );
    expect([...named].sort()).toEqual(['inference-gateway', 'payment-verifier', 'proof-service']);
    expect(serviceEnvironment(context('inference-gateway'))).not.toHaveProperty('TOUCHSTONE_CORS_ORIGINS');
  });

  it('hands the tokens of nodes to the hub alone, which takes no posted heartbeat without them', () => {
    const named = serviceNames.filter((name) =>
      Object.hasOwn(
        serviceEnvironment({ ...context(name), heartbeatTokens: 'off' }),
        'TOUCHSTONE_HEARTBEAT_TOKENS',
      ),
    );
    expect(named).toEqual(['attestation-hub']);
    expect(serviceEnvironment(context('attestation-hub'))).not.toHaveProperty('TOUCHSTONE_HEARTBEAT_TOKENS');
  });

  it('gives its rules to the hub alone', () => {
    const flipRules = { ATTESTATION_FLIP_WINDOW_SEC: '60' };
    const named = serviceNames.filter((name) =>
      Object.hasOwn(serviceEnvironment({ ...context(name), flipRules }), 'ATTESTATION_FLIP_WINDOW_SEC'),
    );
    expect(named).toEqual(['attestation-hub']);
  });

  it('tells the gateway and the hub the digest of the operator’s token, and nobody else', () => {
    const told = serviceNames.filter((name) =>
      Object.values(serviceEnvironment(context(name))).includes('a'.repeat(64)),
    );
    expect([...told].sort()).toEqual(['attestation-hub', 'inference-gateway']);
  });

  it('gives private keys to the signer alone', () => {
    const holders = serviceNames.filter((name) =>
      Object.keys(serviceSecrets[name] ?? {}).some((variable) => /_HEX$/.test(variable)),
    );
    expect(holders).toEqual(['signer']);
  });
});
