// From a decoded picture to the elements of a tensor, as docs/reference/image-input.md defines it: whole numbers only, so that every
// implementation gives the same bytes. Plain JavaScript, because the process that decodes is started by Node alone.
import { resizeColumns, resizeRows, rounded } from './resize-rows.mjs';

/** Of 256 of red, green and blue, what a person sees as brightness (ITU-R BT.601), in 65,536ths. */
const GREY = { red: 19_595, green: 38_470, blue: 7_471, half: 32_768, bits: 16 };

/**
 * The elements of the tensor, row by row, as bytes.
 *
 * @param picture {width, height, channels: 3 or 4, data}, upright, 8 bits a channel, 4 with an alpha that is not multiplied in
 * @param plan {width, height, fit, filter, fill, colour, layout, elementBytes}
 * @param tables for each channel of the tensor the bytes of its 256 elements
 */
export function imageElements(picture, plan, tables) {
  const opaque = coloured(composed(picture, plan.fill), plan);
  const { source, target } = placement(opaque, plan);
  const resize = plan.filter === 'nearest' ? nearest : bilinear;
  const fitted = resize(opaque, source, target);
  return elements(placed(fitted, target, plan), plan, tables);
}

/** Lays what shows through over the fill: each channel is (alpha × colour + (255 − alpha) × fill) / 255, half rounded up. */
function composed({ width, height, channels, data }, fill) {
  if (channels === 3) return { width, height, channels, data };
  const out = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3];
    for (let channel = 0; channel < 3; channel += 1) {
      const sum = alpha * data[from + channel] + (255 - alpha) * fill[channel];
      out[to + channel] = Math.floor((2 * sum + 255) / 510);
    }
  }
  return { width, height, channels: 3, data: out };
}

/** Grey before the picture is resized, as others do it too. */
function coloured(picture, { colour }) {
  if (colour !== 'grey') return picture;
  const { width, height, data } = picture;
  const out = new Uint8Array(width * height);
  for (let to = 0, from = 0; to < out.length; to += 1, from += 3) out[to] = greyOf(data, from);
  return { width, height, channels: 1, data: out };
}

const greyOf = (data, at) =>
  (data[at] * GREY.red + data[at + 1] * GREY.green + data[at + 2] * GREY.blue + GREY.half) >>> GREY.bits;

/** Which part of the picture is taken, and which size it gets. */
function placement(picture, { width, height, fit }) {
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  if (fit === 'stretch') return { source: whole, target: { width, height } };
  const wider = picture.width * height >= picture.height * width;
  if (fit === 'contain') {
    const target = wider
      ? { width, height: Math.max(1, rounded(picture.height * width, picture.width)) }
      : { width: Math.max(1, rounded(picture.width * height, picture.height)), height };
    return { source: whole, target };
  }
  const size = wider
    ? { width: Math.max(1, rounded(picture.height * width, height)), height: picture.height }
    : { width: picture.width, height: Math.max(1, rounded(picture.width * height, width)) };
  const left = Math.floor((picture.width - size.width) / 2);
  return {
    source: { left, top: Math.floor((picture.height - size.height) / 2), ...size },
    target: { width, height },
  };
}

/** The pixel in whose middle, or left of whose middle, the middle of the new one lies. */
function nearest({ width: stride, channels, data }, source, target) {
  const out = new Uint8Array(target.width * target.height * channels);
  const columns = Array.from({ length: target.width }, (_, x) =>
    Math.floor(((2 * x + 1) * source.width) / (2 * target.width)),
  );
  for (let y = 0, to = 0; y < target.height; y += 1) {
    const row = source.top + Math.floor(((2 * y + 1) * source.height) / (2 * target.height));
    for (const column of columns) {
      const from = (row * stride + source.left + column) * channels;
      for (let channel = 0; channel < channels; channel += 1, to += 1) out[to] = data[from + channel];
    }
  }
  return { ...target, channels, data: out };
}

/** First along the rows, then along the columns, each time rounded to 8 bits. */
function bilinear({ width: stride, channels, data }, source, target) {
  const rows = resizeRows({ data, stride, channels }, source, target.width);
  const columns = resizeColumns(rows, target.width * channels, source.height, target.height);
  return { ...target, channels, data: columns };
}

/** In the middle of the tensor's own size, with the fill around it. */
function placed(fitted, target, { width, height, fill }) {
  if (target.width === width && target.height === height) return fitted;
  const { channels, data } = fitted;
  const around = channels === 3 ? fill : [greyOf(fill, 0)];
  const out = new Uint8Array(width * height * channels);
  for (let at = 0; at < out.length; at += 1) out[at] = around[at % channels];
  const left = Math.floor((width - target.width) / 2);
  const top = Math.floor((height - target.height) / 2);
  const stride = target.width * channels;
  for (let y = 0; y < target.height; y += 1) {
    const row = data.subarray(y * stride, (y + 1) * stride);
    out.set(row, ((top + y) * width + left) * channels);
  }
  return { width, height, channels, data: out };
}

/** Arrays of elements of so many bytes; what they mean is the business of whoever made the tables. */
const ARRAYS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };

function elements({ channels, data }, { colour, layout, elementBytes }, tables) {
  const Elements = ARRAYS[elementBytes];
  const pixels = data.length / channels;
  const out = new Elements(data.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const table = new Elements(Uint8Array.from(tables[channel]).buffer);
    const from = colour === 'bgr' ? channels - 1 - channel : channel;
    const [start, step] = layout === 'nchw' ? [channel * pixels, 1] : [channel, channels];
    for (let pixel = 0, to = start; pixel < pixels; pixel += 1, to += step)
      out[to] = table[data[pixel * channels + from]];
  }
  return new Uint8Array(out.buffer);
}
