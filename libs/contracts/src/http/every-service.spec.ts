import { describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../index.js';
import { problem, readProblem } from './every-service.js';

describe('a problem', () => {
  it.each([
    ['of a known failure', new AppError('queue-full', 'The queue is full.')],
    [
      'with findings and an earlier code',
      new AppError('validation-failed', 'No.', {
        details: [{ pointer: '/a', detail: 'b' }],
        legacyCode: 'EARLIER',
      }),
    ],
    ['of a mistake', new Error('secret')],
  ])('%s keeps its contract', (_name, error) => {
    const written = toProblem(error, { traceId: '0'.repeat(32), instance: '/v1/things' });
    expect(problem.parse(written)).toEqual(written);
  });

  it('is told with a code that this version does not know', () => {
    const answer = {
      code: 'newer-code',
      detail: 'Why.',
      errors: [{ pointer: '/a', detail: 'b', more: 1 }],
      more: 1,
    };
    expect(readProblem(answer)).toEqual({
      code: 'newer-code',
      detail: 'Why.',
      errors: [{ pointer: '/a', detail: 'b' }],
    });
  });

  it('is told without the members that have another form', () => {
    expect(readProblem({ code: 7, detail: 'Why.', errors: [{ pointer: '/a' }] })).toEqual({
      detail: 'Why.',
      errors: [],
    });
  });

  it.each([null, undefined, 'text', 7, [[]]])('that is %j says nothing', (answer) => {
    expect(readProblem(answer)).toEqual({ errors: [] });
  });
});
