// SPDX-License-Identifier: MIT
// The part "bonds" of scripts/bench: stores of many bonds.
import { createHash } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const hash = (text) => createHash('sha256').update(text).digest('hex');

// A random address from hexadecimal digits; top: its two top bits.
function address(digits, top) {
  const octets = Buffer.from(digits, 'hex').subarray(0, 6);
  octets[0] = (octets[0] & 0x3f) | top;
  return { address: [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':').toUpperCase(), type: 'random' };
}

// Bonds with different peers. Half of them paired under a resolvable address.
function bond(i) {
  const keys = { ltk: hash(`ltk ${i}`).slice(0, 32), ediv: '0000', rand: '0'.repeat(16) };
  const identity = address(hash(`identity ${i}`), 0xc0);
  return {
    made: '2026-01-01T00:00:00.000Z',
    role: 'central',
    local: { address: '00:AA:01:00:00:42', type: 'public' },
    peer: i % 2 ? address(hash(`on air ${i}`), 0x40) : identity,
    secure_connections: true,
    authenticated: true,
    key_size: 16,
    method: 'numeric_comparison',
    local_keys: keys,
    peer_keys: { ...keys, irk: hash(`irk ${i}`).slice(0, 32), identity },
  };
}

function writeExport(path, count) {
  const bonds = Array.from({ length: count }, (_, i) => bond(i));
  writeFileSync(path, JSON.stringify({ version: 1, bonds }), { mode: 0o600 });
}

// tools: what bench.mjs gives its parts.
export async function stores({ folder, blepair, built, measure, goal, median, smoke, runs }) {
  const large = smoke ? 200 : 100_000;
  const store = join(folder, 'large.db');
  const files = {};
  const rounds = smoke ? 1 : Math.min(runs, 3);
  for (const count of [large / 4, large / 2, large]) {
    files[count] = join(folder, `${count}.json`);
    writeExport(files[count], count);
  }
  const remove = () => ['', '-wal', '-shm'].forEach((suffix) => rmSync(store + suffix, { force: true }));
  const load = (count) => {
    remove();
    return measure([blepair, 'bonds', 'import', files[count], '--store', store]);
  };
  const rows = { [large / 4]: [], [large / 2]: [], [large]: [] };
  for (let i = 0; i < rounds; i++) for (const count of Object.keys(rows)) rows[count].push(await load(count));
  for (const [count, all] of Object.entries(rows))
    console.log(`import of ${count} bonds: wall ${median(all.map((r) => r.wall)).toFixed(0)} ms, CPU ${median(all.map((r) => r.cpu)).toFixed(0)} ms, peak ${all[0].peak.toFixed(0)} MiB`);
  const of = (count, key) => median(rows[count].map((row) => row[key]));
  goal(`CPU of ${large / 2} bonds compared with ${large / 4}`, of(large / 2, 'cpu') / of(large / 4, 'cpu'), 2.2, 'times');
  goal(`CPU of ${large} bonds compared with ${large / 2}`, of(large, 'cpu') / of(large / 2, 'cpu'), 2.2, 'times');
  goal(`CPU of an import of ${large} bonds`, of(large, 'cpu') / 1000, 10, 's');

  const lists = [];
  for (let i = 0; i < rounds; i++) lists.push(await measure([blepair, 'bonds', 'list', '--store', store]));
  console.log(`list of ${large} bonds: wall ${median(lists.map((r) => r.wall)).toFixed(0)} ms, CPU ${median(lists.map((r) => r.cpu)).toFixed(0)} ms`);
  goal(`CPU of a list of ${large} bonds`, median(lists.map((r) => r.cpu)) / 1000, 1, 's');

  const [identity, onAir, unknown, rpa] = execFileSync(built('bench_store_access'), ['lookup', store], { encoding: 'utf8' }).split(' ').map(Number);
  console.log(`lookup among ${large} bonds: identity ${identity} us, address on air ${onAir} us, unknown ${unknown} us, resolvable ${(rpa / 1000).toFixed(1)} ms`);
  goal('CPU of a lookup by an address', Math.max(identity, onAir, unknown) / 1000, 1, 'ms');

  // Another process writes one attempt after the other during an import.
  remove();
  await measure([blepair, 'bonds', 'import', files[large / 4], '--store', store]);
  const writer = spawn(built('bench_store_access'), ['write', store], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  writer.stdout.on('data', (data) => (output += data));
  const ended = new Promise((resolve) => writer.on('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const importer = spawn(blepair, ['bonds', 'import', files[large], '--store', store], { stdio: 'ignore' });
  await new Promise((resolve) => importer.on('close', resolve));
  writer.stdin.end();
  await ended;
  const [writes, longest] = output.split(' ').map(Number);
  console.log(`${writes} writes of another process during an import of ${large} bonds: the longest took ${longest} ms`);
  goal('longest write during an import', longest / 1000, 2, 's');
  console.log(`size of the store: ${(statSync(store).size / 1048576).toFixed(1)} MiB`);
}
