// SPDX-License-Identifier: MIT
// Which libraries each command loads, and when, as the dynamic linker reports it (LD_DEBUG).
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { blepair, root, world } from './lib.mjs';

const build = process.env.BLEPAIR_BUILD ?? dirname(blepair);
const cache = readFileSync(join(build, 'CMakeCache.txt'), 'utf8');
const nettle = /^NETTLE_FOUND:INTERNAL=1$/m.test(cache) && !/^BLEPAIR_NETTLE:\w+=OFF$/m.test(cache) ? ['libhogweed'] : [];
const late = ['libarchive', 'libbz2', 'libhogweed', 'liblzma', 'libsqlite3', 'libusb-1.0', 'libz', 'libzstd'];
const ofArchive = ['libbz2', 'liblzma', 'libz', 'libzstd']; // it needs them itself
const traced = { ...process.env, LD_DEBUG: 'files' };

// The libraries of the table that a process has initialised, without those that another one of them needs.
function loaded(report) {
  const names = [...report.matchAll(/calling init: \S*\/(lib[^/]*?)\.so/g)].map((match) => match[1]);
  return late.filter((name) => names.includes(name) && !(ofArchive.includes(name) && !names.includes('libarchive')));
}

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'blepair-loading.'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function run(t, args, cwd = folder(t)) {
  const { stderr } = spawnSync(blepair, args, { encoding: 'utf8', cwd, env: { ...traced, XDG_STATE_HOME: cwd } });
  return loaded(stderr);
}

test('the program itself needs no library that is loaded late', () => {
  const needed = execFileSync('readelf', ['-d', blepair], { encoding: 'utf8' });
  assert.match(needed, /NEEDED.*libmbedcrypto/);
  for (const name of [...late, 'libgmp', 'libnettle']) assert.doesNotMatch(needed, new RegExp(`NEEDED.*${name}\\.`));
});

const gathered = join(root, 'test', 'captures', 'pairing_failed_0x08.btmon.txt');
for (const [name, args, wanted] of [
  ['--version', ['--version'], []],
  ['--help', ['--help'], []],
  ['a usage error', ['--no-such-option'], []],
  ['explain of a capture', ['explain', gathered], nettle],
  ['bonds list', ['bonds', 'list'], ['libsqlite3']],
  ['scan without a store, and no such controller', ['scan', '--no-store', '-c', 'unix:/nowhere'], []],
]) {
  test(`${name} loads ${wanted.join(', ') || 'nothing'}`, (t) => assert.deepEqual(run(t, args), wanted));
}

test('explain of an empty file loads nothing', (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'empty'), '');
  assert.deepEqual(run(t, ['explain', 'empty'], cwd), []);
});

test('a list of controllers loads libusb', (t) => assert.deepEqual(run(t, ['controllers']), ['libusb-1.0']));

for (const [name, store, wanted] of [
  ['without a store', ['--no-store'], nettle],
  ['with a store', ['--store', 'store.db'], [...nettle, 'libsqlite3']],
])
  test(`a pairing ${name} loads ${wanted.join(', ') || 'nothing'}, before the controller is up`, async (t) => {
    const w = await world(t);
    const peer = w.blepair('listen', '--count', '1', '--timeout', '60');
    await peer.until('advertising');
    const pair = w.start(blepair, ['-c', w.controller, '00:AA:01:00:00:42', '--json', ...store], { cwd: w.folder, env: traced });
    await pair.until((event) => event.event === 'controller' || event.event === 'result');
    assert.deepEqual(loaded(pair.errors), wanted);
    await pair.exited;
    assert.equal(pair.result.result, 'paired', pair.errors);
    assert.deepEqual(loaded(pair.errors), wanted);
  });

test('without libusb one line names its package, and controllers of other kinds are used', (t) => {
  const library = execFileSync('sh', ['-c', 'readlink -f "$(/sbin/ldconfig -p | sed -n "s/.*libusb-1.0.so.0 .*=> //p" | head -n 1)"'], { encoding: 'utf8' }).trim();
  const hidden = (...args) => spawnSync('unshare', ['-m', 'sh', '-c', 'mount --bind /dev/null "$0" && exec "$@"', library, blepair, ...args], { encoding: 'utf8' });
  if (hidden('--version').status !== 0) return t.skip('needs root, to hide the library');
  const list = hidden('controllers');
  assert.match(list.stderr, /^blepair: libusb-1\.0\.so\.0 is needed for controllers on USB: apt install libusb-1\.0-0$/m);
  assert.ok([0, 3].includes(list.status), list.stderr);
  assert.match(hidden('scan', '--no-store', '-c', 'unix:/nonexistent').stderr, /cannot open it: No such file/);
});
