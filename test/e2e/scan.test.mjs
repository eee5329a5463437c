// SPDX-License-Identifier: MIT
// blepair scan: one line for each device in a pipe, a table that is updated in place on a terminal.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

const addresses = ['C4:7C:8D:11:22:33', 'C4:7C:8D:11:22:31', 'C4:7C:8D:11:22:32'];
const names = ['SENSOR-3', 'lamp', 'SENSOR-2'];

async function devices(t) {
  const w = await world(t);
  for (const [i, address] of addresses.entries())
    await w.blepair('listen', '--own-address', `static=${address}`, '--name', names[i]).until('advertising');
  const scan = (...args) => spawnSync(blepair, ['scan', '-c', w.controller, '--duration', '1', ...args], { encoding: 'utf8', input: '' });
  return { w, scan, lines: (...args) => scan(...args).stdout.trimEnd().split('\n') };
}

// blepair on a terminal of that size; the output is what the terminal received.
const terminal = (w, columns, rows, ...args) =>
  spawnSync('script', ['-qec', `stty cols ${columns} rows ${rows}; '${blepair}' -c '${w.controller}' ${args.join(' ')}`, '/dev/null'],
    { encoding: 'utf8', input: '', env: { ...process.env, TERM: 'xterm', LC_ALL: 'C.UTF-8', NO_COLOR: '1' } });

test('a pipe gets one line for each device, and nothing else', async (t) => {
  const { scan } = await devices(t);
  const { stdout, stderr, status } = scan();
  assert.equal(status, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 3, stdout);
  for (const [i, address] of addresses.entries())
    assert.match(lines.find((line) => line.startsWith(address)), new RegExp(`^${address} static +(-|-?\\d+) +\\d+ ${names[i]}$`));
  assert.match(stderr, /3 devices seen\n$/);
  assert.doesNotMatch(stdout, /\x1b/);
});

test('--sort prints the lines at the end, in its order', async (t) => {
  const { lines } = await devices(t);
  const order = (key) => lines('--sort', key).map((line) => line.slice(15, 17));
  assert.deepEqual(order('address'), ['31', '32', '33']);
  assert.deepEqual(order('name'), ['32', '33', '31']);
  for (const key of ['rssi', 'seen', 'heard']) assert.deepEqual(order(key).sort(), ['31', '32', '33']);
});

test('--match lists the devices that match, as in batch', async (t) => {
  const { scan, lines } = await devices(t);
  assert.deepEqual(lines('--match', 'name=SENSOR-*', '--sort', 'name').map((line) => line.split(' ').at(-1)), ['SENSOR-2', 'SENSOR-3']);
  assert.equal(lines('--match', `address=${addresses[1]}`)[0].slice(0, 17), addresses[1]);
  assert.match(scan('--match', 'name=nobody').stderr, /0 devices seen that match\n$/);
  const events = lines('--match', 'name=lamp', '--json').map((line) => JSON.parse(line));
  const seen = events.filter((e) => e.event === 'advertisement');
  assert.deepEqual([...new Set(seen.map((e) => e.peer.address))], [addresses[1]]);
  assert.equal(seen.at(-1).peer.name, 'lamp');
  assert.equal(seen[0].connectable, true);
  assert.equal(events.at(-1).devices, 1);
  const wrong = scan('--match', 'colour=red');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--match: "colour" is not valid; expected KEY=VALUE with address, name/);
  assert.equal(scan('--sort', 'rssi', '--json').status, 2);
});

test('a terminal has a table that is updated in place, and within its size', async (t) => {
  const { w } = await devices(t);
  const { stdout, status } = terminal(w, 50, 6, 'scan', '--duration', '1.5');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /\r\nADDRESS           RSSI  SEEN NAME\r\n/);
  assert.match(stdout, /3 devices, [12] s left\r\n\x1b\[5A\r\x1b\[J/, 'the head, the devices and the last line are replaced');
  for (const line of stdout.replaceAll(/\x1b\[\d*[AJ]/g, '').split(/\r?\n/)) assert.ok(line.length < 50, line);
  const end = stdout.slice(stdout.lastIndexOf('\x1b[J')).split('\r\n');
  assert.equal(end.length, 1 + 3 + 1 + 1, 'the table stays, then the result');
  assert.match(end.at(-2), /3 devices seen$/);
  const small = terminal(w, 50, 4, 'scan', '--duration', '1').stdout;
  assert.match(small, /3 devices, 2 not shown, 1 s left\r\n\x1b\[3A/);
});
