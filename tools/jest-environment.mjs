import { TestEnvironment } from 'jest-environment-node';

/**
 * Gives each test file the outer realm's typed arrays: native modules (onnxruntime-node, secp256k1) check
 * `instanceof` against those, so that the sandbox's own copies would be refused.
 */
export default class SharedRealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const shared = {
      ArrayBuffer,
      BigInt64Array,
      BigUint64Array,
      Float32Array,
      Float64Array,
      Int8Array,
      Int16Array,
      Int32Array,
      Uint8Array,
      Uint16Array,
      Uint32Array,
    };
    for (const [name, value] of Object.entries(shared)) this.global[name] = value;
  }
}
