import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { available } from './available.js';
import { missingForPython } from './python.js';

describe('what a machine may lack', () => {
  const { CI } = process.env;
  let printed: string[];
  beforeEach(() => {
    printed = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    if (CI === undefined) delete process.env['CI'];
    else process.env['CI'] = CI;
  });

  it('is used in silence where it is there', () => {
    process.env['CI'] = 'true';
    expect(available(true, 'Install it.')).toBe(true);
    expect(printed).toEqual([]);
  });

  it('is skipped with a reason on a user’s machine', () => {
    delete process.env['CI'];
    expect(available(false, 'Install it.')).toBe(false);
    expect(printed).toEqual(['Tests are skipped: Install it.\n']);
  });

  it('fails with CI set and says what to install', () => {
    process.env['CI'] = 'true';
    expect(() => available(false, 'Install it.')).toThrow('Install it.');
  });
});

describe('what is missing for the independent verifier', () => {
  const exit = (status: number | null, stderr = '') => ({ status, stderr });

  it.each([
    ['python3 itself', { python: exit(null) }, 'install python3.'],
    ['its module venv', { python: exit(0), venv: exit(1, 'ensurepip is not available') }, 'python3-venv'],
    ['the package', { python: exit(0), venv: exit(0), pip: exit(1, 'no network') }, 'no network'],
  ])('is said clearly: %s', (_what, steps, remedy) => {
    expect(missingForPython({ name: 'cryptography' }, steps)).toContain(remedy);
  });
});
