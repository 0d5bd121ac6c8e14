import { rmSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import type { RailRule } from '../../../src/cluster/rails/rule.ts';
import { RailsWatch } from '../../../src/fleet/rails-watch.ts';
import { folder } from '../../support/kube/clients.ts';
import { RecordingLogger } from '../../support/kube/recording-logger.ts';
import { until } from '../../support/until.ts';

const file = (...rules: readonly object[]) => JSON.stringify({ rules });
const everywhere = { name: 'everywhere', max: 1000 };

/** A watch of a file with this content, of a service with the clusters `home` and `west`. It stops after the test. */
function watching(content: string) {
  const path = folder().write('rails.yaml', content);
  const log = new RecordingLogger();
  const rails: { current: readonly RailRule[] } = { current: [] };
  let looks = 0;
  const watch = new RailsWatch({
    get file() {
      looks += 1;
      return path;
    },
    rails,
    clusters: () => ['home', 'west'],
    log,
    pollMs: 20,
    settleMs: 5,
  });
  onTestFinished(() => watch.stop());
  watch.start();
  const names = () => rails.current.map(({ name }) => name);
  /** Resolves once the file has been read that often again. */
  const looked = async (times: number) => {
    const before = looks;
    await until(() => looks >= before + times);
  };
  return { path, log, names, looked };
}

it('the rails watch puts changed rules in force, and says how many', async () => {
  const { path, log, names } = watching(file(everywhere));
  await until(() => names().length === 1);
  writeFileSync(path, file(everywhere, { name: 'shop', namespaces: ['shop'], min: 2 }));
  await until(() => log.lines.length === 2);
  expect(names()).toEqual(['everywhere', 'shop']);
  const message = 'the rules of the rails file are in force';
  expect(log.lines).toEqual([
    { level: 'info', context: { rules: 1 }, message },
    { level: 'info', context: { rules: 2 }, message },
  ]);
});

it('the rails watch refuses a broken file with its mistakes, once, and the old rules stay until it is mended', async () => {
  const { path, log, names, looked } = watching(file(everywhere));
  await until(() => names().length === 1);
  const broken = `rules:\n  - name: shop\n    max: many\n`;
  writeFileSync(path, broken);
  await until(() => log.lines.some(({ level }) => level === 'error'));
  await looked(3);
  expect(names()).toEqual(['everywhere']);
  writeFileSync(path, file({ name: 'shop', max: 5 }));
  await until(() => names()[0] === 'shop');
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      context: { mistakes: [`${path}:3: rules[0].max must be integer`] },
      message: 'refused the new rails file, the rules stay as they are',
    },
  ]);
});

it('the rails watch keeps the rules of a file that is gone', async () => {
  const { path, log, names } = watching(file(everywhere));
  await until(() => names().length === 1);
  rmSync(path);
  await until(() => log.lines.some(({ level }) => level === 'error'));
  expect(names()).toEqual(['everywhere']);
  expect(log.lines.at(-1)?.context).toEqual({
    mistakes: [`RAILS_FILE names a file that cannot be read: ${path}`],
  });
});

it('the rails watch warns of a rule for a cluster that is not served, and puts it in force', async () => {
  const { log, names } = watching(file({ ...everywhere, clusters: ['west', 'wets'] }));
  await until(() => log.lines.length === 2);
  expect(names()).toEqual(['everywhere']);
  expect(log.lines[0]).toEqual({
    level: 'warn',
    context: { rule: 'everywhere', clusters: ['wets'] },
    message: 'a rule names clusters that are not served',
  });
});
