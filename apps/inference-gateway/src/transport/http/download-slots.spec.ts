import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { DownloadSlots, DOWNLOADS_MAX } from './download-slots.js';

const response = () => new EventEmitter() as unknown as Parameters<DownloadSlots['take']>[0] & EventEmitter;

describe('files that are given out', () => {
  it('are DOWNLOADS_MAX at the same time, and one more when one is gone', () => {
    const slots = new DownloadSlots();
    const open = Array.from({ length: DOWNLOADS_MAX }, response);
    for (const one of open) slots.take(one);
    expect(() => slots.take(response())).toThrow(expect.objectContaining({ code: 'queue-full' }));
    open[0]?.emit('close');
    slots.take(response());
    expect(() => slots.take(response())).toThrow(expect.objectContaining({ code: 'queue-full' }));
  });
});
