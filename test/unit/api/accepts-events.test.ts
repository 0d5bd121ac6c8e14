import { expect, it } from 'vitest';
import { acceptsEvents } from '../../../src/api/accepts-events.ts';

it.each([
  undefined,
  '*/*',
  'text/event-stream',
  'TEXT/Event-Stream;charset=utf-8; q=0.1',
  'application/json, text/*;q=0.001',
  'text/event-stream, */*;q=0',
  'text/html, */*;q=0.8',
  'text/*;q=0, text/event-stream',
  'text/event-stream;q=2',
])('an event stream is accepted by Accept: %s', (header) => {
  expect(acceptsEvents(header)).toBe(true);
});

it.each([
  '',
  'application/json',
  'text/html, image/*',
  'text/event-stream;q=0',
  'text/event-stream; q=0.000, */*',
  '*/*, text/*;q=0',
  'text/event-streams',
  'text',
])('an event stream is not accepted by Accept: %s', (header) => {
  expect(acceptsEvents(header)).toBe(false);
});
