// SPDX-License-Identifier: MIT
// A peer of pair, verify and bonds that is named by what it advertises, or by the label of its unit.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blepair, world } from './lib.mjs';

const addresses = ['C4:7C:8D:11:22:31', 'C4:7C:8D:11:22:32', 'C4:7C:8D:11:22:33'];
const names = ['SENSOR-1', 'SENSOR-2', 'lamp'];

async function devices(t) {
  const w = await world(t);
  for (const [i, address] of addresses.entries())
    await w.blepair('listen', '--own-address', `static=${address}`, '--name', names[i], '--io', 'none', '--store', `peer${i}.db`).until('advertising');
  const run = (...args) => spawnSync(blepair, [...args, ...(args[0] === 'bonds' ? [] : ['-c', w.controller]), '--store', join(w.folder, 'b.db')],
    { encoding: 'utf8', input: '' });
  return { w, run };
}

test('one device that matches is paired, and verified', async (t) => {
  const { run } = await devices(t);
  const paired = run('name=la*', '--io', 'none', '--json');
  assert.equal(paired.status, 0, paired.stdout + paired.stderr);
  const events = paired.stdout.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(events.find((e) => e.event === 'scanning').match, 'name=la*');
  assert.equal(events.at(-1).peer.address, addresses[2]);
  assert.equal(events.at(-1).peer.name, 'lamp', 'although only its scan response has it');
  const verified = run('verify', 'name=lamp');
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(verified.stderr, /C4:7C:8D:11:22:33 matches: the scan goes on for 3 s, for others/);
  const stranger = run('verify', 'name=SENSOR-1');
  assert.equal(stranger.status, 2, stranger.stderr);
  assert.match(stranger.stderr, /there is no bond with C4:7C:8D:11:22:31/);
});

test('an address among the keys needs no wait for others', async (t) => {
  const { run } = await devices(t);
  const { stderr, status } = run('pair', `address=${addresses[0]},rssi=-127`, '--io', 'none');
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /goes on/);
});

test('several devices that match are listed, and a script is refused', async (t) => {
  const { run } = await devices(t);
  const { stdout, status } = run('pair', 'name=SENSOR-*', '--json');
  assert.equal(status, 2);
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line));
  const list = events.filter((e) => e.event === 'match');
  assert.deepEqual(list.map((e) => e.number), [1, 2]);
  assert.deepEqual(list.map((e) => e.peer.address).sort(), addresses.slice(0, 2));
  assert.deepEqual(list.map((e) => e.peer.name).sort(), names.slice(0, 2));
  assert.equal(events.at(-1).text, '2 devices match name=SENSOR-*');
  const text = run('verify', 'name=SENSOR-*');
  assert.equal(text.status, 2);
  assert.match(text.stderr, /match +1: C4:7C:8D:11:22:3[12] \(random static\) SENSOR-[12]\n.*match +2: /);
});

test('several devices that match: a user at a terminal chooses one', async (t) => {
  const { w } = await devices(t);
  const run = spawn('script', ['-qec', `'${blepair}' -c '${w.controller}' 'name=SENSOR-*' --io none --no-store`, '/dev/null'],
    { env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' } });
  t.after(() => run.kill());
  let text = '';
  let asked = 0;
  run.stdout.on('data', (data) => {
    text += data;
    const now = text.split('which one? (1 to 2)').length - 1;
    if (now > asked) run.stdin.write(['7\n', 'x\n', '2\n'][asked++]);
  });
  const [code] = await once(run, 'close');
  assert.equal(code, 0, text);
  assert.equal(asked, 3, 'what is not in the list is asked again');
  const chosen = text.match(/match +2: (\S+)/)[1];
  assert.match(text, new RegExp(`paired with ${chosen}`));
});

test('no device that matches is not seen', async (t) => {
  const { run } = await devices(t);
  const { stderr, status } = run('pair', 'name=nobody', '--scan-timeout', '1');
  assert.equal(status, 6);
  assert.match(stderr, /no device that matches name=nobody was seen within 1 s/);
  const wrong = run('pair', 'colour=red');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /the peer: "colour" is not valid; expected KEY=VALUE/);
});

test('a label is as good as an address', async (t) => {
  const { w, run } = await devices(t);
  writeFileSync(join(w.folder, 'units.csv'), `address,label\n${addresses[0]},SN-1\n${addresses[1]},SN:2\n`);
  assert.equal(run('batch', join(w.folder, 'units.csv'), '--io', 'none', '--links', '1').status, 0);
  const again = run('pair', 'SN-1', '--json');
  assert.equal(again.status, 0, again.stdout);
  const { peer, result } = JSON.parse(again.stdout.trim().split('\n').at(-1));
  assert.deepEqual([peer.address, peer.label, result], [addresses[0], 'SN-1', 'encrypted']);
  assert.equal(run('verify', 'label=SN:2').status, 0);
  assert.equal(run('label=SN-1').status, 0, 'also without the word pair');
  assert.match(run('bonds', 'list').stdout, /, label SN-1: /);
  assert.match(run('bonds', 'remove', 'SN-1').stdout, /^removed C4:7C:8D:11:22:31 SN-1\n$/);
  assert.match(run('bonds', 'remove', 'SN-1').stderr, /there is no bond with the label "SN-1"/);
  const unknown = run('verify', 'SN-9');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /there is no bond with the label "SN-9"/);
});
