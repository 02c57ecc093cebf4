import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CanonicalTensor, OutputRecorded } from '@touchstone/contracts';
import { problemOf } from '@touchstone/testing/service';
import { encodeTensor, fromRaw, tensorsHash } from '@touchstone/evidence';
import { onnxModel } from '@touchstone/testing';
import fc from 'fast-check';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, operator } from './support/operator-requests.js';

type Floating = 'FP16' | 'FP32' | 'FP64';

interface AnswerTensor {
  readonly shape: number[];
  readonly data: (number | string)[];
}
interface Answer {
  readonly verificationId: string;
  readonly outputs: readonly AnswerTensor[];
  readonly proof: { readonly inputHash: string; readonly outputHash: string };
}

/** Gives back what it gets. */
const identity = (type: Floating | 'INT64') =>
  onnxModel({
    inputs: [{ name: 'x', type, shape: ['n'] }],
    outputs: [{ name: 'y', type, shape: ['n'] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(operator);
  for (const type of ['FP16', 'FP32', 'FP64', 'INT64'] as const) {
    const added = await add(gateway, { name: type.toLowerCase(), priceAtomic: '0' }, identity(type));
    expect(added.status).toBe(201);
  }
}, 60_000);

afterAll(() => fixture?.close());

/** Sends data as the text that it is. */
const ask = (type: Floating | 'INT64', length: number, data: string) =>
  infer(
    gateway,
    type.toLowerCase(),
    `{"inputs":[{"name":"x","datatype":"${type}","shape":[${length}],"data":${data}}]}`,
  );

/** The text of the data in an answer, exactly as it was sent. */
const dataText = (body: string): string => /"data":(\[[^\]]*\])/.exec(body)?.[1] ?? '';

const hashOf = (tensor: CanonicalTensor): string => {
  const hash = tensorsHash([tensor]);
  return hash.ok ? hash.value : hash.error.detail;
};

/**
 * Sends values, and what the answer shows of them as the next request.
 *
 * @returns the two answers and the texts of their data
 */
async function twice(type: Floating, values: readonly number[]) {
  const text = `[${values.map((value) => (Object.is(value, -0) ? '-0' : JSON.stringify(value))).join(',')}]`;
  const first = await (await ask(type, values.length, text)).text();
  const second = await (await ask(type, values.length, dataText(first))).text();
  return [first, second].map((body) => ({ answer: JSON.parse(body) as Answer, data: dataText(body) }));
}

/** Little-endian bits of values, written without the code under test. */
function bitsOf(type: 'FP32' | 'FP64', values: readonly number[]): Uint8Array {
  const array = type === 'FP32' ? Float32Array.from(values) : Float64Array.from(values);
  return new Uint8Array(array.buffer);
}

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const float64 = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Integral values beyond 2^53 − 1 are seldom among random ones. */
const large = fc.integer({ min: 53, max: 127 }).map((exponent) => 2 ** exponent);
const signed = fc.tuple(large, fc.constantFrom(1, -1)).map(([value, sign]) => value * sign);

describe('a floating tensor', () => {
  it.each([
    ['FP32', '1e16'],
    ['FP32', '9007199254740993'],
    ['FP32', '3.4028234663852886e38'],
    ['FP64', '1e16'],
    ['FP64', '9007199254740993'],
    ['FP64', '-1.7976931348623157e308'],
    ['FP64', '5e-324'],
    ['FP16', '65504'],
  ] as const)('of %s takes %s', async (type, text) => {
    const response = await ask(type, 1, `[${text}]`);
    expect(response.status).toBe(200);
    const { outputs } = (await response.json()) as Answer;
    expect(outputs[0]?.data).toEqual([type === 'FP32' ? Math.fround(Number(text)) : Number(text)]);
  });

  it.each([
    ['FP32', float32],
    ['FP64', float64],
  ] as const)(
    'of %s goes out and comes back bit by bit, and so into evidence',
    async (type, element) => {
      const values = fc.array(fc.oneof(element, signed, fc.constantFrom(0, -0)), {
        minLength: 200,
        maxLength: 200,
      });
      await fc.assert(
        fc.asyncProperty(values, async (sent) => {
          const expected = hashOf(fromRaw('x', type, [sent.length], bitsOf(type, sent)));
          const [first, second] = await twice(type, sent);
          expect(first?.answer.proof.inputHash).toBe(expected);
          expect(second?.answer.proof.inputHash).toBe(expected);
          expect(second?.answer.proof.outputHash).toBe(first?.answer.proof.outputHash);
          expect(second?.data).toBe(first?.data);
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );

  it('of FP16 goes out and comes back for each of its finite values', async () => {
    const finite = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00,
    );
    const raw = new Uint8Array(finite.buffer);
    const values = [...finite].map((bits) => {
      const exponent = (bits >> 10) & 0x1f;
      const fraction = bits & 0x3ff;
      const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1_024) * 2 ** (exponent - 15);
      return bits & 0x8000 ? -magnitude : magnitude;
    });
    const [first, second] = await twice('FP16', values);
    const expected = hashOf(fromRaw('x', 'FP16', [values.length], raw));
    expect([first, second].map((each) => each?.answer.proof.inputHash)).toEqual([expected, expected]);
    expect(second?.answer.proof.outputHash).toBe(first?.answer.proof.outputHash);
  });

  it('leaves nothing of the text of a number in what becomes evidence', async () => {
    const { verificationId } = (await (await ask('FP64', 2, '[1e300,-0]')).json()) as Answer;
    const events = await fixture.events<OutputRecorded>('evt.v1.inference.output.recorded');
    const event = events.find((each) => each.verificationId === verificationId);
    const encoded = encodeTensor({ name: 'x', datatype: 'FP64', shape: [2], data: [1e300, -0] });
    expect(event?.inputs).toEqual([encoded.ok && encoded.value]);
    expect(JSON.stringify(event)).not.toMatch(/e\+?300/);
  });
});

describe('what stays refused', () => {
  it.each([
    ['FP64', '1e400', 400, 'malformed-json', 'beyond the range of binary64'],
    ['FP32', '3.4028236e38', 422, 'tensor-invalid', 'within the range of FP32'],
    ['FP32', '-1e300', 422, 'tensor-invalid', 'within the range of FP32'],
    ['FP16', '65520', 422, 'tensor-invalid', 'within ±65504 for FP16'],
    ['FP16', '1e16', 422, 'tensor-invalid', 'within ±65504 for FP16'],
    ['FP64', 'NaN', 400, 'malformed-json', 'Expected'],
    ['INT64', '9007199254740992', 422, 'tensor-invalid', 'a decimal string beyond ±(2^53−1)'],
    ['INT64', '1e16', 422, 'tensor-invalid', 'a decimal string beyond ±(2^53−1)'],
  ] as const)('%s of %s', async (type, text, status, code, detail) => {
    const response = await ask(type, 1, `[${text}]`);
    const refusal = await problemOf(response);
    expect([response.status, refusal.code]).toEqual([status, code]);
    expect(refusal.detail).toContain(detail);
  });

  it('takes 64-bit integers beyond ±(2^53−1) as text, and gives them so', async () => {
    const response = await ask('INT64', 2, '["9223372036854775807",9007199254740991]');
    const { outputs } = (await response.json()) as Answer;
    expect(outputs[0]?.data).toEqual(['9223372036854775807', 9007199254740991]);
  });
});
