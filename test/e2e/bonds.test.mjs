// SPDX-License-Identifier: MIT
// blepair bonds: what a bond file holds, and what of it BlueZ gets.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

const run = (w, ...args) => spawnSync(blepair, ['bonds', ...args], { cwd: w.folder, encoding: 'utf8', input: '' });
const mode = (path) => statSync(path).mode & 0o777;

// A bond on file, made with a peer that has an address of its own.
async function bonded(t) {
  const w = await world(t);
  const peripheral = w.blepair('listen', '--count', '1', '--io', 'none', '--bond-file', 'theirs.json');
  const { own } = await peripheral.until('advertising');
  const central = w.blepair(own.address, '--io', 'none', '--bond-file', 'bonds.json');
  assert.equal(await central.exited, 0, central.errors);
  assert.equal(await peripheral.exited, 0);
  return { w, peer: own.address, result: central.result, own: (await central.until('controller')).own.address };
}

test('bonds list: a line a bond, no key in it', async (t) => {
  const { w, peer, result } = await bonded(t);
  const list = run(w, 'list', '--bond-file', 'bonds.json');
  assert.equal(list.status, 0, list.stderr);
  assert.match(list.stdout, new RegExp(`^${peer} public: Secure Connections, not authenticated, 16 octets, we are central as `));
  const lines = run(w, 'list', '--bond-file', 'bonds.json', '--json').stdout.trim().split('\n').map(JSON.parse);
  assert.equal(lines[0].event, 'bond');
  assert.equal(lines[0].peer.address, peer);
  assert.equal(lines[0].secure_connections, true);
  assert.equal(lines.at(-1).result, 'listed');
  assert.ok(!JSON.stringify(lines).includes(result.keys.local.ltk));
});

test('bonds export: BlueZ\'s directories, private; once more changes nothing; another bond is not overwritten', async (t) => {
  const { w, peer, own, result } = await bonded(t);
  const first = run(w, 'export', '--format', 'bluez', '--bond-file', 'bonds.json');
  assert.equal(first.status, 0, first.stderr);
  const info = join(w.folder, 'bluetooth', own, peer, 'info');
  const text = readFileSync(info, 'utf8');
  // BlueZ has keys in the order of the air, JSON the most significant octet first.
  const key = Buffer.from(result.keys.peer.ltk, 'hex').reverse().toString('hex').toUpperCase();
  assert.match(text, new RegExp(`\\[LongTermKey\\]\nKey=${key}\nAuthenticated=2\nEncSize=16\nEDiv=0\nRand=0\n`));
  assert.equal(mode(info), 0o600);
  assert.equal(mode(join(w.folder, 'bluetooth')), 0o700);
  assert.equal(mode(join(w.folder, 'bluetooth', own)), 0o700);
  assert.match(readFileSync(join(w.folder, 'bluetooth', own, 'identity'), 'utf8'), /^\[General\]\nIdentityResolvingKey=[0-9a-f]{32}\n$/);

  assert.equal(run(w, 'export', '--bond-file', 'bonds.json').status, 0);
  assert.equal(readFileSync(info, 'utf8'), text);

  writeFileSync(info, 'another');
  const third = run(w, 'export', '--bond-file', 'bonds.json');
  assert.equal(third.status, 2);
  assert.match(third.stderr, /info: is there already, and not the same; it was left as it is/);
  assert.equal(readFileSync(info, 'utf8'), 'another');
});

for (const [args, words] of [
  [[], /bonds what\? list or export/],
  [['remove', '--bond-file', 'x'], /bonds what\? list or export/],
  [['list'], /which bonds\? give --bond-file FILE/],
  [['export', '--bond-file', 'x', '--format', 'csv'], /--format: "csv" is not right; expected bluez/],
  [['list', '--bond-file', 'x', '-c', 'hci0'], /--controller is not an option of bonds/],
])
  test(`a clear line: blepair bonds ${args.join(' ')}`, () => {
    const result = spawnSync(blepair, ['bonds', ...args], { encoding: 'utf8', input: '' });
    assert.equal(result.status, 2);
    assert.match(result.stderr, words);
  });
