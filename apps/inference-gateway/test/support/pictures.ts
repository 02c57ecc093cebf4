import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const [GREY, RGB] = [0, 2] as const;

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function header(width: number, height: number, bits: number, colours: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = bits;
  data[9] = colours;
  return chunk('IHDR', data);
}

const png = (...chunks: Buffer[]): Buffer =>
  Buffer.concat([SIGNATURE, ...chunks, chunk('IEND', Buffer.of())]);

/** A black picture in grey, which takes few bytes however many pixels it has. */
export function emptyPng(width: number, height: number): Buffer {
  const rows = Buffer.alloc((width + 1) * height);
  return png(header(width, height, 8, GREY), chunk('IDAT', deflateSync(rows)));
}

/** A picture of red, green and blue samples in rows, of 16 bits each. */
export function pngOf(picture: {
  readonly width: number;
  readonly height: number;
  readonly bits: 16;
  readonly samples: readonly number[];
}): Buffer {
  const { width, height, bits, samples } = picture;
  const stride = width * 6 + 1;
  const rows = Buffer.alloc(stride * height);
  for (const [at, value] of samples.entries()) {
    const row = Math.floor(at / (width * 3));
    rows.writeUInt16BE(value, row * stride + 1 + (at % (width * 3)) * 2);
  }
  return png(header(width, height, bits, RGB), chunk('IDAT', deflateSync(rows)));
}

/** One pixel that says that it is the first of two. */
export function animatedPng(): Buffer {
  const frames = Buffer.alloc(8);
  frames.writeUInt32BE(2, 0);
  return png(header(1, 1, 8, GREY), chunk('acTL', frames), chunk('IDAT', deflateSync(Buffer.of(0, 0))));
}
