import { describe, expect, it } from '@jest/globals';
import { isOpenToOthers } from './secret-file.js';

const ROOT = 0;
const SERVICE = 10_001;

describe('isOpenToOthers', () => {
  it.each([0o400, 0o600])('takes the mode %o of any owner', (mode) => {
    for (const uid of [ROOT, SERVICE]) expect(isOpenToOthers({ mode, uid }, SERVICE)).toBe(false);
  });

  it.each([0o440, 0o640])('takes a file of root with mode %o, as a volume of Kubernetes has it', (mode) => {
    expect(isOpenToOthers({ mode, uid: ROOT }, SERVICE)).toBe(false);
  });

  it.each([0o440, 0o640])('refuses mode %o where the owner could take the group’s right away', (mode) => {
    expect(isOpenToOthers({ mode, uid: SERVICE }, SERVICE)).toBe(true);
    expect(isOpenToOthers({ mode, uid: ROOT }, ROOT)).toBe(true);
    expect(isOpenToOthers({ mode, uid: ROOT }, undefined)).toBe(false);
  });

  it.each([0o460, 0o450, 0o404, 0o402, 0o401, 0o644])('refuses mode %o of any owner', (mode) => {
    for (const uid of [ROOT, SERVICE]) expect(isOpenToOthers({ mode, uid }, SERVICE)).toBe(true);
  });
});
