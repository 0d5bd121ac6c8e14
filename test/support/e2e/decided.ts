import { at } from '../kube-requests.ts';

const ATTEMPTS = 10;

/**
 * Asks again while the API server, which shares a busy machine with all pods, has not decided in time whether the caller
 * may. Nothing has been done then.
 */
export async function decided<T extends { readonly body: unknown }>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (attempt === ATTEMPTS || at(answer.body, 'code') !== 'AUTHORIZER_UNAVAILABLE') return answer;
  }
}
