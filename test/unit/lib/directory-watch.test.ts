import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DirectoryWatch } from '../../../src/lib/directory-watch.ts';
import { newFolder } from '../../support/tls/tls-folder.ts';
import { until } from '../../support/until.ts';

/** Watches a folder and counts the notifications. */
function observe() {
  const seen = { changes: 0 };
  const watch = new DirectoryWatch(() => {
    seen.changes += 1;
  });
  onTestFinished(() => watch.close());
  return { watch, seen };
}

/** Writes a file into the folder until the watch notices it. Nothing else shows that the watch has begun. */
async function isNoticed(folder: string, seen: { changes: number }): Promise<void> {
  const { changes } = seen;
  let number = 0;
  await until(async () => {
    number += 1;
    await writeFile(join(folder, 'file'), String(number));
    return seen.changes > changes;
  });
}

describe('the watch of a folder', () => {
  it('notices changes in the folder', async () => {
    const folder = await newFolder();
    const { watch, seen } = observe();
    await watch.renew([folder]);
    await isNoticed(folder, seen);
  });

  it('continues in the folder that replaces it', async () => {
    const folder = await newFolder();
    const { watch, seen } = observe();
    await watch.renew([folder]);
    await rename(folder, `${folder}.old`);
    await mkdir(folder);
    await watch.renew([folder]);
    await isNoticed(folder, seen);
  });

  it('continues in a folder that is created after the first was deleted, whatever inode it gets', async () => {
    const folder = await newFolder();
    const { watch, seen } = observe();
    await watch.renew([folder]);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await watch.renew([folder]);
    await isNoticed(folder, seen);
  });

  it('begins once the folder exists', async () => {
    const folder = await newFolder();
    await rm(folder, { recursive: true });
    const { watch, seen } = observe();
    await watch.renew([folder]);
    await mkdir(folder);
    await watch.renew([folder]);
    await isNoticed(folder, seen);
  });

  it('does not begin once it is closed', async () => {
    const [closed, open] = [await newFolder(), await newFolder()];
    const first = observe();
    const second = observe();
    const renewal = first.watch.renew([closed]);
    first.watch.close();
    await renewal;
    await first.watch.renew([closed]);
    await second.watch.renew([open]);
    await writeFile(join(closed, 'file'), '');
    await isNoticed(open, second.seen);
    expect(first.seen.changes).toBe(0);
  });
});
