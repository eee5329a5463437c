// SPDX-License-Identifier: MIT
// Hostile peers against the whole program: attacks over several links. docs/security.md has the list.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { blepair, world } from './lib.mjs';

const listener = '00:AA:01:00:00:42';
const oob = (e) => ['--oob', `confirm=${e.confirm},random=${e.random}`];

// One pairing attempt with a running listener; returns the results of both ends.
async function attempt(w, listen, ...ours) {
  const from = listen.events.length;
  const central = w.blepair(...ours, listener);
  await listen.until('advertising');
  await central.exited;
  const theirs = await listen.until('result', from);
  await listen.until('advertising', from);
  return { central, a: central.result, b: theirs };
}

async function listening(w, ...options) {
  const listen = w.blepair('listen', '--timeout', '120', ...options);
  await listen.until('advertising');
  return listen;
}

const mistyped = ['--io', 'keyboard', '--passkey', '000000'];

test('repeated attempts, 2.3.6: 0x09 at once, also on a new link, and accepted after the waiting time', async (t) => {
  const w = await world(t);
  const listen = await listening(w, '--io', 'display');
  const first = await attempt(w, listen, ...mistyped);
  assert.equal(first.a.reason_code, 4);
  const second = await attempt(w, listen, ...mistyped);
  assert.equal(second.a.class, 'peer_refused');
  assert.equal(second.a.reason_code, 9);
  assert.equal(second.b.class, 'we_refused');
  assert.equal(second.b.reason, 'Repeated Attempts');
  assert.match(second.b.detail, /^1 attempt with this device failed lately: the next is accepted in [01]\.\d s$/);
  // Another address is another device, until the limit for all devices is reached.
  const other = await attempt(w, listen, '--own-address', 'static', ...mistyped);
  assert.equal(other.a.reason_code, 4);
  await sleep(1000);
  const third = await attempt(w, listen, ...mistyped); // the early attempt did not count
  assert.equal(third.a.reason_code, 4);
  const fourth = await attempt(w, listen, ...mistyped); // 2 s now
  assert.equal(fourth.a.reason_code, 9);
  assert.match(fourth.b.detail, /^2 attempts/);
  await sleep(2000);
  const from = listen.events.length;
  const central = w.blepair('--io', 'keyboard', listener);
  central.answer((await listen.until('passkey', from)).passkey);
  assert.equal(await central.exited, 0, JSON.stringify(central.result));
  // A successful pairing resets the waiting time.
  const last = await attempt(w, listen, ...mistyped);
  assert.equal(last.a.reason_code, 4);
});

test('repeated attempts: a new process of either end remembers, with the same store', async (t) => {
  const w = await world(t);
  const own = ['--store', 'central.db'], their = ['--store', 'peripheral.db', '--io', 'display'];
  // Two listeners, one after the other: the second refuses at once.
  const before = await listening(w, ...their);
  const first = await attempt(w, before, ...mistyped);
  assert.equal(first.a.reason_code, 4);
  await before.stop();
  const v = await world(t);
  v.folder = w.folder;
  const after = await listening({ ...v, blepair: (...args) => v.blepair(...args.map((arg) => (arg.endsWith('.db') ? join(w.folder, arg) : arg))) }, ...their);
  const second = await attempt(v, after, ...mistyped);
  assert.equal(second.b.reason, 'Repeated Attempts');
  assert.match(second.b.detail, /^1 attempt with this device failed lately/);
  await after.stop();
  // Two centrals, one after the other: the second waits before it connects.
  const u = await world(t);
  const listen = await listening(u, '--io', 'display');
  const one = await attempt(u, listen, ...own, ...mistyped);
  assert.equal(one.a.reason_code, 4);
  const two = await attempt(u, listen, ...own, ...mistyped);
  const note = two.central.events.find((e) => e.event === 'note' && /failed lately: the next begins in/.test(e.text));
  assert.ok(note, JSON.stringify(two.central.events));
  assert.ok(two.central.events.find((e) => e.event === 'connecting').time > 0.5);
  assert.equal(two.a.reason_code, 4); // it waited long enough
  // If --timeout is shorter than the waiting time, a message says so.
  const three = await attempt(u, listen, ...own, '--timeout', '1.2', ...mistyped);
  assert.equal(three.central.code, 9);
  assert.match(three.a.detail, /^2 attempts with this device failed lately: the next is accepted in [12]\.\d s/);
});

test('repeated attempts by ever new addresses: one limit holds for all devices', async (t) => {
  const w = await world(t);
  const listen = await listening(w, '--io', 'display');
  const reasons = [];
  for (let n = 0; n < 10; n++)
    reasons.push((await attempt(w, listen, '--own-address', 'rpa', ...mistyped)).a.reason_code);
  assert.deepEqual(reasons, [4, 4, 4, 4, 4, 4, 4, 4, 4, 9]);
  assert.match(listen.result.detail, /from ever new addresses/);
});

test('SM/CEN/KDU/BI-04-C: --retry waits longer each time, with another key pair', async (t) => {
  const w = await world(t);
  const listen = await listening(w, '--io', 'display');
  const capture = join(w.folder, 'central.btsnoop');
  const central = w.blepair(...mistyped, '--retry', '2', '-w', capture, listener);
  assert.equal(await central.exited, 8);
  assert.equal(central.result.reason_code, 4);
  const at = central.events.filter((e) => e.event === 'connecting').map((e) => e.time);
  assert.equal(at.length, 3);
  assert.ok(at[1] - at[0] >= 1 && at[1] - at[0] < 1.9, `${at}`);
  assert.ok(at[2] - at[1] >= 2 && at[2] - at[1] < 2.9, `${at}`);
  assert.equal(central.events.filter((e) => e.event === 'result').length, 1);
  // All public keys in both directions: L2CAP length 65, channel 6, Pairing Public Key.
  const octets = readFileSync(capture);
  const keys = [];
  for (let i = octets.indexOf('410006000c', 0, 'hex'); i >= 0; i = octets.indexOf('410006000c', i + 1, 'hex'))
    keys.push(octets.subarray(i + 5, i + 69).toString('hex'));
  assert.equal(keys.length, 6);
  assert.equal(new Set(keys).size, 6);
});

// ---- A bond on file --------------------------------------------------------------------------------

const numeric = ['--io', 'display-yesno', '--confirm', 'yes'];

// The bonds of a store, as text.
const storedBonds = ([, store]) => execFileSync(blepair, ['bonds', 'export', '--format', 'csv', '--output', '-', '--store', store], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

async function bonded(w, ...options) {
  const own = ['--store', join(w.folder, 'central.db')], their = ['--store', join(w.folder, 'peripheral.db')];
  const listen = await listening(w, ...their, ...options);
  const { a } = await attempt(w, listen, ...own, ...options);
  assert.equal(a.result, 'paired');
  return { own, their, listen, read: storedBonds };
}

test('SC downgrade: a bond of Secure Connections is not replaced by legacy pairing', async (t) => {
  const w = await world(t);
  const { own, their, listen, read } = await bonded(w, ...numeric);
  const before = [read(own), read(their)];
  // At the responder, although the initiator has lost its bond.
  const first = await attempt(w, listen, '--sc', 'off', '--io', 'display-yesno');
  assert.equal(first.b.class, 'we_refused');
  assert.equal(first.b.reason_code, 3);
  assert.match(first.b.detail, /bond with this device was made with Secure Connections/);
  assert.match(first.b.advice, /--replace-bond/);
  await listen.stop();
  // At the initiator, against another device with the same address.
  const v = await world(t);
  const stranger = await listening(v, '--sc', 'off', '--io', 'display-yesno');
  const second = await attempt(v, stranger, ...own, ...numeric);
  assert.equal(second.a.class, 'bond_lost');
  assert.match(second.a.advice, /--replace-bond/);
  assert.deepEqual([read(own), read(their)], before);
  const third = await attempt(v, stranger, ...own, '--replace-bond', ...numeric);
  assert.equal(third.a.result, 'paired');
  assert.equal(third.a.secure_connections, false);
  assert.match(third.a.detail, /anyone who recorded it/);
  assert.notEqual(read(own), before[0]);
});

for (const [name, theirs] of [
  ['an authenticated bond and Just Works', ['--io', 'none']],
  ['a key that is shorter than the bond\'s', [...numeric, '--max-key-size', '7', '--min-key-size', '7']],
])
  test(`a bond is not weakened, CVE-2025-62235: ${name}`, async (t) => {
    const w = await world(t);
    const { own, listen, read } = await bonded(w, ...numeric, '--min-key-size', '7');
    const before = read(own);
    await listen.stop();
    const v = await world(t);
    const stranger = await listening(v, ...theirs);
    const { a } = await attempt(v, stranger, ...own, ...numeric, '--min-key-size', '7');
    // Without the key of the bond it is not even asked for its features.
    assert.equal(a.class, 'bond_lost');
    assert.equal(a.reason_code, 6);
    assert.equal(read(own), before);
  });

test('a peer that claims to be bonded does not replace the bond by Just Works: CVE-2025-62235', async (t) => {
  const w = await world(t);
  const { own, their, listen, read } = await bonded(w);
  const before = read(their);
  const { b } = await attempt(w, listen); // the same address, without its bond
  assert.equal(b.class, 'we_refused');
  assert.equal(b.reason_code, 3);
  assert.match(b.detail, /does not prove that it is the same device/);
  assert.equal(read(their), before);
  // The bond still works, and the user can replace it with --replace-bond.
  const again = await attempt(w, listen, 'verify', ...own);
  assert.equal(again.a.result, 'encrypted');
  await listen.stop();
  const v = await world(t);
  const meant = await listening(v, '--replace-bond', ...their);
  assert.equal((await attempt(v, meant)).a.result, 'paired');
  assert.notEqual(read(their), before);
});

test('KNOB and BLESA: a bond below the required level is not used, at either end', async (t) => {
  const w = await world(t);
  const { own, their, listen } = await bonded(w, '--min-key-size', '7', '--max-key-size', '7');
  for (const [options, why] of [
    [[], /shorter than --min-key-size/],
    [['--min-key-size', '7', '--mitm'], /not authenticated/],
  ]) {
    const { central, a } = await attempt(w, listen, 'verify', ...own, ...options);
    assert.equal(central.code, 9);
    assert.match(a.detail, why);
    assert.ok(!central.events.some((e) => e.event === 'encrypted'));
  }
  await listen.stop();
  const v = await world(t);
  const strict = v.blepair('listen', '--count', '1', ...their); // 16 octets at least
  await strict.until('advertising');
  const central = v.blepair('verify', '--min-key-size', '7', ...own, listener);
  assert.equal(await central.exited, 12); // no key for it here
  assert.ok(strict.events.some((e) => e.event === 'note' && /shorter than --min-key-size/.test(e.text)));
});

test('our out-of-band data can be used once, and a peer without them does not use them up', async (t) => {
  const w = await world(t);
  const file = join(w.folder, 'own.json');
  const listen = await listening(w, '--oob-own', file);
  const handedOut = await listen.until('oob');
  const before = readFileSync(file, 'utf8');
  const stranger = await attempt(w, listen);
  assert.equal(stranger.a.method, 'just_works');
  assert.equal(readFileSync(file, 'utf8'), before);
  // A peer with other data fails, and the key pair is not used again.
  const wrong = { confirm: handedOut.confirm, random: '0'.repeat(32) };
  const failed = await attempt(w, listen, '--own-address', 'static', ...oob(wrong));
  assert.notEqual(failed.a.class, 'ok');
  const fresh = await listen.until('oob', listen.events.indexOf(handedOut) + 1);
  assert.notEqual(fresh.confirm, handedOut.confirm);
  assert.notEqual(fresh.random, handedOut.random);
  assert.notEqual(readFileSync(file, 'utf8'), before);
  const right = await attempt(w, listen, ...oob(fresh));
  assert.equal(right.a.method, 'oob');
  assert.equal(right.a.authenticated, true);
});
