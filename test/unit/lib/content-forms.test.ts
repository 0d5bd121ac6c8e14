import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CODINGS, type Coding, ContentForms } from '../../../src/lib/content-forms.ts';
import { until } from '../../support/until.ts';

const contentOf = (text: string) => Buffer.from(text.repeat(1_000));
const named = (name: string) => () => name;
const neverFails = (error: unknown) => {
  throw error;
};

it('the hash of a content is the same for the same bytes only', () => {
  const [one, other] = [new ContentForms(neverFails), new ContentForms(neverFails)];
  expect(one.hash(contentOf('a'))).toBe(other.hash(contentOf('a')));
  expect(one.hash(contentOf('a'))).not.toBe(one.hash(contentOf('b')));
});

describe('a compressed content', () => {
  const decompress = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };

  it.each(CODINGS)(
    'has the same bytes after decompression, and is one exact buffer for all: %s',
    async (coding) => {
      const forms = new ContentForms(neverFails);
      const content = contentOf('name ');
      expect(forms.compressed(content, coding, named('list'))).toBeUndefined();
      await until(() => forms.compressed(content, coding, named('list')) !== undefined);
      const form = forms.compressed(content, coding, named('list'));
      expect(form?.length).toBeLessThan(content.length / 10);
      expect(form?.buffer.byteLength).toBe(form?.length);
      expect(decompress[coding](form ?? '').equals(content)).toBe(true);
      expect(forms.compressed(content, coding, named('list'))).toBe(form);
    },
  );
});

describe('compression', () => {
  let now = 0;
  /** The compressions that have begun: what, and a function that ends it. */
  let begun: { readonly what: string; readonly end: (outcome: Buffer | Error) => void }[];
  let failures: string[];
  let forms: ContentForms;

  beforeEach(() => {
    now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    begun = [];
    failures = [];
    forms = new ContentForms(
      (error, coding) => failures.push(`${coding}: ${error}`),
      (content, coding) =>
        new Promise((resolve, reject) => {
          const end = (outcome: Buffer | Error) =>
            outcome instanceof Error ? reject(outcome) : resolve(outcome);
          begun.push({ what: `${content} ${coding}`, end });
        }),
    );
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const whats = () => begun.map(({ what }) => what);
  /** Ends the last compression that has begun, and waits until its result is kept. */
  async function end(outcome: Buffer | Error = Buffer.from('small')): Promise<void> {
    begun.at(-1)?.end(outcome);
    await new Promise(setImmediate);
  }
  const ask = (content: Buffer, coding: Coding = 'br', name = 'list') =>
    forms.compressed(content, coding, named(name));

  it('runs once per content and coding, however often it is asked for', async () => {
    const content = Buffer.from('v1');
    for (let i = 0; i < 3; i += 1) expect(ask(content)).toBeUndefined();
    await end();
    for (let i = 0; i < 3; i += 1) expect(String(ask(content))).toBe('small');
    now += 10_000;
    expect(String(ask(content))).toBe('small');
    expect(ask(content, 'gzip')).toBeUndefined();
    expect(whats()).toEqual(['v1 br', 'v1 gzip']);
  });

  it('runs once a second for a content that changes 1,000 times a second', async () => {
    for (let version = 0; version < 3_500; version += 1) {
      ask(Buffer.from(`v${version}`));
      await end();
      now += 1;
    }
    expect(whats()).toEqual(['v0 br', 'v1000 br', 'v2000 br', 'v3000 br']);
  });

  it('never gives a form of an earlier content', async () => {
    ask(Buffer.from('v1'));
    await end(Buffer.from('small v1'));
    const changed = Buffer.from('v2');
    expect(ask(changed)).toBeUndefined();
    now += 1_000;
    expect(ask(changed)).toBeUndefined();
    await end(Buffer.from('small v2'));
    expect(String(ask(changed))).toBe('small v2');
  });

  it('that ends after its content has changed gives the new content no form', async () => {
    ask(Buffer.from('v1'));
    const changed = Buffer.from('v2');
    ask(changed);
    await end(Buffer.from('small v1'));
    expect(ask(changed)).toBeUndefined();
  });

  it('runs for other names and codings in the same second, but one at a time', async () => {
    const [one, other] = [Buffer.from('one'), Buffer.from('other')];
    const askAll = () => {
      ask(one);
      ask(one, 'gzip');
      ask(other, 'br', 'other list');
    };
    for (let i = 0; i < 4; i += 1) {
      askAll();
      askAll();
      await end();
    }
    expect(whats()).toEqual(['one br', 'one gzip', 'other br']);
  });

  it('that fails is reported, gives no form, and is tried again a second later', async () => {
    const content = Buffer.from('v1');
    ask(content);
    await end(new Error('out of memory'));
    expect(failures).toEqual(['br: Error: out of memory']);
    now += 999;
    expect(ask(content)).toBeUndefined();
    expect(begun).toHaveLength(1);
    now += 1;
    ask(content);
    await end();
    expect(String(ask(content))).toBe('small');
  });

  it('does not begin after the end, which waits for the one that is running', async () => {
    const content = Buffer.from('v1');
    ask(content);
    let closed = false;
    const closing = forms.close().then(() => {
      closed = true;
    });
    await new Promise(setImmediate);
    expect(closed).toBe(false);
    await end();
    await closing;
    now += 10_000;
    ask(Buffer.from('v2'));
    expect(whats()).toEqual(['v1 br']);
  });
});

it('compression that cannot even begin is reported as a failure too', async () => {
  const failures: unknown[] = [];
  const forms = new ContentForms(
    (error) => failures.push(error),
    () => {
      throw new Error('Initialization failed');
    },
  );
  expect(forms.compressed(contentOf('a'), 'br', named('list'))).toBeUndefined();
  expect(failures).toEqual([new Error('Initialization failed')]);
});

it('the forms of a content are dropped together with the content', async () => {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  const forms = new ContentForms(neverFails, async () => Buffer.from('small'));
  /** Makes a content and its form, and keeps neither. */
  const makeForm = async (version: number) => {
    const content = Buffer.alloc(10_000, version);
    const form = () => forms.compressed(content, 'br', named(`list ${version}`));
    form();
    await until(() => form() !== undefined);
    return [new WeakRef(content), new WeakRef(form() ?? content)];
  };
  const kept = [...(await makeForm(1)), ...(await makeForm(2)), ...(await makeForm(3))];
  await until(() => {
    gc();
    return kept.every((each) => each.deref() === undefined);
  });
});
