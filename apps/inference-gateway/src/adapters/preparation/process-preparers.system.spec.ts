import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import type { ImagePlan } from '../../domain/request/preparers.js';
import { IMAGE_PIXELS_MAX, IMAGE_SIDE_PIXELS_MAX } from '../../domain/request/preparers.js';
import { animatedPng, emptyPng, pngOf } from '../../../test/support/pictures.js';
import { PREPARATIONS_WAITING_MAX } from './preparer-pool.js';
import { ProcessPreparers, type ProcessPreparersOptions } from './process-preparers.js';

const hostile = fileURLToPath(new URL('../../../test/support/hostile-preparer.mjs', import.meta.url));
const TIMEOUT_MS = 4_000;

const identity = Uint8Array.from({ length: 256 }, (_, value) => value);
const tables = [identity, identity, identity];
const planOf = (change: Partial<ImagePlan> = {}): ImagePlan => ({
  ...{ width: 4, height: 4, fit: 'stretch', filter: 'nearest', fill: [9, 80, 200] },
  ...{ colour: 'rgb', layout: 'nhwc', elementBytes: 1, ...change },
});

const made: ProcessPreparers[] = [];
const preparers = (change: Partial<ProcessPreparersOptions> = {}) => {
  const started = new ProcessPreparers({ processes: 1, timeoutMs: 20_000, ...change });
  made.push(started);
  return started;
};
afterEach(async () => {
  await Promise.all(made.splice(0).map((each) => each.close()));
});

const base64 = (file: Uint8Array) => Buffer.from(file).toString('base64');
const elements = async (running: ProcessPreparers, file: Uint8Array, change: Partial<ImagePlan> = {}) => [
  ...Buffer.from(await running.image(base64(file), planOf(change), tables), 'base64'),
];
const noise = (channels: 1 | 3 | 4, width = 24, height = 16) =>
  sharp(
    Buffer.from(Array.from({ length: width * height * channels }, (_, at) => (at * 7919 + (at >> 3)) % 256)),
    { raw: { width, height, channels } },
  );
const raw = (picture: Sharp) => picture.raw().toBuffer();
const refusal = (reason: string) => ({
  code: 'image-invalid',
  details: [{ pointer: '/image', detail: reason }],
});

describe('a picture', () => {
  it('has its own pixels: as PNG, as WebP without loss, and as JPEG what its decoder gives', async () => {
    const running = preparers();
    const original = await raw(noise(3));
    const own = { width: 24, height: 16 };
    expect(await elements(running, await noise(3).png().toBuffer(), own)).toEqual([...original]);
    const webp = await noise(3).webp({ lossless: true }).toBuffer();
    expect(await elements(running, webp, own)).toEqual([...original]);
    const jpeg = await noise(3).jpeg().toBuffer();
    expect(await elements(running, jpeg, own)).toEqual([...(await raw(sharp(jpeg)))]);
  }, 30_000);

  it('is turned as its EXIF says, and its profile of colours is left out', async () => {
    const running = preparers();
    const turned = await noise(3).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const upright = await raw(sharp(turned).rotate());
    expect(await elements(running, turned, { width: 16, height: 24 })).toEqual([...upright]);
    const own = { width: 24, height: 16 };
    const profiled = await noise(3).withIccProfile('p3').png().toBuffer();
    const plain = await raw(sharp(profiled, { ignoreIcc: true }));
    expect(await elements(running, profiled, own)).toEqual([...plain]);
  }, 30_000);

  it('lies on the fill where it shows through, is three times grey where it has none, and loses its lower bits', async () => {
    const running = preparers();
    const own = { width: 24, height: 16 };
    const data = await raw(noise(4));
    const over = (value: number, alpha: number, fill: number) =>
      Math.floor((2 * (value * alpha + fill * (255 - alpha)) + 255) / 510);
    const composed = Array.from({ length: 24 * 16 * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3) * 4;
      return over(
        data[pixel + (at % 3)] as number,
        data[pixel + 3] as number,
        [9, 80, 200][at % 3] as number,
      );
    });
    expect(await elements(running, await noise(4).png().toBuffer(), own)).toEqual(composed);
    const grey = await raw(noise(1).toColourspace('b-w'));
    const tripled = [...grey].flatMap((value) => [value, value, value]);
    expect(await elements(running, await noise(1).toColourspace('b-w').png().toBuffer(), own)).toEqual(
      tripled,
    );
    const sixteen = Array.from({ length: 24 * 16 * 3 }, (_, at) => (at * 40_503) % 65_536);
    const deep = pngOf({ width: 24, height: 16, bits: 16, samples: sixteen });
    expect(await elements(running, deep, own)).toEqual(sixteen.map((value) => value >> 8));
  }, 30_000);
});

const most = (file: Buffer) => file.subarray(0, Math.floor(file.length * 0.8));

describe('a picture that is refused', () => {
  it.each([
    ['GIF', async () => noise(3).gif().toBuffer()],
    ['TIFF', async () => noise(3).tiff().toBuffer()],
    ['AVIF', async () => noise(3).avif().toBuffer()],
    [
      'SVG',
      () => Promise.resolve(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')),
    ],
    [
      'a PDF that goes on as a PNG',
      async () => Buffer.concat([Buffer.from('%PDF-1.7\n'), await noise(3).png().toBuffer()]),
    ],
    ['nothing', () => Promise.resolve(Buffer.of(0))],
    ['the beginning of a PNG', async () => most(await noise(3).png().toBuffer())],
    ['the beginning of a JPEG', async () => most(await noise(3).jpeg().toBuffer())],
    ['the beginning of a WebP', async () => most(await noise(3).webp().toBuffer())],
  ])('is %s', async (_name, file) => {
    await expect(elements(preparers(), await file())).rejects.toMatchObject(refusal('unreadable'));
  });

  it('is animated, as WebP or as PNG', async () => {
    const running = preparers();
    const frames = Buffer.concat([0, 90, 180].map((value) => Buffer.alloc(20 * 20 * 3, value)));
    const stacked = { width: 20, height: 60, channels: 3 as const, pageHeight: 20 };
    const webp = await sharp(frames, { raw: stacked }).webp({ loop: 0 }).toBuffer();
    await expect(elements(running, webp)).rejects.toMatchObject(refusal('animated'));
    await expect(elements(running, animatedPng())).rejects.toMatchObject(refusal('animated'));
  });

  it('has colours for ink', async () => {
    const ink = await noise(3).toColourspace('cmyk').jpeg().toBuffer();
    await expect(elements(preparers(), ink)).rejects.toMatchObject(refusal('unknown-colours'));
  });

  it('is no padded base64, or spelt in another way', async () => {
    const running = preparers();
    const text = base64(await noise(3).png().toBuffer());
    for (const wrong of [
      text.slice(1),
      ` ${text}`,
      text.replace(/.$/, '-'),
      `${text.slice(0, 8)}ł${text.slice(9)}`,
      '!',
    ])
      await expect(running.image(wrong, planOf(), tables)).rejects.toMatchObject(refusal('not-base64'));
  });

  it('has more than IMAGE_PIXELS_MAX pixels, or more than IMAGE_SIDE_PIXELS_MAX a side, before one of them is decoded', async () => {
    const running = preparers();
    const height = IMAGE_PIXELS_MAX / 8_192;
    expect(await elements(running, emptyPng(8_192, height))).toEqual(new Array(48).fill(0));
    await expect(elements(running, emptyPng(8_193, height))).rejects.toMatchObject(refusal('too-large'));
    expect(await elements(running, emptyPng(IMAGE_SIDE_PIXELS_MAX, 1))).toHaveLength(48);
    await expect(elements(running, emptyPng(IMAGE_SIDE_PIXELS_MAX + 1, 1))).rejects.toMatchObject(
      refusal('too-large'),
    );
    const bomb = emptyPng(20_000, 20_000);
    expect(bomb.length).toBeLessThan(1_000_000);
    const started = performance.now();
    await expect(elements(running, bomb)).rejects.toMatchObject(refusal('too-large'));
    expect(performance.now() - started).toBeLessThan(1_000);
  }, 60_000);
});

describe('the process of pictures', () => {
  const png = async () => noise(3).png().toBuffer();
  /** What a hostile process does stands where the width is. */
  const deeds = {
    hang: 101,
    eat: 102,
    crash: 103,
    'too little': 104,
    'too much': 105,
    'no JSON': 106,
    'a wrong id': 107,
  } as const;

  it('is ended alone when it hangs: others are served meanwhile and afterwards', async () => {
    const running = preparers({ script: hostile, processes: 2, timeoutMs: TIMEOUT_MS });
    const hanging = elements(running, await png(), { width: deeds.hang }).catch((error: unknown) => error);
    for (let time = 0; time < 5; time += 1) expect(await elements(running, await png())).toHaveLength(48);
    expect(await hanging).toMatchObject({ code: 'timeout' });
    expect(await elements(running, await png())).toHaveLength(48);
  }, 30_000);

  it.each(['eat', 'crash', 'too little', 'too much', 'no JSON', 'a wrong id'] as const)(
    'is ended alone when it does this: %s',
    async (deed) => {
      const memory = deed === 'eat' ? { memoryBytes: 536_870_912 } : {};
      const running = preparers({ script: hostile, timeoutMs: 20_000, ...memory });
      await expect(elements(running, await png(), { width: deeds[deed] })).rejects.toMatchObject(
        refusal('process-ended'),
      );
      expect(await elements(running, await png())).toHaveLength(48);
    },
    60_000,
  );

  it('has PREPARATIONS_WAITING_MAX pictures waiting, not one more', async () => {
    const running = preparers({ script: hostile, timeoutMs: TIMEOUT_MS });
    const file = await png();
    const first = elements(running, file, { width: deeds.hang }).catch((error: unknown) => error);
    const waiting = Array.from({ length: PREPARATIONS_WAITING_MAX }, () => elements(running, file));
    await expect(elements(running, file)).rejects.toMatchObject({ code: 'queue-full' });
    expect(await first).toMatchObject({ code: 'timeout' });
    expect(await Promise.all(waiting)).toHaveLength(PREPARATIONS_WAITING_MAX);
  }, 30_000);

  it('has PREPARER_MEMORY_MAX_BYTES, of which the largest pictures take no more', async () => {
    // With alpha and turned, which needs the most at once.
    const pixels = { width: 8_192, height: IMAGE_PIXELS_MAX / 8_192, channels: 4 as const };
    const large = await sharp({ create: { ...pixels, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } })
      .withMetadata({ orientation: 6 })
      .png({ compressionLevel: 1 })
      .toBuffer();
    expect(await elements(preparers(), large, { filter: 'bilinear' })).toHaveLength(48);
  }, 60_000);

  it('ends with the gateway', async () => {
    const running = preparers({ script: hostile });
    const hanging = elements(running, await png(), { width: deeds.hang }).catch((error: unknown) => error);
    await waitUntil(() => Promise.resolve(true), 1_000, 'a moment');
    await running.close();
    expect(await hanging).toMatchObject({ code: 'dependency-unavailable' });
    await expect(elements(running, await png())).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
