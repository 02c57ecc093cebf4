import { describe, expect, it } from '@jest/globals';
import { AppError, errorRegistry, fromProblem, toProblem, type ErrorCode } from './index.js';

const codes = Object.keys(errorRegistry) as ErrorCode[];
const TRACE = '0af7651916cd43dd8448eb211c80319c';

describe('error registry', () => {
  it.each(codes)('%s is kebab-case with a status, a meaning and an action', (code) => {
    const { status, title, action } = errorRegistry[code];
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThanOrEqual(599);
    for (const sentence of [title, action]) expect(sentence).toMatch(/^[A-Z].*\.$/s);
  });

  it('calls nothing retryable that the caller has to change first', () => {
    const inputErrors = codes.filter((code) => [400, 413, 415, 422].includes(errorRegistry[code].status));
    expect(inputErrors.filter((code) => errorRegistry[code].retryable)).toEqual([]);
  });
});

describe('AppError', () => {
  it('takes status and retryable from the registry', () => {
    const error = new AppError('queue-full', 'The queue holds 64 of 64 requests.');
    expect(error).toMatchObject({
      name: 'AppError',
      code: 'queue-full',
      status: 503,
      retryable: true,
      details: [],
    });
    expect(error.legacyCode).toBeUndefined();
    expect(error.retryAfterSeconds).toBeUndefined();
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('keeps cause, legacy code, status and delay', () => {
    const cause = new Error('first');
    const options = { cause, legacyCode: 'TX_NOT_FOUND', status: 400, retryAfterSeconds: 2 };
    expect(new AppError('validation-failed', 'Wrong.', options)).toMatchObject(options);
  });
});

describe('toProblem', () => {
  it('renders every member that the error has', () => {
    const details = [{ pointer: '/a', detail: 'expected a string' }];
    const error = new AppError('validation-failed', 'The body is wrong.', { details, legacyCode: 'OLD' });
    expect(toProblem(error, { traceId: TRACE, instance: '/v1/x' })).toEqual({
      type: 'https://touchstone.dev/problems/validation-failed',
      title: errorRegistry['validation-failed'].title,
      status: 422,
      detail: 'The body is wrong.',
      code: 'validation-failed',
      retryable: false,
      traceId: TRACE,
      instance: '/v1/x',
      legacyCode: 'OLD',
      errors: details,
    });
  });

  it('leaves out what the error does not have', () => {
    expect(Object.keys(toProblem(new AppError('timeout', 'Late.')))).toEqual([
      'type',
      'title',
      'status',
      'detail',
      'code',
      'retryable',
    ]);
  });

  it.each([new Error('password is hunter2'), 'password is hunter2', null, undefined])(
    'hides the message of %p',
    (thrown) => {
      const problem = toProblem(thrown);
      expect(problem).toMatchObject({ code: 'internal', status: 500, retryable: true });
      expect(JSON.stringify(problem)).not.toContain('hunter2');
    },
  );
});

describe('fromProblem', () => {
  it.each(codes)('brings %s back over a hop', (code) => {
    const details = [{ pointer: '/x/0', detail: 'too long' }];
    const error = new AppError(code, 'What happened.', { details, legacyCode: 'OLD' });
    const back = fromProblem(JSON.parse(JSON.stringify(toProblem(error))));
    expect(back).toMatchObject({
      code,
      status: error.status,
      retryable: error.retryable,
      details,
      legacyCode: 'OLD',
    });
    expect(back.message).toBe('What happened.');
  });

  it('keeps a status that differs from the registry', () => {
    const sent = toProblem(new AppError('validation-failed', 'Wrong query.', { status: 400 }));
    expect(fromProblem(sent).status).toBe(400);
  });

  it.each([null, undefined, 'text', 7, [], {}, { code: 'no-such-code' }, { code: 'toString' }, { code: 7 }])(
    'takes %j for an unavailable dependency',
    (body) => {
      expect(fromProblem(body)).toMatchObject({ code: 'dependency-unavailable', status: 503, details: [] });
    },
  );

  it.each(['503', 0, 99, 600, 422.5, Number.NaN, null])('does not believe the status %p', (status) => {
    expect(fromProblem({ code: 'timeout', status }).status).toBe(504);
  });

  it('leaves out findings of another shape', () => {
    const good = { pointer: '/a', detail: 'b' };
    const errors = [good, null, 'x', { pointer: 1, detail: 'b' }, { pointer: '/a' }];
    expect(fromProblem({ code: 'conflict', errors }).details).toEqual([good]);
    expect(fromProblem({ code: 'conflict', errors: 'none', legacyCode: 1, detail: 2 })).toMatchObject({
      details: [],
      message: 'The service answered with an error that cannot be read.',
    });
  });
});
