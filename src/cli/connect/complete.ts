import type { Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { type Connection, connect } from './connect.ts';
import { readProfiles } from './profiles.ts';

/** One way to go on with the word at the cursor. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** Somebody waits for it, with a finger on the key. In milliseconds. */
const PATIENCE_MS = 1_500;
/** More than this helps nobody. */
const MAX_CANDIDATES = 1_000;

/**
 * How the last of these words may go on, after those before it. Nothing if the service cannot be asked: an error would
 * land in the middle of what somebody types.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  context: CliContext,
  patienceMs = PATIENCE_MS,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? '';
  try {
    const before = read(program, words.slice(0, -1));
    const known = new Words(before.values, context.env, patienceMs);
    const found = await candidates(program, before, typed, known);
    return found.filter(({ value }) => value.startsWith(typed)).slice(0, MAX_CANDIDATES);
  } catch {
    return [];
  }
}

async function candidates(
  program: Command,
  { command, operands, pending }: Before,
  typed: string,
  words: Words,
): Promise<readonly Candidate[]> {
  if (pending !== undefined) return words.ofOption(pending);
  if (typed.startsWith('-')) return optionsOf(command, program);
  const below = command.commands.filter((each) => !hidden(each));
  if (below.length > 0 && operands.length === 0) {
    return below.map((each) => ({ value: each.name(), description: each.description() }));
  }
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[operands.length] ?? (last?.variadic ? last : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((value) => ({ value }));
  if (command.parent?.name() === 'config') return words.profiles();
  return /^targets?$/i.test(argument.name()) ? words.targets(typed) : [];
}

/** What the words before the cursor say. */
interface Before {
  readonly command: Command;
  /** The values of options, by their names in commander. */
  readonly values: Readonly<Record<string, string>>;
  readonly operands: readonly string[];
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
}

function read(program: Command, before: readonly string[]): Before {
  let command = program;
  const values: Record<string, string> = {};
  const operands: string[] = [];
  let pending: Option | undefined;
  for (const word of before) {
    if (pending !== undefined) {
      values[pending.attributeName()] = word;
      pending = undefined;
    } else if (word.startsWith('-') && word !== '-') {
      const [flag, value] = word.split('=', 2);
      const option = [...command.options, ...program.options].find(
        ({ long, short }) => flag === long || flag === short,
      );
      if (option === undefined) continue;
      if (value !== undefined) values[option.attributeName()] = value;
      else if (option.required) pending = option;
    } else {
      const next = operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (next === undefined) operands.push(word);
      else command = next;
    }
  }
  return { command, values, operands, pending };
}

function optionsOf(command: Command, program: Command): Candidate[] {
  const all = [...command.options, ...(command === program ? [] : program.options)];
  const help = { value: '--help', description: 'say how to use it' };
  return [...all.map(({ long, description }) => ({ value: long ?? '', description })), help];
}

/** commander has no public word for it. */
function hidden(command: Command): boolean {
  return command.name().startsWith('_');
}

/** Words that are not in the program: of the profiles, and of the service. */
class Words {
  readonly #options: Partial<Record<string, string>>;
  readonly #env: CliContext['env'];
  readonly #patienceMs: number;

  constructor(options: Partial<Record<string, string>>, env: CliContext['env'], patienceMs: number) {
    this.#options = options;
    this.#patienceMs = patienceMs;
    // It must not ask for a password in the middle of a word. With a wrong one it finds nothing.
    this.#env = { ...env, SCALER_P12_PASSWORD: env.SCALER_P12_PASSWORD ?? '' };
  }

  /** The values of an option; none if they are files or free text. */
  async ofOption(option: Option): Promise<readonly Candidate[]> {
    if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value }));
    const name = option.attributeName();
    if (name === 'profile') return this.profiles();
    if (name === 'cluster') return this.clusters();
    return name === 'namespace' ? this.namespaces() : [];
  }

  async profiles(): Promise<readonly Candidate[]> {
    const { profiles } = await readProfiles(this.#env);
    return [...profiles].map(([value, { server }]) => ({ value, description: server }));
  }

  clusters(): Promise<readonly Candidate[]> {
    return this.#ask(async ({ client }, signal) =>
      (await client.clusters(signal)).map(({ name, state }) => ({ value: name, description: state })),
    );
  }

  namespaces(): Promise<readonly Candidate[]> {
    return this.#ask(async ({ client, cluster }, signal) =>
      namespacesIn(await client.names(this.#cluster(cluster), {}, signal)).map((value) => ({ value })),
    );
  }

  /** NAME with --namespace; otherwise NAMESPACE/ and then NAMESPACE/NAME, or with the cluster in front. */
  targets(typed: string): Promise<readonly Candidate[]> {
    const { namespace } = this.#options;
    const parts = typed.split('/');
    return this.#ask(async ({ client, cluster }, signal) => {
      const own = this.#cluster(cluster);
      if (namespace !== undefined && parts.length === 1) {
        const names = await client.names(own, { namespace }, signal);
        return names.map((name) => ({ value: name.slice(namespace.length + 1) }));
      }
      const [first = '', second = ''] = parts;
      if (parts.length === 3) {
        const names = await client.names(first, { namespace: second }, signal);
        return names.map((name) => ({ value: `${first}/${name}` }));
      }
      const [names, clusters] = await Promise.all([client.names(own, {}, signal), client.clusters(signal)]);
      const withCluster = clusters.map(({ name }) => name);
      if (parts.length === 1) {
        const beginnings = [...namespacesIn(names), ...(withCluster.length > 1 ? withCluster : [])];
        return beginnings.map((name) => ({ value: `${name}/` }));
      }
      const below = withCluster.includes(first) ? namespacesIn(await client.names(first, {}, signal)) : [];
      return [...names.map((value) => ({ value })), ...below.map((name) => ({ value: `${first}/${name}/` }))];
    });
  }

  #cluster(ofProfile: string | undefined): string | undefined {
    return this.#options.cluster ?? ofProfile;
  }

  async #ask<Answer>(
    action: (connection: Connection, signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const connection = await connect(this.#options, this.#env);
    try {
      return await action(connection, AbortSignal.timeout(this.#patienceMs));
    } finally {
      await connection.close();
    }
  }
}

/** Of names such as `shop/cart`, which are sorted. */
function namespacesIn(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.slice(0, name.indexOf('/'))))];
}
