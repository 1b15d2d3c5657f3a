#!/usr/bin/env node
'use strict';

const { spawn } = require('node:child_process');
const { binary } = require('../index.js');

let program;
try {
  program = binary();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
// A terminal sends its signals to both; what a supervisor sends comes here and is handed on.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`accountd: ${program}: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
