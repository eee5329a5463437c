// SPDX-License-Identifier: MIT
// blepair bonds and verify: what the store holds, what others get of it, and that it works.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

const run = (w, ...args) =>
  spawnSync(blepair, ['bonds', ...args, ...(args.includes('--store') ? [] : ['--store', 'bonds.db'])], { cwd: w.folder, encoding: 'utf8', input: '' });
const lines = (w, ...args) => run(w, ...args, '--json').stdout.trim().split('\n').map((line) => JSON.parse(line));
const mode = (path) => statSync(path).mode & 0o777;

// Pairs once more with a peer that has an address of its own; both keep their bonds.
async function pairOnce(w, ...more) {
  const peripheral = w.blepair('listen', '--count', '1', '--io', 'none', '--replace-bond', '--store', 'theirs.db');
  const { own } = await peripheral.until('advertising');
  const central = w.blepair(own.address, '--io', 'none', '--store', 'bonds.db', ...more);
  assert.equal(await central.exited, 0, central.errors);
  assert.equal(await peripheral.exited, 0);
  return { peer: own.address, result: central.result, own: (await central.until('controller')).own.address };
}

async function bonded(t) {
  const w = await world(t);
  return { w, ...(await pairOnce(w)) };
}

test('bonds list: a line a bond, no key in it', async (t) => {
  const { w, peer, result } = await bonded(t);
  const list = run(w, 'list');
  assert.equal(list.status, 0, list.stderr);
  assert.match(list.stdout, new RegExp(`^${peer} public: Secure Connections, not authenticated, 16 octets, we are central as `));
  const events = lines(w, 'list');
  assert.equal(events[0].event, 'bond');
  assert.equal(events[0].peer.address, peer);
  assert.equal(events[0].secure_connections, true);
  assert.equal(events.at(-1).result, 'listed');
  for (const secret of [result.keys.local.ltk, result.keys.local.irk, result.keys.peer.irk, result.keys.peer.csrk])
    for (const text of [list.stdout, JSON.stringify(events), run(w, 'show', peer).stdout]) assert.ok(!text.includes(secret));
});

test('bonds show: the bond, what it replaced, the attempts; keys when asked', async (t) => {
  const { w, peer, result } = await bonded(t);
  const again = await pairOnce(await again_in(t, w));
  assert.equal(again.peer, peer);
  const events = lines(w, 'show', peer, '--show-keys');
  assert.deepEqual(events.map((e) => e.event), ['bond', 'bond', 'attempt', 'attempt', 'result']);
  assert.deepEqual(events.slice(0, 2).map((e) => [e.in_force, e.keys.peer.ltk]), [[true, again.result.keys.peer.ltk], [false, result.keys.peer.ltk]]);
  assert.equal(events[2].result, 'paired');
  assert.equal(events[2].method, 'just_works');
  assert.ok(events[2].connect_ms > 0 && events[2].pair_ms > 0 && events[2].scan_ms >= 0 && events[2].total_ms > events[2].pair_ms);
  const none = run(w, 'show', 'C4:00:00:00:00:01');
  assert.equal(none.status, 2);
  assert.match(none.stderr, /there is no bond with C4:00:00:00:00:01 in bonds\.db/);
});

// The same folder beside a fresh virtual controller, whose addresses begin anew.
async function again_in(t, w) {
  const v = await world(t);
  return { ...v, blepair: (...args) => v.blepair(...args.map((arg) => (arg.endsWith('.db') ? join(w.folder, arg) : arg))) };
}

test('a failed attempt is kept too, and nothing with --no-store', async (t) => {
  const { w, peer } = await bonded(t);
  const file = readFileSync(join(w.folder, 'bonds.db'));
  const absent = w.blepair('--scan-timeout', '0.2', peer, '--no-store');
  assert.equal(await absent.exited, 6);
  assert.deepEqual(readFileSync(join(w.folder, 'bonds.db')), file);
  assert.deepEqual(readdirSync(w.folder).filter((name) => name.includes('.db')).sort(), ['bonds.db', 'theirs.db']);

  const central = w.blepair('--scan-timeout', '0.2', peer, '--store', 'bonds.db');
  assert.equal(await central.exited, 6);
  const attempt = lines(w, 'show', peer).filter((e) => e.event === 'attempt').at(-1);
  assert.equal(attempt.result, 'failed');
  assert.equal(attempt.class, 'not_found');
});

test('bonds export: BlueZ\'s directories, private; once more changes nothing; another bond is not overwritten', async (t) => {
  const { w, peer, own, result } = await bonded(t);
  const first = run(w, 'export', '--format', 'bluez');
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

  assert.equal(run(w, 'export', '--format', 'bluez').status, 0);
  assert.equal(readFileSync(info, 'utf8'), text);

  writeFileSync(info, 'another');
  const third = run(w, 'export', '--format', 'bluez');
  assert.equal(third.status, 2);
  assert.match(third.stderr, /info: is there already, and not the same; it was left as it is/);
  assert.equal(readFileSync(info, 'utf8'), 'another');
});

test('bonds export and import: JSON goes round without loss, and merges', async (t) => {
  const { w, peer, result } = await bonded(t);
  assert.equal(run(w, 'export').status, 0);
  assert.equal(mode(join(w.folder, 'bonds.json')), 0o600);
  const first = readFileSync(join(w.folder, 'bonds.json'), 'utf8');
  assert.ok(first.includes(result.keys.peer.ltk));

  // Into an empty store, and out again.
  const there = run(w, 'import', 'bonds.json', '--store', 'other.db');
  assert.equal(there.status, 0, there.stderr);
  assert.match(there.stderr, /1 bond: 1 of new peers/);
  assert.equal(run(w, 'export', '--store', 'other.db', '--output', 'again.json').status, 0);
  assert.equal(readFileSync(join(w.folder, 'again.json'), 'utf8'), first);
  // Once more changes nothing.
  assert.match(run(w, 'import', 'bonds.json', '--store', 'other.db').stderr, /0 of new peers, 0 newer than ours, 0 older .*, 1 known already/);
  assert.equal(run(w, 'export', '--store', 'other.db', '--output', 'again.json').status, 0);

  // The same peer was paired at both stations: the newest is in force, whichever way they meet.
  const second = await pairOnce(await again_in(t, w));
  assert.match(run(w, 'import', 'bonds.json').stderr, /1 known already/);
  assert.equal(run(w, 'export', '--output', 'newer.json').status, 0);
  assert.match(run(w, 'import', 'newer.json', '--store', 'other.db').stderr, /2 bonds: 0 of new peers, 1 newer than ours, 0 older .*, 1 known already/);
  assert.equal(run(w, 'remove', peer).status, 0);
  assert.equal(run(w, 'import', 'newer.json').status, 0);
  for (const store of ['bonds.db', 'other.db']) {
    const bonds = lines(w, 'show', peer, '--show-keys', '--store', store).filter((e) => e.event === 'bond');
    assert.deepEqual(bonds.map((b) => [b.in_force, b.keys.peer.ltk]), [[true, second.result.keys.peer.ltk], [false, result.keys.peer.ltk]]);
  }

  // What is wrong anywhere is refused as a whole.
  const broken = JSON.parse(readFileSync(join(w.folder, 'newer.json')));
  broken.history[0].key_size = 200;
  writeFileSync(join(w.folder, 'broken.json'), JSON.stringify(broken));
  const refused = run(w, 'import', 'broken.json', '--store', 'empty.db');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /broken\.json: "history", number 1: "key_size" must be 7 to 16; nothing was imported/);
  assert.equal(lines(w, 'list', '--store', 'empty.db').length, 1);
});

test('bonds export: CSV and the keys that Wireshark\'s sniffers ask for', async (t) => {
  const { w, peer, own, result } = await bonded(t);
  const csv = run(w, 'export', '--format', 'csv', '--output', '-');
  const [names, values, ...rest] = csv.stdout.split('\r\n').map((line) => line.split(','));
  assert.deepEqual(rest, [['']]);
  const row = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  assert.equal(names.length, values.length);
  assert.equal(row.in_force, 'true');
  assert.equal(row.peer, `${peer}/public`);
  assert.equal(row.local, `${own}/public`);
  assert.equal(row.peer_ltk, result.keys.peer.ltk);
  assert.equal(row.local_irk, result.keys.local.irk);
  assert.equal(row.key_size, '16');

  assert.equal(run(w, 'export', '--format', 'wireshark').status, 0);
  assert.equal(mode(join(w.folder, 'wireshark.txt')), 0o600);
  const text = readFileSync(join(w.folder, 'wireshark.txt'), 'utf8');
  assert.match(text, new RegExp(`^SC LTK     0x${result.keys.peer.ltk}  of both$`, 'm'));
  assert.match(text, new RegExp(`^IRK        0x${result.keys.peer.irk}  of the peer$`, 'm'));
});

test('bonds remove: the bond, what is older, and its keys are gone from the disk', async (t) => {
  const { w, peer, result } = await bonded(t);
  const again = await pairOnce(await again_in(t, w));
  const secrets = [result.keys.peer.ltk, again.result.keys.peer.ltk, result.keys.peer.csrk];
  const onDisk = () => readdirSync(w.folder).filter((name) => name.startsWith('bonds.db')).map((name) => readFileSync(join(w.folder, name), 'latin1')).join();
  for (const secret of secrets) assert.ok(onDisk().includes(secret));
  const removed = run(w, 'remove', peer);
  assert.equal(removed.status, 0, removed.stderr);
  assert.match(removed.stdout, new RegExp(`removed ${peer}`));
  for (const secret of secrets) assert.ok(!onDisk().includes(secret));
  assert.equal(lines(w, 'list').length, 1);
  assert.equal(run(w, 'remove', peer).status, 2);
});

test('bonds remove --all wants --yes in a script', async (t) => {
  const { w } = await bonded(t);
  const refused = run(w, 'remove', '--all');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /bonds remove --all in a script needs --yes/);
  assert.equal(lines(w, 'list').length, 2);
  assert.equal(run(w, 'remove', '--all', '--yes').status, 0);
  assert.equal(lines(w, 'list').length, 1);
});

test('verify: the bond works; without one it says so', async (t) => {
  const { w, peer } = await bonded(t);
  const v = await again_in(t, w);
  const peripheral = v.blepair('listen', '--count', '1', '--store', 'theirs.db');
  await peripheral.until('advertising');
  const central = v.blepair('verify', peer, '--store', 'bonds.db');
  assert.equal(await central.exited, 0, central.errors);
  assert.equal(central.result.result, 'encrypted');
  assert.equal(await peripheral.exited, 0);
  assert.equal(lines(w, 'show', peer).filter((e) => e.event === 'attempt').at(-1).result, 'encrypted');

  const u = await again_in(t, w);
  const other = u.blepair('listen', '--count', '1', '--store', 'theirs.db');
  await other.until('advertising');
  const stranger = u.blepair('verify', peer, '--store', 'none.db');
  assert.equal(await stranger.exited, 2);
  assert.match(stranger.result.text, /there is no bond with 00:AA:01:00:00:42 in .*none\.db/);
});

// Three peers, bonded with one identity of ours: one stays, one forgets, one goes.
test('verify --all: which bonds work, which are lost, which peers are not there', async (t) => {
  const w = await world(t);
  const own = ['--own-address', 'static', '--store', 'bonds.db'];
  const peers = [];
  for (let i = 0; i < 3; i++) {
    const peripheral = w.blepair('listen', '--io', 'none', '--store', `p${i}.db`);
    peers.push({ peripheral, address: (await peripheral.until('advertising')).own.address });
    assert.equal(await w.blepair(peers[i].address, '--io', 'none', ...own).exited, 0);
  }
  // One more, made under another address of ours: it is not for this identity.
  assert.equal(await w.blepair(peers[0].address, '--io', 'none', '--store', 'other.db').exited, 0);
  run(w, 'export', '--store', 'other.db', '--output', 'other.json');
  const other = JSON.parse(readFileSync(join(w.folder, 'other.json')));
  other.bonds[0].peer.address = 'C0:00:00:00:00:77';
  delete other.bonds[0].peer_keys.identity;
  delete other.bonds[0].peer_keys.irk;
  writeFileSync(join(w.folder, 'other.json'), JSON.stringify(other));
  assert.equal(run(w, 'import', 'other.json').status, 0);

  assert.equal(run(w, 'remove', '--all', '--yes', '--store', 'p1.db').status, 0);
  await peers[2].peripheral.stop();
  const all = w.blepair('verify', '--all', '--scan-timeout', '0.5', ...own);
  assert.equal(await all.exited, 12, all.errors);
  const results = all.events.filter((e) => e.event === 'result');
  assert.deepEqual(Object.fromEntries(results.slice(0, 3).map((e) => [e.peer.address, e.class])),
    { [peers[0].address]: 'ok', [peers[1].address]: 'bond_lost', [peers[2].address]: 'not_found' });
  assert.deepEqual([results.length, results[3].bonds, results[3].working, results[3].text], [4, 3, 1, '1 of 3 bonds work']);
  assert.ok(all.events.some((e) => e.event === 'note' && /1 bond was made under another address of ours/.test(e.text)));
  for (const [i, expected] of ['encrypted', 'failed', 'failed'].entries())
    assert.equal(lines(w, 'show', peers[i].address).filter((e) => e.event === 'attempt').at(-1).result, expected);

  // When every peer is there and knows us all is well, and it ends at once.
  for (const peer of [peers[1], peers[2]]) assert.equal(run(w, 'remove', peer.address).status, 0);
  const rest = w.blepair('verify', '--all', ...own);
  assert.equal(await rest.exited, 0, rest.errors);
  assert.equal(rest.result.text, '1 of 1 bonds work');
  // Nothing to verify is said.
  assert.equal(run(w, 'remove', '--all', '--yes').status, 0);
  const none = w.blepair('verify', '--all', ...own);
  assert.equal(await none.exited, 2);
  assert.match(none.result.text, /there is no bond to verify in bonds\.db/);
});

test('two at once on one store: nothing is lost', async (t) => {
  const w = await world(t);
  const pairs = [];
  for (let i = 0; i < 4; i++) {
    const peripheral = w.blepair('listen', '--count', '1', '--io', 'none', '--name', `p${i}`, '--no-store');
    pairs.push({ peripheral, own: (await peripheral.until('advertising')).own });
  }
  for (const pair of pairs) pair.central = w.blepair(pair.own.address, '--io', 'none', '--store', 'shared.db');
  for (const { central, peripheral } of pairs) {
    assert.equal(await central.exited, 0, JSON.stringify(central.events));
    await peripheral.exited;
  }
  const bonds = lines(w, 'list', '--store', 'shared.db').filter((e) => e.event === 'bond');
  assert.deepEqual(bonds.map((b) => b.peer.address).sort(), pairs.map((p) => p.own.address).sort());
});

for (const [args, words] of [
  [[], /bonds what\? list, show, export, import or remove/],
  [['delete'], /bonds what\? list, show, export, import or remove/],
  [['show'], /bonds show which\? give the address of a peer/],
  [['show', 'x'], /"x" is not an address/],
  [['remove'], /bonds remove which\? give the address of a peer, or --all/],
  [['import'], /bonds import what\? give the file of an export/],
  [['list', 'x'], /bonds list: "x" is too much/],
  [['list', '--all'], /--all is for bonds remove/],
  [['export', '--format', 'xml'], /--format: "xml" is not right; expected json, csv, bluez or wireshark/],
  [['export', '--json', '--output', '-'], /--json and --output - both want standard output/],
  [['list', '-c', 'hci0'], /--controller is not an option of bonds/],
  [['list', '--no-store'], /--no-store is not an option of bonds/],
  [['import', '/nonexistent', '--store', '/dev/null/x'], /\/nonexistent: cannot read it: No such file/],
  [['import', '/tmp', '--store', '/dev/null/x'], /\/tmp: cannot read it: Is a directory/],
  [['list', '--store', '/nonexistent/x.db'], /store \/nonexistent\/x.db: cannot open it: No such file/],
  [['list', '--store', '/dev/null'], /store \/dev\/null: it is no regular file/],
])
  test(`a clear line: blepair bonds ${args.join(' ')}`, () => {
    const result = spawnSync(blepair, ['bonds', ...args], { encoding: 'utf8', input: '' });
    assert.equal(result.status, 2, result.stderr);
    assert.match(result.stderr, words);
  });
