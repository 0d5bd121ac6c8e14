import { styleText } from 'node:util';

/** How to colour texts; without colours it leaves them as they are. */
export type Paint = (colour: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string;

export function painter(colours: boolean): Paint {
  return (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text);
}

/**
 * A text of the service or the cluster on one line, without characters that control a terminal or the direction of what
 * follows: what a pod or a user is called must not move the cursor, hide a line or make it read otherwise.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\uFFFD');
}

/**
 * A message of the API on one line. Where it speaks of a parameter or a path, it speaks of the flag or the command. The
 * command says itself how to wait on.
 */
export function forPeople(message: string): string {
  return oneLine(message)
    .replace('send force=true', 'add --force')
    .replace('what If-Match or currentReplicas names', 'what --current-replicas says')
    .replace('GET /clusters lists', '`scaler clusters` lists')
    .replace('. To wait on, read what Location names', '');
}

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** How long ago that was, in the greatest unit of which there are two or more, as kubectl has it: `90s`, `5m`, `47h`, `3d`. */
export function ageOf(at: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  const [size, unit] = UNITS.find(([one]) => seconds >= 2 * one) ?? [1, 's'];
  return `${Math.floor(seconds / size)}${unit}`;
}

/** `1 Deployment`, `2 Deployments`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
