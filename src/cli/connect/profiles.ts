import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConnectError } from './connect-error.ts';
import type { Env } from './settings.ts';
import { parseYaml, type YamlText } from './yaml-lines.ts';

/** How to reach one service. Paths are absolute. */
export interface Profile {
  readonly server: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly p12?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** The cluster of commands that name none. */
  readonly cluster?: string | undefined;
}

const FIELDS = ['server', 'ca', 'cert', 'key', 'p12', 'kubeconfig', 'context', 'cluster'] as const;

export interface Profiles {
  readonly file: string;
  /** The name of the one that is used if none is named. It may be missing among the profiles. */
  readonly current: string | undefined;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/** The file of the profiles: SCALER_CONFIG, or the usual folder for configuration. */
export function profilesFile(env: Env): string {
  if (env.SCALER_CONFIG) return env.SCALER_CONFIG;
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(folder, 'k8s-deployment-scaler', 'config.yaml');
}

/**
 * All profiles; none if the file is missing.
 * @throws ConnectError if it cannot be read or has a mistake; the message names the line
 */
export async function readProfiles(env: Env): Promise<Profiles> {
  const file = profilesFile(env);
  const text = await readText(file);
  const { document, at } = await parse(file, text);
  const root: unknown = document.toJS();
  if (root === null) return { file, current: undefined, profiles: new Map() };
  const fields = mapAt(root, [], at);
  for (const field of Object.keys(fields)) {
    if (field !== 'current' && field !== 'profiles')
      throw unknownField(at([field]), field, 'current, profiles');
  }
  const { current } = fields;
  if (current !== undefined && typeof current !== 'string') throw broken(at(['current']), 'must be a name');
  const profiles = new Map<string, Profile>();
  for (const [name, value] of Object.entries(mapAt(fields.profiles ?? {}, ['profiles'], at))) {
    profiles.set(name, profileAt(value, name, at));
  }
  return { file, current, profiles };
}

/** Adds or replaces a profile, and makes it the current one. */
export async function saveProfile(env: Env, name: string, profile: Profile): Promise<void> {
  await change(env, ({ document }) => {
    const stored = Object.fromEntries(
      FIELDS.flatMap((field) => (profile[field] === undefined ? [] : [[field, profile[field]]])),
    );
    document.setIn(['current'], name);
    document.setIn(['profiles', name], document.createNode(stored));
  });
}

/** Makes a profile the current one. */
export async function useProfile(env: Env, name: string): Promise<void> {
  await change(env, ({ document }) => document.setIn(['current'], name));
}

/** Removes a profile. If it was the current one, there is none until the next `use`. */
export async function removeProfile(env: Env, name: string): Promise<void> {
  await change(env, ({ document }) => {
    document.deleteIn(['profiles', name]);
    if (document.get('current') === name) document.delete('current');
  });
}

/** Writes the changed file beside the old one and renames it, so that no reader sees half of it. Comments stay. */
async function change(env: Env, edit: (text: YamlText) => void): Promise<void> {
  // A file with a mistake is not written over.
  const { file } = await readProfiles(env);
  const text = await parse(file, await readText(file));
  edit(text);
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // A link stays a link, for people who keep their configuration elsewhere.
    const target = await realpath(file).catch(() => file);
    const temporary = `${target}.${process.pid}.tmp`;
    try {
      const handle = await open(temporary, 'w', 0o600);
      await handle.writeFile(text.document.toString());
      await handle.sync();
      await handle.close();
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (cause) {
    throw new ConnectError(`Cannot write ${file}: ${reason(cause)}. SCALER_CONFIG names another file`, {
      cause,
    });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
    throw new ConnectError(`Cannot read the profiles in ${file}: ${reason(cause)}`, { usage: true, cause });
  }
}

function parse(file: string, text: string): Promise<YamlText> {
  return parseYaml(file, text, (problem) => new ConnectError(`${problem}. ${REMEDY}`, { usage: true }));
}

type At = YamlText['at'];

function profileAt(value: unknown, name: string, at: At): Profile {
  const path = ['profiles', name];
  const found: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const [field, content] of Object.entries(mapAt(value, path, at))) {
    const known = FIELDS.find((each) => each === field);
    if (known === undefined) throw unknownField(at([...path, field]), field, FIELDS.join(', '));
    if (typeof content !== 'string') throw broken(at([...path, field]), `${field} must be a text`);
    found[known] = content;
  }
  const { server } = found;
  if (server === undefined) throw broken(at(path), `the profile ${name} has no server`);
  return { ...found, server };
}

function mapAt(value: unknown, path: readonly string[], at: At): Readonly<Record<string, unknown>> {
  if (isMap(value)) return value;
  throw broken(at(path), `${path.join('.') || 'the file'} must have fields, as in "profiles:"`);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const REMEDY = 'Correct that line, or remove the file and run `scaler login`';

function unknownField(where: string, field: string, known: string): ConnectError {
  return broken(where, `${field} is not a known field; there are ${known}`);
}

function broken(where: string, problem: string): ConnectError {
  return new ConnectError(`${where}: ${problem}. ${REMEDY}`, { usage: true });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
