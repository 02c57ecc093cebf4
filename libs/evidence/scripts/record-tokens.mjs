// Makes libs/chain-proofs/vectors/time-stamp-tokens.json anew with openssl, and then the vectors. The new tokens have other keys, serial numbers and
// signatures, so that every expectation that shows them changes.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const writeVectors = fileURLToPath(new URL('write-vectors.mjs', import.meta.url));
const env = { ...process.env, TOUCHSTONE_RECORD_TOKENS: '1' };
process.exitCode = spawnSync(process.execPath, [writeVectors], { stdio: 'inherit', env }).status ?? 1;
