// The worker on an engine that has a Float16Array which native code does not know, whatever Node runs it. Node 23 and
// later have one of their own; before that this class stands for it: made from a buffer, and no typed array to native
// code.
const ELEMENT_BYTES = 2;

globalThis.Float16Array ??= class Float16Array extends DataView {
  constructor(buffer, offset, length) {
    super(buffer, offset, length * ELEMENT_BYTES);
  }

  get length() {
    return this.byteLength / ELEMENT_BYTES;
  }

  static from() {
    throw new Error('Nothing here makes one from numbers.');
  }
};
await import('../../worker/onnx-worker.mjs');
