import Fastify from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import listAnswersPlugin from '../../../plugins/list-answers.ts';
import { sendAnswer } from '../../../src/api/read-answer.ts';

const LARGE = Buffer.from(
  JSON.stringify({ deployments: Array.from({ length: 1_000 }, (_, i) => `ns/d-${i}`) }),
);

it('a list that cannot be compressed is served as it is, and one line is logged per second', async () => {
  const lines: unknown[] = [];
  const app = Fastify({ logger: { stream: { write: (line) => void lines.push(JSON.parse(line)) } } });
  onTestFinished(() => app.close());
  vi.spyOn(performance, 'now').mockReturnValue(1_000_000);
  onTestFinished(() => void vi.restoreAllMocks());
  const compress = async () => {
    throw new Error('Z_MEM_ERROR');
  };
  await app.register(listAnswersPlugin, { compress });
  let requests = 0;
  app.get('/', (request, reply) => {
    requests += 1;
    const name = `list ${requests}`;
    sendAnswer(
      reply,
      app.listAnswer({ list: LARGE, freshness: undefined, name: () => name }, request.headers),
    );
  });
  lines.length = 0;
  for (let i = 0; i < 5; i += 1) {
    const answer = await app.inject({ url: '/', headers: { 'accept-encoding': 'br' } });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty('content-encoding');
    expect(answer.rawPayload.equals(LARGE)).toBe(true);
  }
  const logged = lines.filter((line) => Object(line).msg === 'a list could not be compressed');
  expect(logged).toEqual([
    expect.objectContaining({
      level: 50,
      coding: 'br',
      times: 1,
      err: expect.objectContaining({ message: 'Z_MEM_ERROR' }),
    }),
  ]);
});
