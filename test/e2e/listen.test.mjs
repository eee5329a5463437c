// SPDX-License-Identifier: MIT
// blepair listen with several centrals over a virtual controller. test/cli/session/listener.c has the cases.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { world } from './lib.mjs';

const listener = '00:AA:01:00:00:42'; // the first controller of a btvirt
const other = '00:AA:01:01:00:42';

// A central that connects, and waits for a request that never comes.
async function idle(w) {
  const central = w.blepair('--wait-security-request', '--timeout', '0', `${listener}/public`);
  await central.until('connected');
  return central;
}

test('a central pairs while another one does nothing', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen', '--count', '1', '--io', 'none');
  await listen.until('advertising');
  const helper = w.peer('peripheral'); // see peer.mjs
  await helper.until('advertising');
  const first = await idle(w);
  await listen.until((event) => event.event === 'advertising' && listen.events.some((e) => e.session === 1));
  const second = w.peer('central', listener, '--after', other, '--once');
  await second.until('paired');
  assert.equal(await listen.exited, 0, listen.errors);
  const results = listen.events.filter((event) => event.event === 'result');
  const [paired, cut] = [2, 1].map((session) => results.find((event) => event.session === session));
  assert.equal(paired.result, 'paired');
  assert.equal(cut.class, 'cancelled');
  assert.match(cut.detail, /--count/);
  for (const event of listen.events.filter((e) => e.session)) {
    const { peer } = listen.events.find((e) => e.event === 'connected' && e.session === event.session);
    assert.equal(event.peer.address, peer.address);
  }
  await first.exited;
  assert.equal(first.result.reason_code, 0x13);
});

test('an idle central is sent away', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen', '--idle-timeout', '1');
  await listen.until('advertising');
  const first = await idle(w);
  await first.exited;
  assert.equal(first.result.reason_code, 0x13);
  const result = await listen.until('result');
  assert.equal(result.class, 'timed_out');
  assert.match(result.text, /did nothing for 1 s/);
  const connected = listen.events.find((event) => event.event === 'connected');
  assert.ok(result.time - connected.time > 0.9, `${result.time - connected.time} s`);
  const second = w.blepair('--io', 'none', `${listener}/public`);
  assert.equal(await second.exited, 0, second.errors);
  listen.child.kill('SIGINT');
  assert.equal(await listen.exited, 0);
});

// btvirt gives the only link of each central the same handle.
test('a controller that confuses its links is reset, and serves one central at a time', async (t) => {
  const w = await world(t);
  const listen = w.blepair('listen', '--count', '1', '--io', 'none');
  await listen.until('advertising');
  await idle(w);
  await listen.until((event) => event.event === 'advertising' && listen.events.some((e) => e.session === 1));
  w.blepair('--wait-security-request', '--timeout', '0', `${listener}/public`);
  const note = await listen.until((event) => /one link at a time/.test(event.text));
  await listen.until('advertising', listen.events.indexOf(note));
  const third = w.blepair('--io', 'none', `${listener}/public`);
  assert.equal(await third.exited, 0, JSON.stringify(third.events));
  assert.equal(await listen.exited, 0);
  assert.equal(listen.events.find((e) => e.event === 'result' && e.session === 1).class, 'controller_failed');
});

// As a phone does: it pairs because an access was refused, and gets the value afterwards.
const protectedValue = 'B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4';
for (const [level, options, io, after] of [
  ['encrypted', ['--io', 'none'], 3, { error: 0, value: 'blepair' }],
  ['secure', ['--io', 'display', '--passkey', '123456'], 2, { error: 0, value: 'blepair' }],
  ['authenticated', ['--io', 'none'], 3, { error: 5 }], // Just Works does not authenticate
])
  test(`--protected ${level} brings a central to pair`, async (t) => {
    const w = await world(t);
    const listen = w.blepair('listen', '--count', '1', '--protected', level, ...options);
    await listen.until('advertising');
    const central = w.peer('central', listener, '--io', String(io), '--mitm', '--read', protectedValue);
    if (io === 2) central.until('passkey').then(() => central.answer('123456'), () => {});
    const refused = await central.until('read');
    assert.equal(refused.error, 5, 'Insufficient Authentication');
    await central.until('paired');
    const again = await central.until('read', central.events.indexOf(refused) + 1);
    assert.deepEqual({ error: again.error, value: again.value }, { value: undefined, ...after });
    central.answer('bye');
    assert.equal(await listen.exited, 0, listen.errors);
  });
