import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { pythonWithPreparation, runPython } from '@touchstone/testing';
import sharp, { type Sharp } from 'sharp';
import { ProcessPreparers } from '../src/adapters/preparation/process-preparers.js';
import type { TokensWanted } from '../src/domain/request/preparers.js';
import { wordPiece } from './support/prepared-models.js';

const python = pythonWithPreparation();
const [WIDTH, HEIGHT] = [61, 43];
/** Rounding that two ways of weighing pixels do twice. */
const RESIZED_DIFFERENCE = 1;

const identity = Uint8Array.from({ length: 256 }, (_, value) => value);
let preparers: ProcessPreparers;
beforeAll(() => {
  preparers = new ProcessPreparers({ processes: 1, timeoutMs: 20_000 });
});
afterAll(() => preparers.close());

const DECODE = `
import sys, json, base64, io
from PIL import Image, ImageOps
for line in sys.stdin:
    asked = json.loads(line)
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(base64.b64decode(asked['file'])))).convert('RGB')
    if 'size' in asked:
        image = image.resize(tuple(asked['size']), getattr(Image.Resampling, asked['filter']))
    print(json.dumps({'size': image.size, 'data': base64.b64encode(image.tobytes()).decode()}))
`;

const TOKENIZE = `
import sys, json
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_str(json.loads(sys.stdin.readline())['file'])
for line in sys.stdin:
    asked = json.loads(line)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if asked['truncation'] != 'none':
        tokenizer.enable_truncation(asked['tokens'], direction=asked['truncation'])
    encoded = tokenizer.encode(asked['text'], add_special_tokens=asked['special'])
    print(json.dumps({'ids': encoded.ids, 'typeIds': encoded.type_ids}))
`;

/** Smooth, with edges and noise. */
function photograph(): Sharp {
  const samples = Array.from({ length: WIDTH * HEIGHT * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % WIDTH, Math.floor(at / 3 / WIDTH)];
    const smooth = 128 + 90 * Math.sin(x / 7 + (at % 3)) * Math.cos(y / 9);
    return Math.round(Math.min(255, Math.max(0, smooth + ((at * 7_919) % 23) + (x > 30 ? 20 : 0))));
  });
  return sharp(Buffer.from(samples), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

const files: [name: string, make: () => Promise<Buffer>][] = [
  ['PNG', () => photograph().png().toBuffer()],
  ['PNG with a palette', () => photograph().png({ palette: true }).toBuffer()],
  ['interlaced PNG', () => photograph().png({ progressive: true }).toBuffer()],
  ['JPEG', () => photograph().jpeg({ quality: 80 }).toBuffer()],
  ['JPEG with all colours', () => photograph().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()],
  ['progressive JPEG', () => photograph().jpeg({ progressive: true }).toBuffer()],
  ['grey JPEG', () => photograph().toColourspace('b-w').jpeg().toBuffer()],
  ['turned JPEG', () => photograph().withMetadata({ orientation: 5 }).jpeg().toBuffer()],
  ['WebP', () => photograph().webp({ quality: 70 }).toBuffer()],
  ['WebP without loss', () => photograph().webp({ lossless: true }).toBuffer()],
];

interface Decoded {
  readonly size: [number, number];
  readonly data: string;
}

const ours = async (file: Buffer, [width, height]: readonly number[], filter: 'nearest' | 'bilinear') => {
  const plan = { fit: 'stretch', fill: [0, 0, 0], colour: 'rgb', layout: 'nhwc', elementBytes: 1 } as const;
  const wanted = { ...plan, filter, width: width as number, height: height as number };
  return preparers.image(file.toString('base64'), wanted, [identity, identity, identity]);
};

(python ? describe : describe.skip)('what Python makes of the same', () => {
  it.each(files)('%s: the same pixels', async (_name, make) => {
    const file = await make();
    const [theirs] = runPython(python as string, DECODE, [], [{ file: file.toString('base64') }]);
    const { size, data } = theirs as Decoded;
    expect(await ours(file, size, 'nearest')).toBe(data);
  });

  it('the nearest pixels are the same, and the weighed ones but for how they are rounded', async () => {
    const file = await photograph().png().toBuffer();
    const base64 = file.toString('base64');
    for (const size of [
      [224, 224],
      [20, 31],
      [61, 7],
    ]) {
      const asked = ['NEAREST', 'BILINEAR'].map((filter) => ({ file: base64, size, filter }));
      const [nearest, bilinear] = runPython(python as string, DECODE, [], asked) as Decoded[];
      expect(await ours(file, size, 'nearest')).toBe(nearest?.data);
      const found = Buffer.from(await ours(file, size, 'bilinear'), 'base64');
      const theirs = Buffer.from(bilinear?.data ?? '', 'base64');
      const differences = [...found].map((value, at) => Math.abs(value - (theirs[at] as number)));
      expect(differences.filter((difference) => difference > RESIZED_DIFFERENCE)).toEqual([]);
      expect(differences.filter((difference) => difference > 0).length).toBeLessThan(found.length / 50);
    }
  });

  it('the ids of texts are the same, cut on either side or whole', async () => {
    const tokenizer = wordPiece();
    const texts = [
      ...['The bank, the BANKS: losses rose 12.', 'profiting', '[CLS] the [SEP] loss', 'Thé bänk', '中a文'],
      ...['  a\t.\n', 'x'.repeat(120), 'the '.repeat(30), 'a.b,c', '😀 loss'],
    ];
    const asked: TokensWanted[] = texts.flatMap((text) =>
      (['none', 'right', 'left'] as const).flatMap((truncation) =>
        [true, false].map((special) => ({
          text,
          special,
          truncation,
          tokens: truncation === 'none' ? 512 : 6,
        })),
      ),
    );
    const file = new TextDecoder().decode(tokenizer.bytes);
    const theirs = runPython(python as string, TOKENIZE, [], [{ file }, ...asked]);
    const read = () => Promise.resolve(tokenizer.bytes);
    const named = { sha256: bytesToHex(sha256(tokenizer.bytes)), read };
    for (const [at, wanted] of asked.entries())
      expect([wanted, await preparers.tokens(named, wanted)]).toEqual([wanted, theirs[at]]);
  });
});
