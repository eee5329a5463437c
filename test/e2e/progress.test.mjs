// SPDX-License-Identifier: MIT
// A long step shows on a terminal that it goes on, and how long; nowhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blepair, Terminal, world } from './lib.mjs';

const scan = (w, ...more) => ['-c', w.controller, 'scan', '--duration', '3.5', ...more];

test('a scan shows how long it will take', async (t) => {
  const w = await world(t);
  const terminal = new Terminal(w, scan(w));
  await terminal.seen(/0 devices, 3 s left/);
  await terminal.seen(/0 devices, [12] s left/);
  assert.equal(await terminal.exited, 0, terminal.text);
  assert.match(terminal.text, /0 devices seen$/m);
});

test('a search, a link that is held, and a peripheral show it, too', async (t) => {
  const w = await world(t);
  const listen = new Terminal(w, ['-c', w.controller, 'listen', '--io', 'none', '--no-store']);
  await listen.seen(/waiting for a central: 1 s/);
  const address = listen.text.match(/advertising +as ([0-9A-F:]{17})/)[1];
  const absent = new Terminal(w, ['-c', w.controller, 'C4:00:00:00:00:01', '--no-store', '--scan-timeout', '3']);
  await absent.seen(/scanning: 1 s, [12] s left/);
  assert.equal(await absent.exited, 6);
  const central = new Terminal(w, ['-c', w.controller, `${address}/public`, '--io', 'none', '--no-store', '--linger', '3']);
  await central.seen(/lingering: 1 s, [12] s left/);
  await central.exited;
});

test('nothing of it in a pipe, with --quiet and with --json', async (t) => {
  const w = await world(t);
  const quiet = new Terminal(w, scan(w, '--quiet'));
  const json = new Terminal(w, scan(w, '--json'));
  const pipe = w.start(blepair, scan(w), { cwd: w.folder });
  for (const program of [quiet, json, pipe]) assert.equal(await program.exited, 0);
  for (const text of [quiet.text, json.text, pipe.errors]) {
    assert.doesNotMatch(text, /scanning: \d|s left/);
    assert.doesNotMatch(text, /\x1b\[K/);
  }
});
