#!/usr/bin/env node
import type { Command } from 'commander';
import type { GlobalOptions } from './global-options.ts';
import { ProcessContext } from './process-context.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';
import { withWaitTimes } from './wait-option.ts';

const context = new ProcessContext(() => program.opts<GlobalOptions>());
const program: Command = createProgram(context);
try {
  await program.parseAsync(withWaitTimes(process.argv.slice(2)), { from: 'user' });
  process.exitCode = context.exitCode;
} catch (error) {
  process.exitCode = reportError(error, context);
} finally {
  await context.close();
}
