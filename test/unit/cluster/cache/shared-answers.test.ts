import { describe, expect, it } from 'vitest';
import { SharedAnswers } from '../../../../src/cluster/cache/shared-answers.ts';

const other = Buffer.from('other');

describe('equal answers', () => {
  it('share one buffer', () => {
    const answers = new SharedAnswers();
    const first = answers.share(Buffer.from('a'), other);
    expect(answers.share(Buffer.from('a'), other)).toBe(first);
    expect(String(answers.share(Buffer.from('b'), other))).toBe('b');
  });

  it('share a buffer that is kept elsewhere if it is equal too', () => {
    expect(new SharedAnswers().share(Buffer.from('other'), other)).toBe(other);
  });

  it('share one buffer while it is among the eight most recently used', () => {
    const answers = new SharedAnswers();
    const share = (text: string) => answers.share(Buffer.from(text), other);
    const kept = share('kept');
    const forgotten = share('forgotten');
    for (let index = 0; index < 7; index += 1) {
      share(`answer ${index}`);
      expect(share('kept')).toBe(kept);
    }
    expect(share('forgotten')).not.toBe(forgotten);
  });
});
