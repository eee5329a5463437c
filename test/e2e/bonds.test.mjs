// SPDX-License-Identifier: MIT
// blepair bonds and verify: lists, exports and imports of the store, and bonds that work.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

const run = (w, ...args) =>
  spawnSync(blepair, ['bonds', ...args, ...(args.includes('--store') ? [] : ['--store', 'bonds.db'])], { cwd: w.folder, encoding: 'utf8', input: '' });
const lines = (w, ...args) => run(w, ...args, '--json').stdout.trim().split('\n').map((line) => JSON.parse(line));
const mode = (path) => statSync(path).mode & 0o777;

// Pairs with a new peer of another address; both keep their bonds.
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

test('bonds list: one line for each bond, without keys', async (t) => {
  const { w, peer, result } = await bonded(t);
  const list = run(w, 'list');
  assert.equal(list.status, 0, list.stderr);
  assert.match(list.stdout, new RegExp(`^${peer} public: Secure Connections, not authenticated, 16 octets, we are central as `));
  const events = lines(w, 'list');
  assert.equal(events[0].event, 'bond');
  assert.equal(events[0].peer.address, peer);
  assert.equal(events[0].secure_connections, true);
  assert.equal(events.at(-1).result, 'listed');
  for (const secret of [result.keys.local.ltk, result.keys.local.irk, result.keys.peer.irk])
    for (const text of [list.stdout, JSON.stringify(events), run(w, 'show', peer).stdout]) assert.ok(!text.includes(secret));
});

test('bonds show: the bond, its history, its attempts, and keys with --show-keys', async (t) => {
  const { w, peer, result } = await bonded(t);
  const again = await pairOnce(await freshController(t, w), '--replace-bond');
  assert.equal(again.peer, peer);
  assert.equal(result.replaced, false);
  assert.equal(again.result.replaced, true);
  assert.match(again.result.text, /bonded \(the old bond was replaced\)/);
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

// The same folder with a fresh virtual controller, whose addresses start again.
async function freshController(t, w) {
  const v = await world(t);
  return { ...v, blepair: (...args) => v.blepair(...args.map((arg) => (arg.endsWith('.db') ? join(w.folder, arg) : arg))) };
}

test('a failed attempt is stored too, and nothing with --no-store', async (t) => {
  const { w, peer } = await bonded(t);
  const file = readFileSync(join(w.folder, 'bonds.db'));
  const names = () => readdirSync(w.folder).filter((name) => name.includes('.db')).sort();
  const before = names();
  const absent = w.blepair('--scan-timeout', '0.2', peer, '--no-store');
  assert.equal(await absent.exited, 6);
  assert.deepEqual(readFileSync(join(w.folder, 'bonds.db')), file);
  assert.deepEqual(names(), before);

  const central = w.blepair('--scan-timeout', '0.2', peer, '--store', 'bonds.db');
  assert.equal(await central.exited, 6);
  const attempt = lines(w, 'show', peer).filter((e) => e.event === 'attempt').at(-1);
  assert.equal(attempt.result, 'failed');
  assert.equal(attempt.class, 'not_found');
});

test('bonds export: BlueZ\'s directories are private; repeating changes nothing; another bond is not overwritten', async (t) => {
  const { w, peer, own, result } = await bonded(t);
  const first = run(w, 'export', '--format', 'bluez');
  assert.equal(first.status, 0, first.stderr);
  const info = join(w.folder, 'bluetooth', own, peer, 'info');
  const text = readFileSync(info, 'utf8');
  // BlueZ stores keys in wire order, JSON has the most significant octet first.
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
  assert.match(third.stderr, /info exists and differs; it was not changed/);
  assert.equal(readFileSync(info, 'utf8'), 'another');
});

test('bonds export and import: JSON keeps everything, and merges', async (t) => {
  const { w, peer, result } = await bonded(t);
  assert.equal(run(w, 'export').status, 0);
  assert.equal(mode(join(w.folder, 'bonds.json')), 0o600);
  const first = readFileSync(join(w.folder, 'bonds.json'), 'utf8');
  assert.ok(first.includes(result.keys.peer.ltk));

  // Into an empty store, and exported again.
  const there = run(w, 'import', 'bonds.json', '--store', 'other.db');
  assert.equal(there.status, 0, there.stderr);
  assert.match(there.stderr, /1 bond: 1 of new peers/);
  assert.equal(run(w, 'export', '--store', 'other.db', '--output', 'again.json').status, 0);
  assert.equal(readFileSync(join(w.folder, 'again.json'), 'utf8'), first);
  // Repeating changes nothing.
  assert.match(run(w, 'import', 'bonds.json', '--store', 'other.db').stderr, /0 of new peers, 0 newer than ours, 0 older .*, 1 known already/);
  assert.equal(run(w, 'export', '--store', 'other.db', '--output', 'again.json').status, 0);

  // The same peer was paired at both stations: the newest bond is in force, in either direction.
  const second = await pairOnce(await freshController(t, w), '--replace-bond');
  assert.match(run(w, 'import', 'bonds.json').stderr, /1 known already/);
  assert.equal(run(w, 'export', '--output', 'newer.json').status, 0);
  assert.match(run(w, 'import', 'newer.json', '--store', 'other.db').stderr, /2 bonds: 0 of new peers, 1 newer than ours, 0 older .*, 1 known already/);
  assert.equal(run(w, 'remove', peer).status, 0);
  assert.equal(run(w, 'import', 'newer.json').status, 0);
  for (const store of ['bonds.db', 'other.db']) {
    const bonds = lines(w, 'show', peer, '--show-keys', '--store', store).filter((e) => e.event === 'bond');
    assert.deepEqual(bonds.map((b) => [b.in_force, b.keys.peer.ltk]), [[true, second.result.keys.peer.ltk], [false, result.keys.peer.ltk]]);
  }

  // An import with any error is refused as a whole.
  const broken = JSON.parse(readFileSync(join(w.folder, 'newer.json')));
  broken.history[0].key_size = 200;
  writeFileSync(join(w.folder, 'broken.json'), JSON.stringify(broken));
  const refused = run(w, 'import', 'broken.json', '--store', 'empty.db');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /broken\.json: "history", number 1: "key_size" must be 7 to 16; nothing was imported/);
  assert.equal(lines(w, 'list', '--store', 'empty.db').length, 1);
});

test('bonds export: CSV and the keys for Wireshark\'s sniffers', async (t) => {
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

test('bonds import: CSV keeps every bond and its history', async (t) => {
  const { w, peer } = await bonded(t);
  await pairOnce(await freshController(t, w), '--replace-bond');
  const csv = run(w, 'export', '--format', 'csv', '--output', '-').stdout;
  assert.equal(csv.split('\r\n').length, 4);
  const import_ = (text, store) => spawnSync(blepair, ['bonds', 'import', '-', '--store', store], { cwd: w.folder, encoding: 'utf8', input: text });
  const first = import_(csv, 'other.db');
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /2 bonds: 1 of new peers, 1 newer than ours|2 bonds: 1 of new peers, 0 newer than ours, 1 older/);
  assert.equal(run(w, 'export', '--format', 'csv', '--output', '-', '--store', 'other.db').stdout, csv);
  assert.match(import_(csv, 'other.db').stderr, /2 known already/);
  // As a spreadsheet saves it: columns reordered, a byte order mark, quotation marks, no carriage returns.
  const cells = csv.trim().split('\r\n').map((line) => line.split(',').reverse().map((cell) => `"${cell}"`));
  const sheet = import_(`\ufeff${cells.map((row) => row.join(',')).join('\n')}\n\n`, 'sheet.db');
  assert.equal(sheet.status, 0, sheet.stderr);
  assert.equal(run(w, 'export', '--format', 'csv', '--output', '-', '--store', 'sheet.db').stdout, csv);

  // Two bonds of the same time: the column decides which is in force.
  const [, current, old] = csv.split('\r\n').map((line) => line.split(','));
  assert.equal(import_(csv.replace(old[1], current[1]), 'moment.db').status, 0);
  const ltk = (row) => row.at(csv.split('\r\n')[0].split(',').indexOf('peer_ltk'));
  const bonds = lines(w, 'show', peer, '--show-keys', '--store', 'moment.db').filter((e) => e.event === 'bond');
  assert.deepEqual(bonds.map((b) => [b.in_force, b.keys.peer.ltk]), [[true, ltk(current)], [false, ltk(old)]]);

  for (const [text, words] of [
    [csv.replace(/,16,/, ',17,'), /standard input: line 2: "key_size" must be 7 to 16; nothing was imported/],
    [csv.replace(/,[0-9a-f]{32},0000,/, ',,0000,'), /line 2: local_keys: "ltk", "ediv" and "rand" belong together/],
    [csv.replace('peer_irk', 'irk'), /line 1: cell \d+ names no column of ours; expected JSON, or CSV, as bonds export writes them/],
    [csv.replace(',central,', ',central,x,'), /line 2: .*; nothing was imported/],
    [`${csv}true,"x\r\n`, /line 4: expected 22 cells, as the header has/],
    [`${csv}true,\0\r\n`, /line 4: a zero octet/],
    [csv.replaceAll(`${peer}/public`, 'x'), /line 2: "peer" is not of the right kind/],
  ]) {
    const refused = import_(text, 'empty.db');
    assert.equal(refused.status, 2, refused.stderr);
    assert.match(refused.stderr, words);
  }
  assert.equal(lines(w, 'list', '--store', 'empty.db').length, 1);
});

test('bonds import: BlueZ\'s directories, of all controllers and of one; our own bonds are recognized', async (t) => {
  const { w, peer, own, result } = await bonded(t);
  assert.equal(run(w, 'export', '--format', 'bluez').status, 0);
  const info = join(w.folder, 'bluetooth', own, peer, 'info');
  const made = new Date('2026-01-02T03:04:05.500Z');
  utimesSync(info, made, made);
  assert.match(run(w, 'import', 'bluetooth').stderr, /1 bond: .* 1 known already/);
  for (const [folder, store] of [['bluetooth', 'all.db'], [join('bluetooth', own), 'one.db']]) {
    const first = run(w, 'import', folder, '--store', store);
    assert.match(first.stderr, /1 bond: 1 of new peers/);
    assert.match(run(w, 'import', folder, '--store', store).stderr, /1 known already/);
    const [bond] = lines(w, 'show', peer, '--show-keys', '--store', store);
    assert.deepEqual(bond.keys, result.keys);
    assert.deepEqual([bond.made, bond.method, bond.local.address], ['2026-01-02T03:04:05.500Z', 'none', own]);
  }
  // Our identity is imported too: later bonds use its IRK.
  run(w, 'export', '--store', 'all.db', '--output', 'all.json');
  assert.equal(JSON.parse(readFileSync(join(w.folder, 'all.json'))).identities[0].irk, result.keys.local.irk);

  // The bond works, because the peer still has its side of it.
  const v = await freshController(t, w);
  const peripheral = v.blepair('listen', '--count', '1', '--store', 'theirs.db');
  await peripheral.until('advertising');
  const central = v.blepair('verify', peer, '--store', 'all.db');
  assert.equal(await central.exited, 0, central.errors);
  assert.equal(await peripheral.exited, 0);

  // A BR/EDR device next to it, and files that are not devices.
  mkdirSync(join(w.folder, 'bluetooth', own, 'C0:00:00:00:00:09'));
  writeFileSync(join(w.folder, 'bluetooth', own, 'C0:00:00:00:00:09', 'info'), '[General]\nName=Mouse\n[LinkKey]\nKey=00\n');
  mkdirSync(join(w.folder, 'bluetooth', own, 'cache'));
  writeFileSync(join(w.folder, 'bluetooth', own, 'settings'), '[General]\n');
  const mixed = run(w, 'import', 'bluetooth', '--store', 'mixed.db');
  assert.match(mixed.stderr, /C0:00:00:00:00:09 is left out: it is no device of Bluetooth LE/);
  assert.match(mixed.stderr, /1 bond: 1 of new peers/);

  // Symbolic links are not followed, and an import with any error is refused as a whole.
  const text = readFileSync(info, 'utf8');
  writeFileSync(info, text.replace(/Rand=\d+/, 'Rand=x'));
  const wrong = run(w, 'import', 'bluetooth', '--store', 'none.db');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, new RegExp(`bluetooth/${own}/${peer}/info: LongTermKey: Rand has not the form that BlueZ gives it; nothing was imported`));
  renameSync(info, join(w.folder, 'elsewhere'));
  writeFileSync(join(w.folder, 'elsewhere'), text);
  symlinkSync(join(w.folder, 'elsewhere'), info);
  const link = run(w, 'import', 'bluetooth', '--store', 'none.db');
  assert.equal(link.status, 2);
  assert.match(link.stderr, /info: a symbolic link is not followed; nothing was imported/);
  rmSync(info);
  for (const [make, words] of [
    [() => mkdirSync(info), /info: it is no regular file; nothing was imported/],
    [() => writeFileSync(info, text + '#'.repeat(65536)), /info: it is too long for a file of BlueZ; nothing was imported/],
    [() => symlinkSync(join(w.folder, 'bluetooth', own), join(w.folder, 'bluetooth', 'C0:00:00:00:00:01')), /bluetooth\/C0:00:00:00:00:01: Not a directory; nothing was imported/],
  ]) {
    make();
    const refused = run(w, 'import', 'bluetooth', '--store', 'none.db');
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, words);
    rmSync(info, { recursive: true, force: true });
  }
  assert.equal(lines(w, 'list', '--store', 'none.db').length, 1);
});

test('bonds remove: the bond, its history and their keys are gone from the disk', async (t) => {
  const { w, peer, result } = await bonded(t);
  const again = await pairOnce(await freshController(t, w), '--replace-bond');
  const secrets = [result.keys.peer.ltk, again.result.keys.peer.ltk];
  const onDisk = () => readdirSync(w.folder).filter((name) => name.startsWith('bonds.db')).map((name) => readFileSync(join(w.folder, name), 'latin1')).join();
  for (const secret of secrets) assert.ok(onDisk().includes(secret));
  const removed = run(w, 'remove', peer);
  assert.equal(removed.status, 0, removed.stderr);
  assert.match(removed.stdout, new RegExp(`removed ${peer}`));
  for (const secret of secrets) assert.ok(!onDisk().includes(secret));
  assert.equal(lines(w, 'list').length, 1);
  const again_removed = run(w, 'remove', peer);
  assert.equal(again_removed.status, 2);
  assert.match(again_removed.stderr, /there is no bond with/);
  assert.doesNotMatch(again_removed.stderr, /removed/);
});

test('bonds remove --all needs --yes in a script', async (t) => {
  const { w } = await bonded(t);
  const refused = run(w, 'remove', '--all');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /bonds remove --all in a script needs --yes/);
  assert.equal(lines(w, 'list').length, 2);
  assert.equal(run(w, 'remove', '--all', '--yes').status, 0);
  assert.equal(lines(w, 'list').length, 1);
});

test('verify: the bond works; without one the failure names the store', async (t) => {
  const { w, peer } = await bonded(t);
  const v = await freshController(t, w);
  const peripheral = v.blepair('listen', '--count', '1', '--store', 'theirs.db');
  await peripheral.until('advertising');
  const central = v.blepair('verify', peer, '--store', 'bonds.db');
  assert.equal(await central.exited, 0, central.errors);
  assert.equal(central.result.result, 'encrypted');
  assert.equal(await peripheral.exited, 0);
  assert.equal(lines(w, 'show', peer).filter((e) => e.event === 'attempt').at(-1).result, 'encrypted');

  const u = await freshController(t, w);
  const other = u.blepair('listen', '--count', '1', '--store', 'theirs.db');
  await other.until('advertising');
  const stranger = u.blepair('verify', peer, '--store', 'none.db');
  assert.equal(await stranger.exited, 2);
  assert.match(stranger.result.text, /store .*none\.db: there is no such file/);
});

// Three peers bonded with one identity of ours: one keeps its bond, one loses it, one is absent.
test('verify --all: reports bonds that work, bonds that are lost, and absent peers', async (t) => {
  const w = await world(t);
  const own = ['--own-address', 'static', '--store', 'bonds.db'];
  const peers = [];
  for (let i = 0; i < 3; i++) {
    const peripheral = w.blepair('listen', '--io', 'none', '--store', `p${i}.db`);
    peers.push({ peripheral, address: (await peripheral.until('advertising')).own.address });
    assert.equal(await w.blepair(peers[i].address, '--io', 'none', ...own).exited, 0);
  }
  // One more bond, made with another address of ours: not for this identity.
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
  assert.deepEqual([results.length, results[3].bonds, results[3].working, results[3].text], [4, 3, 1, '1 of 3 bonds works']);
  assert.ok(all.events.some((e) => e.event === 'note' && /1 bond was made under another address of ours/.test(e.text)));
  for (const [i, expected] of ['encrypted', 'failed', 'failed'].entries())
    assert.equal(lines(w, 'show', peers[i].address).filter((e) => e.event === 'attempt').at(-1).result, expected);

  // When every peer is found and has its bond, it ends at once with success.
  for (const peer of [peers[1], peers[2]]) assert.equal(run(w, 'remove', peer.address).status, 0);
  const rest = w.blepair('verify', '--all', ...own);
  assert.equal(await rest.exited, 0, rest.errors);
  assert.equal(rest.result.text, '1 of 1 bond works');
  // No bond to verify is a failure.
  assert.equal(run(w, 'remove', '--all', '--yes').status, 0);
  const none = w.blepair('verify', '--all', ...own);
  assert.equal(await none.exited, 2);
  assert.match(none.result.text, /there is no bond to verify in bonds\.db/);
});

test('two processes on one store at once lose nothing', async (t) => {
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
  [[], /bonds needs an action: list, show, export, import, remove, prune or restore/],
  [['delete'], /bonds needs an action: list, show, export, import, remove, prune or restore/],
  [['show'], /bonds show needs the address of a peer/],
  [['show', 'x', '--store', '/nonexistent/x.db'], /store \/nonexistent\/x.db: there is no such file; name another by --store/],
  [['remove', 'x'], /cannot open it/],
  [['prune', '--keep', 'x'], /--keep: "x" is not valid; expected a number of bonds, 0 to 1000000/],
  [['list', '--older-than', '1'], /--older-than is not an option of bonds list/],
  [['remove'], /bonds remove needs the address of a peer, the label of a unit, or --all/],
  [['import'], /bonds import needs the file of an export, or a directory of BlueZ/],
  [['import', 'x', '--format', 'csv'], /--format is not an option of bonds import/],
  [['list', 'x'], /unexpected argument "x"/],
  [['list', '--all'], /--all is not an option of bonds list/],
  [['export', '--format', 'xml'], /--format: "xml" is not valid; expected json, csv, bluez or wireshark/],
  [['export', '--json', '--output', '-'], /--json and --output - both write to standard output/],
  [['list', '-c', 'hci0'], /--controller is not an option of bonds/],
  [['list', '--no-store'], /--no-store is not an option of bonds/],
  [['import', '/nonexistent', '--store', '/dev/null/x'], /cannot read \/nonexistent: No such file/],
  [['import', '/dev', '--store', '/dev/null/x'], /\/dev: no device of BlueZ in it; expected CONTROLLER\/DEVICE\/info, as below \/var\/lib\/bluetooth; nothing was imported/],
  [['import', '-', '--store', '/dev/null/x'], /standard input: it is empty; expected JSON, or CSV, as bonds export writes them; nothing was imported/],
  [['import', process.execPath, '--store', '/dev/null/x'], /: line 1: .*; expected JSON, or CSV, as bonds export writes them; nothing was imported/],
  [['list', '--store', '/nonexistent/x.db'], /store \/nonexistent\/x.db: there is no such file/],
  [['list', '--store', '/dev/null'], /store \/dev\/null: it is no regular file/],
])
  test(`a clear line: blepair bonds ${args.join(' ')}`, () => {
    const result = spawnSync(blepair, ['bonds', ...args], { encoding: 'utf8', input: '' });
    assert.equal(result.status, 2, result.stderr);
    assert.match(result.stderr, words);
  });
