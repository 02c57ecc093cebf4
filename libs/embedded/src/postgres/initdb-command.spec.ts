import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { asNamedUser, userName } from './initdb-command.js';

const allowed = spawnSync('unshare', ['--user', '--map-user=1', 'true']).status === 0;

describe('initdb for a uid without a name', () => {
  it('knows the name of a user that has one', () => {
    expect(userName()).toBe(userInfo().username);
  });

  it('is shown a user that has a name, where namespaces are allowed', () => {
    const idOf = () => {
      const { command, args } = asNamedUser({ command: 'id', args: ['-un'] });
      return spawnSync(command, args, { encoding: 'utf8' }).stdout.trim();
    };
    if (allowed) expect(idOf()).toMatch(/^(?!root$)[a-z_][a-z0-9_-]*$/);
    else expect(idOf).toThrow('has no name on this machine');
  });

  it('says what is missing where they are not', () => {
    expect(() => asNamedUser({ command: 'id', args: [] }, '/nowhere/unshare')).toThrow(
      expect.objectContaining({
        code: 'dependency-unavailable',
        message: expect.stringMatching(/^uid \d+ has no name on this machine.*\/etc\/passwd.*unshare --user/),
      }),
    );
  });
});
