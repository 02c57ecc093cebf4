import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const { createContext } = vm;

/**
 * Gives each test file
 *
 * - a plain global object: behind the interceptors of an ordinary context every use of `BigInt` or `Array` costs as much
 *   as some hundred additions, and arithmetic on big integers takes up to twenty times as long as outside of Jest;
 * - the outer realm's typed arrays: native modules (onnxruntime-node, secp256k1) check `instanceof` against those, so
 *   that the sandbox's own copies would be refused.
 */
export default class SharedRealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
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
