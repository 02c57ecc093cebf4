import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { claimFolder, fallbackDataFolder, fallbackFolder, locatePostgres } from './location.js';

const account = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

describe('fallback folder of PostgreSQL', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'touchstone-location-'));
    folder = fallbackFolder('/checkout', parent);
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('has a name that follows from the checkout', () => {
    // sha256("/checkout"), first 12 hex digits
    expect(folder).toBe(join(parent, 'touchstone-3ff05a7ed821'));
    expect(fallbackFolder('/other', parent)).not.toBe(folder);
    expect(fallbackDataFolder('/checkout', '/a', parent)).not.toBe(
      fallbackDataFolder('/checkout', '/b', parent),
    );
  });

  it('is made for its owner alone and taken again', () => {
    claimFolder(folder, account);
    claimFolder(folder, account);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is refused when somebody put a symbolic link there', () => {
    mkdirSync(join(parent, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(parent, 'elsewhere'), folder);
    expect(() => claimFolder(folder, account)).toThrow('somebody else put it there');
  });

  it('is refused when others may enter it', () => {
    mkdirSync(folder);
    chmodSync(folder, 0o711);
    expect(() => claimFolder(folder, account)).toThrow('somebody else put it there');
  });

  it('is refused when it belongs to another user', () => {
    const foreign = account.uid === 0 ? folder : '/etc';
    if (account.uid === 0) {
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, 12_345, 12_345);
    }
    expect(() => claimFolder(foreign, { uid: 65_534, gid: 65_534 })).toThrow('somebody else put it there');
  });

  it('is not used by an ordinary user', () => {
    const location = locatePostgres(
      {
        checkout: '/checkout',
        dataFolder: join(parent, 'data'),
        account: undefined,
        binaries: { folder: '/binaries', version: '1' },
        fallbackParent: parent,
      },
      () => undefined,
    );
    expect(location).toEqual({ binFolder: '/binaries/bin', dataFolder: join(parent, 'data') });
  });

  it('takes binaries and data of root out of a checkout that the account cannot enter', () => {
    const checkout = join(parent, 'private');
    const binaries = { folder: join(checkout, 'native'), version: '1' };
    mkdirSync(join(binaries.folder, 'bin'), { recursive: true });
    chmodSync(checkout, 0o700);
    writeFileSync(join(binaries.folder, 'bin', 'postgres'), '', { mode: 0o755 });
    const said: string[] = [];
    const locate = () =>
      locatePostgres(
        {
          checkout,
          dataFolder: join(checkout, '.touchstone', 'data'),
          account: account.uid === 0 ? { uid: 65_534, gid: 65_534 } : undefined,
          binaries,
          fallbackParent: parent,
        },
        (line) => said.push(line),
      );
    const location = locate();
    expect(locate()).toEqual(location);
    const used = account.uid === 0 ? fallbackFolder(checkout, parent) : checkout;
    expect(location.binFolder.startsWith(used)).toBe(true);
    expect(location.dataFolder.startsWith(used)).toBe(true);
    expect(existsSync(join(location.binFolder, 'postgres'))).toBe(true);
    expect(said.length > 0).toBe(account.uid === 0);
  });
});
