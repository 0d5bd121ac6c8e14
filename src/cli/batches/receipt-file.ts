import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Receipt } from '../../client/scaler-client.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { warn } from '../output/messages.ts';

/** How many receipts are kept in the folder; then the oldest one makes room. */
const MAX_RECEIPTS = 200;
/** A receipt of the greatest batch is far below this. */
const MAX_BYTES = 4 * 2 ** 20;

export interface KeptReceipt {
  readonly file: string;
  readonly receipt: Receipt;
}

/** The folder in which receipts are kept: that of the XDG Base Directory Specification for state. */
export function receiptFolder({ env }: CliContext): string {
  const state = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(state, 'k8s-deployment-scaler', 'receipts');
}

/**
 * Keeps a receipt, for nobody but the user. It returns once the disk has it, so that what happens next can be taken back
 * whatever happens to this machine.
 * @param file where to; default: a new file in the folder for receipts
 * @returns its path, absolute
 */
export async function keepReceipt(context: CliContext, receipt: Receipt, file?: string): Promise<string> {
  const folder = receiptFolder(context);
  // Names sort by time.
  const name = `${receipt.at.replaceAll(/[:.]/g, '-')}-${receipt.id.slice(0, 8)}.json`;
  const path = file === undefined ? join(folder, name) : resolve(file);
  try {
    if (file === undefined) await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(path, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(receipt)}\n`);
      await handle.sync();
    } catch (error) {
      // A part of a receipt is none, and its name would be taken.
      await rm(path, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw new CliError(
      `nothing was changed: the receipt cannot be kept: ${reasonOf(error)}. ${adviceOf(error)}`,
      EXIT.failed,
    );
  }
  if (file === undefined) await prune(context, path);
  return path;
}

/** The file that the user names: a path, or the name of a receipt in the folder, as `restore` lists it. */
export async function findReceipt(context: CliContext, named: string): Promise<string> {
  const file = resolve(named);
  if (basename(named) !== named || (await isThere(file))) return file;
  const kept = join(receiptFolder(context), named);
  return (await isThere(kept)) ? kept : file;
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Reads a receipt. @throws CliError */
export async function readReceipt(file: string): Promise<Receipt> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new Error(`${file} is larger than ${MAX_BYTES} bytes`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(`the receipt cannot be read: ${reasonOf(error)}`);
  }
  const value = parsed(text);
  if (isReceipt(value)) return value;
  throw new CliError(
    `${file} is not a receipt: it must be the JSON that \`plan --out\`, \`park\` or POST /scale made, unchanged`,
  );
}

/** The receipts in the folder, the newest first. Files that are none are left out. */
export async function keptReceipts(context: CliContext): Promise<readonly KeptReceipt[]> {
  const folder = receiptFolder(context);
  const kept: KeptReceipt[] = [];
  for (const file of await receiptsIn(folder)) {
    const value = parsed(await readFile(file, 'utf8').catch(() => ''));
    if (isReceipt(value)) kept.push({ file, receipt: value });
  }
  return kept.reverse();
}

/** Whether the file is one of the folder for receipts. Others belong to the user. */
export function isKept(context: CliContext, file: string): boolean {
  return dirname(resolve(file)) === receiptFolder(context);
}

/** Removes a receipt that has nothing left to take back. */
export async function dropReceipt(file: string): Promise<void> {
  await rm(file, { force: true });
}

async function receiptsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

/** The new receipt stays whatever its name says: the clock of the service that made it may be behind. */
async function prune(context: CliContext, added: string): Promise<void> {
  const others = (await receiptsIn(dirname(added))).filter((file) => file !== added);
  for (const file of others.slice(0, Math.max(0, others.length + 1 - MAX_RECEIPTS))) {
    await dropReceipt(file);
    warn(context, `${MAX_RECEIPTS} receipts are kept, so the oldest was removed: ${file}`);
  }
}

/** Makes the name of a new file last, where the file system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems do not sync folders; the content is on the disk.
  } finally {
    await handle.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether it has the form of a receipt. The service checks the rest. */
function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'version' in value &&
    'id' in value &&
    typeof value.id === 'string' &&
    'at' in value &&
    typeof value.at === 'string' &&
    'checksum' in value &&
    'items' in value &&
    Array.isArray(value.items)
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function adviceOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EEXIST'
    ? 'Name another file, or remove this one'
    : `Name a file elsewhere with --receipt FILE, or set XDG_STATE_HOME`;
}
