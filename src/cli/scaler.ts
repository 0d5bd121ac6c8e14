#!/usr/bin/env node
import type { Command } from 'commander';
import type { GlobalOptions } from './global-options.ts';
import { ProcessContext } from './process-context.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

const context = new ProcessContext(() => program.opts<GlobalOptions>());
const program: Command = createProgram(context);
try {
  await program.parseAsync();
  process.exitCode = context.exitCode;
} catch (error) {
  process.exitCode = reportError(error, context);
} finally {
  await context.close();
}
