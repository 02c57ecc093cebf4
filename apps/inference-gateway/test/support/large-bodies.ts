import { expect } from '@jest/globals';
import { graph } from './operator-requests.js';

const shape = [1, 3, 640, 640];
const PIXELS = 640 * 640;

/** Gives the mean of each channel of a picture. */
export const pictureModel = graph({
  inputs: [{ name: 'image', shape }],
  outputs: [{ name: 'means', shape: [1, 3, 1, 1] }],
  nodes: [{ op: 'GlobalAveragePool', inputs: ['image'], outputs: ['means'] }],
});

/** A request of that model in so many bytes: each pixel of channel c is c + 0.25. */
export function picture(bytes: number): string {
  const rows = [0, 1, 2].map((channel) => new Array<number>(PIXELS).fill(channel + 0.25));
  const body = JSON.stringify({ inputs: [{ name: 'image', datatype: 'FP32', shape, data: rows.flat() }] });
  return body + ' '.repeat(bytes - body.length);
}

/** What the model answered. */
export async function means(response: Response): Promise<readonly number[]> {
  expect(response.status).toBe(200);
  return ((await response.json()) as { outputs: { data: number[] }[] }).outputs[0]?.data ?? [];
}
