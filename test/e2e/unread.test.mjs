// SPDX-License-Identifier: MIT
// Standard output that nobody reads: a pipe that is full. --timeout and one signal end the run anyway,
// and the controller is given back.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blepair, world } from './lib.mjs';

const absent = 'C0:FF:EE:00:00:77/random';
// Seconds: a write waits for 2 s at the end of a run, and the controller is given back in 10 s.
const closing = 12;

// A FIFO without room; the test holds its reading end and reads nothing.
function full(context, folder) {
  const path = join(folder, 'full');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(reader, Buffer.alloc(4096));
  } catch (error) {
    assert.equal(error.code, 'EAGAIN');
  }
  context.after(() => closeSync(reader));
  return { path, reader };
}

// blepair with that FIFO as its standard output (and standard error); resolves at its end.
function run(path, args, { both = false } = {}) {
  const writer = openSync(path, constants.O_WRONLY);
  const began = performance.now();
  const child = spawn(blepair, args, { stdio: ['ignore', writer, both ? writer : 'pipe'] });
  const program = { child, errors: '' };
  closeSync(writer);
  child.stderr?.on('data', (data) => (program.errors += data));
  program.exited = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, seconds: (performance.now() - began) / 1000 })));
  return program;
}

async function ends(program, limit) {
  const timer = setTimeout(() => program.child.kill('SIGKILL'), 1000 * (limit + 20));
  const { code, signal, seconds } = await program.exited;
  clearTimeout(timer);
  assert.equal(signal, null, `killed after ${seconds} s`);
  assert.ok(seconds < limit, `${seconds} s`);
  return code;
}

const unread = /^blepair: cannot write standard output: nobody reads it\n$/;

describe('standard output that nobody reads', { concurrency: true }, () => {
  for (const [name, ...args] of [
    ['pair', '--timeout', '2', absent],
    ['verify --all', 'verify', '--all', '--timeout', '2', '--store', 'STORE'],
    ['listen', 'listen', '--timeout', '2'],
    ['batch', 'batch', 'LIST', '--timeout', '2', '--store', 'STORE'],
  ])
    test(`--timeout ends ${name} although nobody reads standard output`, async (context) => {
      const w = await world(context);
      const files = { STORE: join(w.folder, 'bonds.db'), LIST: join(w.folder, 'list.csv') };
      writeFileSync(files.LIST, `address\n${absent}\n`);
      const words = args.map((word) => files[word] ?? word);
      const store = args.includes('--store') ? [] : ['--no-store'];
      const program = run(full(context, w.folder).path, ['--json', '-c', w.controller, ...store, ...words]);
      assert.equal(await ends(program, 2 + closing), 1);
      assert.match(program.errors, unread);
    });

  for (const [name, both, ...args] of [
    ['pair', false, '--json', '--timeout', '0', '--scan-timeout', '3000', absent],
    ['scan', false, '--json', 'scan', '--duration', '0'],
    ['scan as text', true, 'scan', '--duration', '0'],
    ['listen', false, '--json', 'listen'],
    ['listen as text', true, 'listen'],
  ])
    test(`one signal ends ${name} although nobody reads standard output`, async (context) => {
      const w = await world(context);
      const program = run(full(context, w.folder).path, ['-c', w.controller, '--no-store', ...args], { both });
      await new Promise((resolve) => setTimeout(resolve, 1500));
      program.child.kill('SIGTERM');
      // listen without --count is ended by a signal: that is its usual end. Text on standard error is not a result.
      assert.equal(await ends(program, 1.5 + closing), args[0] === '--json' ? 1 : 0);
      if (!both) assert.match(program.errors, unread);
    });

  test('a reader that comes back gets every line', async (context) => {
    const w = await world(context);
    const { path, reader } = full(context, w.folder);
    const program = run(path, ['--json', '-c', w.controller, '--no-store', 'info']);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(program.child.exitCode, null); // it waits
    const buffer = Buffer.alloc(65536);
    let text = '', over = false;
    program.exited.then(() => (over = true));
    for (let rest = true; !over || rest; await new Promise((resolve) => setTimeout(resolve, 10))) {
      try {
        const len = readSync(reader, buffer);
        text += buffer.toString('latin1', 0, len);
        rest = len > 0;
      } catch {
        rest = false;
      }
    }
    assert.equal(await ends(program, 30), 0);
    const lines = text.replaceAll('\0', '').trim().split('\n').map((line) => JSON.parse(line).event);
    assert.deepEqual(lines, ['controller', 'info']);
    assert.equal(program.errors, '');
  });
});
