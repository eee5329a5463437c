// SPDX-License-Identifier: MIT
// Every option that writes a file writes it in one way (cli/base/file.h).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { blepair, root, world } from './lib.mjs';

const capture = join(root, 'test', 'captures', 'own_sc_just_works.btsnoop');

// Each option with the command that writes, and what its file contains. keys: it can hold keys.
const writers = (w) => ({
  '-w': { args: (path) => ['info', '-c', w.controller, '-w', path], content: /^btsnoop\0/, keys: true },
  '--report': { args: (path) => ['batch', 'list.csv', '-c', w.controller, '--no-store', '--scan-timeout', '0.3', '--report', path], content: /^<!DOCTYPE html>[^]*<\/html>\n$/, code: 17 },
  '--html': { args: (path) => ['explain', capture, '--html', path], content: /^<!DOCTYPE html>[^]*<\/html>\n$/, keys: true },
  '--svg': { args: (path) => ['explain', capture, '--svg', path], content: /^<svg [^]*<\/svg>\n$/, keys: true },
  '--keys': { args: (path) => ['explain', capture, '--keys', path], content: /^# Keys found[^]*LTK/, keys: true },
  '--output': { args: (path) => ['bonds', 'export', '--store', 'bonds.db', '--output', path], content: /^\{\n[^]*\}\n$/, keys: true },
});

async function prepared(t) {
  const w = await world(t);
  writeFileSync(join(w.folder, 'list.csv'), 'address\n00:AA:01:00:00:99\n');
  const run = (args, more = {}) => spawnSync(blepair, args, { cwd: w.folder, encoding: 'latin1', input: '', timeout: 30000, ...more });
  writeFileSync(join(w.folder, 'empty.json'), '{"version": 1, "identities": [], "bonds": []}', { mode: 0o600 });
  assert.equal(run(['bonds', 'import', 'empty.json', '--store', 'bonds.db']).status, 0);
  return { w, run, writers: writers(w), path: (name) => join(w.folder, name) };
}

test('a device stays what it is', async (t) => {
  const { run, writers, path } = await prepared(t);
  const device = path('null');
  const made = spawnSync('mknod', ['-m', '666', device, 'c', '1', '3']); // never the one of this machine
  if (made.status !== 0) return t.skip('needs root');
  for (const [option, { args, code = 0 }] of Object.entries(writers)) {
    const { status, stderr } = run(args(device));
    assert.equal(status, code, `${option}: ${stderr}`);
    const now = lstatSync(device);
    assert.ok(now.isCharacterDevice(), option);
    assert.equal(now.mode & 0o777, 0o666, option);
  }
});

// The run itself has done what it can, and says so; but not all that was asked for is there.
test('a capture that a full disk cut is no success', async (t) => {
  const { w, run, path } = await prepared(t);
  const cut = run(['info', '--json', '-c', w.controller, '-w', '/dev/full']);
  assert.equal(cut.status, 1, cut.stderr);
  const events = cut.stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(events.some((e) => e.event === 'note' && /cannot write the capture file: No space left on device; the capture ends here/.test(e.text)), cut.stdout);
  assert.equal(events.at(-1).event, 'info');
  assert.match(cut.stderr, /^blepair: \/dev\/full is not complete\n$/);
  // A failure keeps its code.
  assert.equal(run(['--scan-timeout', '0.2', '--no-store', '-c', w.controller, '-w', '/dev/full', '00:AA:01:00:00:99']).status, 6);
  assert.equal(run(['info', '-c', w.controller, '-w', path('whole')]).status, 0);
});

test('no file takes the place of the store, also not of the default one', async (t) => {
  const { w, run, path } = await prepared(t);
  const env = { ...process.env, XDG_STATE_HOME: path('state') };
  assert.equal(run(['bonds', 'import', 'empty.json'], { env }).status, 0);
  const store = path('state/blepair/blepair.db'), before = readFileSync(store);
  for (const args of [['listen', '-c', w.controller, '--timeout', '1', '-w', store],
    ['batch', 'list.csv', '-c', w.controller, '--scan-timeout', '0.3', '--report', store]]) {
    const { status, stderr } = run(args, { env });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /--store and --(write|report) name the same file/);
    assert.deepEqual(readFileSync(store), before);
  }
});

test('a pipe gets one whole file', async (t) => {
  const { w, run, writers, path } = await prepared(t);
  for (const [option, { args, content, code = 0 }] of Object.entries(writers)) {
    const { status, stdout, stderr } = run([...args('/dev/fd/3'), '--quiet'], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
    assert.equal(status, code, `${option}: ${stderr}`);
    const fifo = path('fifo');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const reader = spawn('cat', [fifo]), parts = [];
    reader.stdout.on('data', (data) => parts.push(data));
    const writer = w.start('env', [blepair, ...args(fifo), '--quiet'], { cwd: w.folder });
    await new Promise((resolve) => reader.on('close', resolve));
    assert.equal(await writer.exited, code, `${option}: ${writer.errors}`);
    const got = Buffer.concat(parts).toString('latin1');
    assert.match(got, content, option);
    assert.equal(got.split(got.slice(0, 14)).length, 2, `${option}: once`);
    assert.ok(lstatSync(fifo).isFIFO(), option);
    spawnSync('rm', [fifo]);
  }
});

test('a file is private from the start, and one that others can read is refused if it would hold keys', async (t) => {
  const { run, writers, path } = await prepared(t);
  for (const [option, { args, keys, code = 0 }] of Object.entries(writers)) {
    const file = path(`new${option}`);
    assert.equal(run(args(file)).status, code, option);
    assert.equal(statSync(file).mode & 0o777, 0o600, option);
    chmodSync(file, 0o644);
    writeFileSync(file, 'old');
    const { status, stderr } = run(args(file));
    if (!keys) {
      assert.equal(status, code, `${option}: ${stderr}`);
      continue;
    }
    assert.notEqual(status, code, option);
    assert.match(stderr, /chmod 600 /, option);
    assert.equal(readFileSync(file, 'utf8'), 'old', option);
  }
});

test('files, links and folders of others are refused with the line to type', async (t) => {
  if (process.getuid() !== 0) return t.skip('needs root');
  const { run, writers, path } = await prepared(t);
  mkdirSync(path('real'), { mode: 0o700 });
  writeFileSync(path('victim'), 'old', { mode: 0o600 });
  writeFileSync(path('foreign'), 'old', { mode: 0o600 });
  spawnSync('chown', ['1234', path('foreign')]);
  symlinkSync('victim', path('link'));
  symlinkSync('real', path('folder'));
  for (const link of ['link', 'folder']) lchownSync(path(link), 1234, 1234);
  for (const [option, { args, code = 0 }] of Object.entries(writers))
    for (const [name, remove] of [['link', 'link'], ['folder/x', 'folder'], ['foreign', 'foreign']]) {
      const { status, stderr } = run(args(path(name)));
      assert.notEqual(status, code, `${option} ${name}`);
      assert.ok(stderr.includes(`rm ${path(remove)}`), `${option} ${name}: ${stderr}`);
      for (const file of ['victim', 'foreign']) assert.equal(readFileSync(path(file), 'utf8'), 'old');
      assert.ok(!existsSync(path('real/x')), option);
    }
  const { status, stderr } = run(['bonds', 'list', '--store', path('folder/bonds.db')]);
  assert.equal(status, 5);
  assert.match(stderr, /symbolic link of another user/);
});

test('-w does not empty an old capture before the controller is open', async (t) => {
  const { run, path } = await prepared(t);
  writeFileSync(path('old'), 'old capture', { mode: 0o600 });
  assert.equal(run(['info', '-c', 'unix:/nonexistent', '-w', path('old')]).status, 3);
  assert.equal(readFileSync(path('old'), 'utf8'), 'old capture');
});

test('a FIFO that nobody reads ends the wait, not the time limit', async (t) => {
  const { run, path } = await prepared(t);
  assert.equal(spawnSync('mkfifo', ['-m', '600', path('fifo')]).status, 0);
  let { status, stderr } = run(['listen', '-c', 'unix:/nonexistent', '--no-store', '--timeout', '1', '-w', path('fifo')]);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /fifo: nobody reads it/);
  ({ status, stderr } = run(['batch', 'list.csv', '-c', 'unix:/nonexistent', '--no-store', '--report', path('fifo')]));
  assert.equal(status, 3, stderr);
  assert.match(stderr, /fifo: nobody reads it/);
});
