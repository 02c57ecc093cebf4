export { checkInterface, type CheckOptions, type CheckResult } from './interface/check-interface.js';
export { alteredDocuments, type AlteredDocument } from './altered-documents.js';
export { available } from './available.js';
export {
  verifyIndependently,
  canonicalizeIndependently,
  verifyPairsIndependently,
  type IndependentCase,
  type IndependentReport,
} from './independent-verifier.js';
export {
  pythonWithCryptography,
  pythonWithEzkl,
  pythonWithOnnxruntime,
  pythonWithPreparation,
  pythonWithPyEcc,
  pythonWithVerifiers,
  runPython,
} from './python.js';
export { readVectors, vectorsFolder, vectorsPath, vectorsPresent } from './vectors.js';
export { CHROMIUM_FLAGS, CHROMIUM_REMEDY, findChromium, obtainChromium } from './chromium.js';
export { FakeClock } from './clock.js';
export { freePort, postgresAccount } from '@touchstone/embedded';
export {
  field,
  floatField,
  join,
  linearClassifier,
  onnxAttribute,
  onnxGraph,
  onnxModel,
  onnxTensor,
  varint,
  type OnnxAttributeValue,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValue,
} from './onnx-model.js';
export { ChainNodeProxy, type ProxyDecision } from './chain-node/chain-node-proxy.js';
export {
  SIGNER_DOUBLE_ORIGIN,
  SIGNER_DOUBLE_TENANT,
  SignerDouble,
  type SignerClient,
  type SignerFault,
} from './signer/signer-double.js';
export { eventBatchKeyId, signerSeeds } from './signer/signer-keys.js';
export { AttestationHubDouble, type HeardHeartbeat } from './attestation-hub-double.js';
export { chainNodes, type ChainNodePersonality, type NodeRefusal } from './chain-node/personality.js';
export { startTestAnvil } from './test-anvil.js';
export { createTestDatabase, type DatabaseTemplate, type TestDatabase } from './test-database.js';
export { testNats, type TestNats } from './test-nats.js';
export { TEST_NODES, testUser, type MeshUserName } from './test-users.js';
export { oldOutbox, olderVersions, type ServiceDataSource } from './older-versions.js';
export { OwnNats } from './own-nats.js';
export {
  DISTRIBUTION_POSTGRES_REMEDY,
  obtainDistributionPostgres,
  startDistributionPostgres,
  type DistributionPostgres,
} from './distribution-postgres.js';
export { obtainPgbouncer, PGBOUNCER_REMEDY, startPgbouncer, type Pgbouncer } from './pgbouncer.js';
export { commitOnBoth, startPostgresStandby } from './postgres-standby.js';
export { startPostgresPair, type PostgresPair } from './postgres-pair.js';
export { startOwnPostgres, type OwnPostgres } from './own-postgres.js';
export { startTestServers, testServers, type TestServers } from './test-servers.js';
export {
  makeAuthority,
  type RevocationOptions,
  type StampOptions,
  type TestAuthority,
} from './tsa/authority.js';
export { AUTHORITY_POLICY, type AuthorityOptions } from './tsa/options.js';
export { isOpensslPresent, OPENSSL_REMEDY } from './tsa/openssl.js';
export { fuzzAtRandom, replayFuzzCorpus } from './fuzz-target.js';
export { TcpProxy } from './tcp-proxy.js';
export { waitUntil } from './wait-until.js';
