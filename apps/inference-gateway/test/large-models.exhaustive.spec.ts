import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADDED_MODEL_BYTES_MAX } from '../src/domain/model/added-model.js';
import { GatewayFixture } from './support/gateway-fixture.js';
import { GatewayProcess } from './support/gateway-process.js';
import { addFile, askRows, writeLargeModel } from './support/large-models.js';
import { operator } from './support/operator-requests.js';

/** What the largest model has besides its table is less than a mebibyte. */
const MEBIBYTES = ADDED_MODEL_BYTES_MAX / 1_048_576 - 1;
const GROWTH_MAX_BYTES = 67_108_864;
const TIMEOUT_MS = 600_000;

let folder: string;
let fixture: GatewayFixture;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-largest-'));
  fixture = await GatewayFixture.create();
}, TIMEOUT_MS);

afterAll(async () => {
  await fixture?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the largest model that is taken', () => {
  it(
    'is received, tried and stored without being in the memory of the gateway, and answers',
    async () => {
      const path = join(folder, 'largest.onnx');
      const { sizeBytes } = writeLargeModel(path, MEBIBYTES);
      const gateway = await GatewayProcess.start(fixture, {
        ...operator,
        TOUCHSTONE_UPLOADS_DIR: folder,
        TOUCHSTONE_INFERENCE_TIMEOUT_MS: '60000',
      });
      // What is loaded once, such as the code that reads forms, is there before it is measured.
      const small = join(folder, 'small.onnx');
      writeLargeModel(small, 8);
      expect(await addFile(gateway.url, { name: 'small' }, small)).toMatchObject({ status: 201 });
      const before = gateway.residentBytes();
      let [most, whileAdding] = [before, Number.POSITIVE_INFINITY];
      const watch = setInterval(() => (most = Math.max(most, gateway.residentBytes())), 100);
      const seconds: number[] = [];
      const timed = async <Result>(work: Promise<Result>): Promise<Result> => {
        const startedMs = performance.now();
        const result = await work;
        seconds.push((performance.now() - startedMs) / 1_000);
        return result;
      };
      try {
        const added = await timed(addFile(gateway.url, { name: 'largest' }, path));
        expect([added.status, added.body.detail]).toEqual([201, undefined]);
        whileAdding = most;
        const { answered, expected } = await timed(askRows(gateway.url, 'largest', [0, 30_000_000]));
        expect(answered).toEqual(expected);
      } finally {
        clearInterval(watch);
        const [adding, answering] = seconds.map((each) => each.toFixed(1));
        process.stdout.write(
          `${sizeBytes} bytes were added in ${adding} s and answered first after ${answering} s; the gateway had ` +
            `${before} bytes before, at most ${whileAdding} while it was added, and ${most} in all.\n`,
        );
      }
      expect(whileAdding - before).toBeLessThan(GROWTH_MAX_BYTES);
      expect(most - before).toBeLessThan(2 * GROWTH_MAX_BYTES);
      await gateway.kill();
    },
    TIMEOUT_MS,
  );
});
