// Pictures of the three formats that are taken become tensors; whoever sent them may be anybody.
import sharp from 'sharp';
import { imageElements } from './image-input.mjs';

// Everything that libvips could read is off, then three formats are on, each from memory alone.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadPngBuffer', 'VipsForeignLoadJpegBuffer', 'VipsForeignLoadWebpBuffer'],
});
sharp.cache(false);
sharp.concurrency(1);

/** Colours of these interpretations are 8 or 16 bits of red, green and blue, or of grey. */
const SPACES = new Set(['srgb', 'rgb', 'rgb16', 'b-w', 'grey16']);
const FORMATS = new Set(['png', 'jpeg', 'webp']);

/** The chunk of a PNG that says how many pictures follow. */
const ANIMATION = 'acTL';
const PNG_SIGNATURE_BYTES = 8;
const CHUNK_FRAME_BYTES = 12;

/** The elements of the tensor that `plan` describes. @throws Error with a `reason` for a picture that is not taken */
export async function decodeImage({ plan, limits, tables, bytes }) {
  const size = tables.count * tables.bytes;
  const file = fromBase64(bytes.toString('latin1', 0, bytes.length - size));
  const behind = bytes.subarray(bytes.length - size);
  const picture = await decoded(file, limits);
  const of = (channel) => behind.subarray(channel * tables.bytes, (channel + 1) * tables.bytes);
  const elements = imageElements(
    picture,
    plan,
    Array.from({ length: tables.count }, (_, channel) => of(channel)),
  );
  return { elements, width: picture.width, height: picture.height };
}

/** Padded, and the only spelling of its bytes: what is skipped over makes it shorter, and its end is spelt again. */
function fromBase64(text) {
  const file = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const isWhole = text.length % 4 === 0 && file.length === (text.length / 4) * 3 - padding;
  const end = file.subarray(file.length - (file.length % 3 || 3)).toString('base64');
  // Both letters of base64url are read too. To look for each takes a tenth of what one expression for both takes.
  if (!isWhole || text.includes('-') || text.includes('_') || !text.endsWith(end))
    throw refused('not-base64', 'it is not padded base64 (RFC 4648)');
  return file;
}

async function decoded(file, { pixels, side }) {
  const options = { failOn: 'error', limitInputPixels: pixels, ignoreIcc: true };
  const found = await sharp(file, options).metadata().catch(unreadable);
  const { format, width, height, space, pages = 1 } = found;
  if (!FORMATS.has(format)) throw refused('unknown-format', `it is ${format}`);
  if (width > side || height > side)
    throw refused('too-large', `it has ${width} × ${height} pixels, at most ${side} a side are taken`);
  if (width * height > pixels)
    throw refused('too-large', `it has ${width * height} pixels, at most ${pixels} are taken`);
  if (!SPACES.has(space)) throw refused('unknown-colours', `its colours are ${space}, not RGB or grey`);
  if (pages > 1 || (format === 'png' && isAnimated(file)))
    throw refused('animated', 'it is animated; send one picture of it');
  const { data, info } = await sharp(file, options)
    .autoOrient()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** Looks at the chunks before the picture itself. */
function isAnimated(file) {
  let at = PNG_SIGNATURE_BYTES;
  while (at + CHUNK_FRAME_BYTES <= file.length) {
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === ANIMATION) return true;
    if (type === 'IDAT') return false;
    at += file.readUInt32BE(at) + CHUNK_FRAME_BYTES;
  }
  return false;
}

function unreadable(error) {
  const text = error instanceof Error ? error.message.split('\n')[0] : String(error);
  throw refused(/pixel limit/i.test(text) ? 'too-large' : 'unreadable', text);
}

function refused(reason, message) {
  return Object.assign(new Error(message), { reason });
}
