// Rows of 8-bit samples become longer or shorter ones by triangles that lie over each other, exactly: whole numbers and one rounding.
// docs/reference/image-input.md has the definition; test/image-resize.spec.ts compares both ways below with it, written as it stands.

/** Samples for one new one up to which the sums of sums below stay within 31 bits: 255 × n(n + 1)/2. */
const RATIO_MAX = 4_096;
/** The same for half of a number, 16 bits. */
const HALVES_RATIO_MAX = 22;

/** The number that a sum of weighted samples is in the middle, half rounded up. */
export const rounded = (dividend, divisor) => Math.floor((2 * dividend + divisor) / (2 * divisor));

/**
 * @param picture {data, stride, channels}: samples of 8 bits, the channels of a pixel beside each other
 * @param source {left, top, width, height}: the part that is taken
 * @param width pixels of the new rows
 * @returns the new rows, one behind the other
 */
export function resizeRows(picture, source, width) {
  const smallerBy = source.width / width;
  if (smallerBy < 1 || smallerBy > RATIO_MAX) return byWeights(picture, source, width);
  if (picture.channels !== 3 || smallerBy > HALVES_RATIO_MAX) return bySums(picture, source, width);
  // A load of four bytes would go beyond the last pixel of all.
  const upper = source.height - 1;
  const last = bySums(picture, { ...source, top: source.top + upper, height: 1 }, width);
  const out = new Uint8Array(source.height * last.length);
  bySumsInHalves(picture, { ...source, height: upper }, width, out);
  out.set(last, upper * last.length);
  return out;
}

/**
 * Between the middles of two new pixels both triangles are straight lines, so that two sums of what lies there are enough: of the samples,
 * and of the samples times their places. The second comes from adding the first sum up each time. No sample is touched twice.
 */
function bySums({ data, stride, channels }, { left, top, width: length, height }, width) {
  const { begin, rising, falling, sums } = linesOf(length, width);
  const out = new Uint8Array(height * width * channels);
  const sumUp = channels === 3 ? sumUpThree : sumUpOne;
  const found = new Int32Array(2 * channels);
  const open = new Float64Array(channels);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = ((top + y) * stride + left) * channels;
    for (let segment = 0; segment <= width; segment += 1) {
      sumUp(data, row + begin[segment] * channels, row + begin[segment + 1] * channels, found);
      for (let channel = 0; channel < channels; channel += 1) {
        const sum = found[2 * channel];
        const placed = 2 * width * found[2 * channel + 1];
        if (segment > 0) {
          out[to] = rounded(open[channel] + falling[segment] * sum + placed, sums[segment - 1]);
          to += 1;
        }
        open[channel] = rising[segment] * sum - placed;
      }
    }
  }
  return out;
}

/**
 * What stands before the sums of each segment. With the samples j of a segment, the sum of their samples and the sum of their sums on the
 * way, Σ(2j + 1)O × sample is (2 × end + 1)O × sum − 2O × sum of sums.
 */
function linesOf(length, width) {
  const begin = segments(length, width);
  const places = Array.from({ length: width + 1 }, (_, segment) => (2 * begin[segment + 1] + 1) * width);
  return {
    begin,
    rising: Float64Array.from(places, (place, segment) => (1 - 2 * segment) * length + place),
    falling: Float64Array.from(places, (place, segment) => (2 * segment + 1) * length - place),
    sums: weightsOf(length, width).sums,
  };
}

/**
 * The same for three channels and few samples a segment, about twice as fast: one load brings a pixel, and red and blue are added at once,
 * in the halves of a number.
 */
function bySumsInHalves({ data, stride }, { left, top, width: length, height }, width, out) {
  const { begin, rising, falling, sums } = linesOf(length, width);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const twice = 2 * width;
  for (let y = 0, to = 0; y < height; y += 1) {
    let at = ((top + y) * stride + left) * 3;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let segment = 0; segment <= width; segment = (segment + 1) | 0) {
      let both = 0;
      let ofBoth = 0;
      let one = 0;
      let ofOne = 0;
      const end = (at + (begin[segment + 1] - begin[segment]) * 3) | 0;
      for (; at < end; at = (at + 3) | 0) {
        const pixel = view.getUint32(at, true);
        both = (both + (pixel & 0xff00ff)) | 0;
        ofBoth = (ofBoth + both) | 0;
        one = (one + ((pixel >>> 8) & 0xff)) | 0;
        ofOne = (ofOne + one) | 0;
      }
      const first = both & 0xffff;
      const last = both >>> 16;
      const ofFirst = twice * (ofBoth & 0xffff);
      const ofMiddle = twice * ofOne;
      const ofLast = twice * (ofBoth >>> 16);
      if (segment > 0) {
        const divisor = sums[segment - 1];
        const down = falling[segment];
        const double = 2 * divisor;
        out[to] = (2 * (red + down * first + ofFirst) + divisor) / double;
        out[to + 1] = (2 * (green + down * one + ofMiddle) + divisor) / double;
        out[to + 2] = (2 * (blue + down * last + ofLast) + divisor) / double;
        to += 3;
      }
      const up = rising[segment];
      red = up * first - ofFirst;
      green = up * one - ofMiddle;
      blue = up * last - ofLast;
    }
  }
}

/** Of one channel: its sum, and the sum of all sums on the way. */
function sumUpOne(data, from, end, found) {
  let [sum, ofSums] = [0, 0];
  for (let at = from; at < end; at = (at + 1) | 0) {
    sum = (sum + data[at]) | 0;
    ofSums = (ofSums + sum) | 0;
  }
  found[0] = sum;
  found[1] = ofSums;
}

/** The same of three channels that stand beside each other, which is faster at once than one after the other. */
function sumUpThree(data, from, end, found) {
  let [red, green, blue] = [0, 0, 0];
  let [ofRed, ofGreen, ofBlue] = [0, 0, 0];
  for (let at = from; at < end; at = (at + 3) | 0) {
    red = (red + data[at]) | 0;
    ofRed = (ofRed + red) | 0;
    green = (green + data[at + 1]) | 0;
    ofGreen = (ofGreen + green) | 0;
    blue = (blue + data[at + 2]) | 0;
    ofBlue = (ofBlue + blue) | 0;
  }
  found[0] = red;
  found[1] = ofRed;
  found[2] = green;
  found[3] = ofGreen;
  found[4] = blue;
  found[5] = ofBlue;
}

/** Where the samples begin that lie between the middles of new ones; the first segment lies before them all, the last behind. */
function segments(length, width) {
  const begin = new Int32Array(width + 2);
  for (let segment = 1; segment <= width; segment += 1) {
    const middle = (2 * segment - 1) * length;
    begin[segment] = Math.min(length, Math.ceil((middle - width) / (2 * width)));
  }
  begin[width + 1] = length;
  return begin;
}

function byWeights({ data, stride, channels }, { left, top, width: length, height }, width) {
  const { begin, starts, sums, weights } = weightsOf(length, width);
  const out = new Uint8Array(height * width * channels);
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = ((top + y) * stride + left) * channels;
    for (let x = 0; x < width; x += 1) {
      for (let channel = 0; channel < channels; channel += 1, to += 1) {
        let total = 0;
        let from = row + starts[x] * channels + channel;
        for (let at = begin[x]; at < begin[x + 1]; at += 1, from += channels)
          total += weights[at] * data[from];
        out[to] = rounded(total, sums[x]);
      }
    }
  }
  return out;
}

/** Rows become more or fewer rows in the same way; a whole row of sums at a time, since the samples lie beside each other. */
export function resizeColumns(rows, stride, length, height) {
  const smallerBy = length / height;
  if (stride % 4 === 0 && smallerBy >= 1 && smallerBy <= HALVES_RATIO_MAX)
    return columnsBySums(rows, stride, length, height);
  const { begin, starts, sums, weights } = weightsOf(length, height);
  const out = new Uint8Array(height * stride);
  const totals = new Float64Array(stride);
  for (let y = 0; y < height; y += 1) {
    totals.fill(0);
    for (let at = begin[y], from = starts[y] * stride; at < begin[y + 1]; at += 1, from += stride) {
      const weight = weights[at];
      for (let x = 0; x < stride; x += 1) totals[x] += weight * rows[from + x];
    }
    for (let x = 0, to = y * stride; x < stride; x += 1) out[to + x] = rounded(totals[x], sums[y]);
  }
  return out;
}

/** By the same two sums as along a row, four columns at once: one load brings their samples, and two are added in each number. */
function columnsBySums(rows, stride, length, height) {
  const { begin, rising, falling, sums } = linesOf(length, height);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const out = new Uint8Array(height * stride);
  const open = new Float64Array(stride);
  const twice = 2 * height;
  for (let segment = 0; segment <= height; segment = (segment + 1) | 0) {
    const [up, down, divisor] = [rising[segment], falling[segment], sums[segment - 1] ?? 0];
    const to = (segment - 1) * stride;
    const close = (x, sum, ofSums) => {
      const placed = twice * ofSums;
      if (segment > 0) out[to + x] = rounded(open[x] + down * sum + placed, divisor);
      open[x] = up * sum - placed;
    };
    const [from, end] = [begin[segment] * stride, begin[segment + 1] * stride];
    for (let x = 0; x < stride; x = (x + 4) | 0) {
      let even = 0;
      let ofEven = 0;
      let odd = 0;
      let ofOdd = 0;
      for (let at = (from + x) | 0; at < end; at = (at + stride) | 0) {
        const four = view.getUint32(at, true);
        even = (even + (four & 0xff00ff)) | 0;
        ofEven = (ofEven + even) | 0;
        odd = (odd + ((four >>> 8) & 0xff00ff)) | 0;
        ofOdd = (ofOdd + odd) | 0;
      }
      close(x, even & 0xffff, ofEven & 0xffff);
      close(x + 1, odd & 0xffff, ofOdd & 0xffff);
      close(x + 2, even >>> 16, ofEven >>> 16);
      close(x + 3, odd >>> 16, ofOdd >>> 16);
    }
  }
  return out;
}

/**
 * The weights of each new sample. With I samples that become O, and M the larger of both, sample j counts
 * max(0, 2M − |(2j + 1)O − (2i + 1)I|) times for the new one i: a triangle as wide as two samples of whichever are larger.
 */
function weightsOf(length, width) {
  const span = 2 * Math.max(length, width);
  const [starts, begin, sums, weights] = [[], [0], [], []];
  for (let i = 0; i < width; i += 1) {
    const middle = (2 * i + 1) * length;
    const [low, high] = [middle - span, middle + span];
    const start = Math.max(0, Math.floor((low - width) / (2 * width)) + 1);
    const end = Math.min(length, Math.ceil((high - width) / (2 * width)));
    let sum = 0;
    for (let j = start; j < end; j += 1) {
      const weight = span - Math.abs((2 * j + 1) * width - middle);
      weights.push(weight);
      sum += weight;
    }
    starts.push(start);
    begin.push(weights.length);
    sums.push(sum);
  }
  return {
    starts: Int32Array.from(starts),
    begin: Int32Array.from(begin),
    sums: Float64Array.from(sums),
    weights: Float64Array.from(weights),
  };
}
